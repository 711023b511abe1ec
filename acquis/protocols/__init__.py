"""What can happen between two agents: pure; one file per protocol, one machine for all."""
