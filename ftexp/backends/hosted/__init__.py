"""Answering through a service."""
