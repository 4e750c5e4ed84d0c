"""Making a past run again, and saying whether it came out the same."""
