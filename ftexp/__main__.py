from ftexp.cli import entry

raise SystemExit(entry())
