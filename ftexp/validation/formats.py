"""Checks of tables, ShareGPT and Alpaca files; they are found where those are read."""

from __future__ import annotations

from ftexp.validation.findings import Check

COLUMN_MISSING = Check("column_missing", "structure", "error", "A column that the config names is in the table.", fixed=True)
LEFT_OUT = Check("left_out", "structure", "warning", "What no mapping of the config names isn't read.")
CELL_EMPTY = Check("cell_empty", "structure", "error", "An example has text where its question and its answer belong.", fixed=True)
CELL_TYPE = Check("cell_type", "structure", "error", "Questions and answers are text.", fixed=True)
TABLE = Check("table", "file", "error", "A table that can't be parsed can't be read.", fixed=True)
FIELD_MISSING = Check("field_missing", "structure", "error", "An element has the keys that the config names.", fixed=True)
FROM = Check("turn_role", "structure", "error", "Who speaks is one of the names that dataset.roles maps.", fixed=True)
CHECKS = (COLUMN_MISSING, LEFT_OUT, CELL_EMPTY, CELL_TYPE, TABLE, FIELD_MISSING, FROM)
