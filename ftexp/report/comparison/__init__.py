"""Compared runs for a terminal, as Markdown, as CSV and as a page."""
