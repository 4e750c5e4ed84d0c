"""Checks of training data: each takes examples and gives findings; nothing is dropped or changed."""
