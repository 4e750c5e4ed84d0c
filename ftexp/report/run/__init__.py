"""The report of one run: as a page to look at, and as Markdown."""
