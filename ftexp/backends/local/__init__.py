"""Training and answering on this machine."""
