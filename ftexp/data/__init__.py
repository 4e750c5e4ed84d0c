"""Examples: what they are, reading them, splitting them."""
