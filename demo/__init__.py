"""The demo: the seven processes on one machine, and the main job told step by step."""
