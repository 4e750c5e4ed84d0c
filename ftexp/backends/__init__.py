"""What can train and answer."""
