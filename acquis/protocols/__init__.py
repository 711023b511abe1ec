"""What can happen between two agents: pure."""
