"""What a credential says and whether it holds: pure."""
