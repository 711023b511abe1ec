"""What every web service of ours needs, knowing no credential."""
