"""Datasets that are part of the project, by name."""
