"""CSV and Parquet files with named columns; a row is an example, row 1 the first below the column names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ftexp.data.dataset import Columns, TableDataset
from ftexp.data.elements import left_out
from ftexp.data.jsonl import Line, Reading, Whole, judged_value, opened
from ftexp.errors import DataError
from ftexp.validation.describing import kind, nearest
from ftexp.validation.findings import Check, Finding
from ftexp.validation.formats import CELL_EMPTY, CELL_TYPE, COLUMN_MISSING, TABLE
from ftexp.validation.lines import BLANK, NOT_UTF8, value_of

Row = Sequence[Any]


class _FaultError(Exception):
    """The table as a whole can't be read."""

    def __init__(self, check: Check, message: str) -> None:
        super().__init__(message)
        self.check = check


def read(dataset: TableDataset, path: Path) -> Reading:
    """Raises DataError where there is no file that can be read."""
    with opened(path):
        pass
    parquet = path.suffix.lower() in (".parquet", ".pq")
    try:
        names, rows = _parquet(path) if parquet else _csv(path, dataset.separator, dataset.encoding)
    except _FaultError as error:
        return Reading((), (error.check.found(path.name, str(error)),))
    faults = list(_column_faults(names, dataset, path.name))
    if faults:
        return Reading((), tuple(faults))
    whole = Whole(path.name)
    for number, row in enumerate(rows, start=1):
        whole.add(_judged(row, names, dataset.columns, f"{path.name} row {number}"))
    others = {name: path.name for name in names if name not in dataset.columns.named}
    if others:
        whole.findings.append(left_out(others, "column"))
    return whole.reading()


def _csv(path: Path, separator: str, encoding: str) -> tuple[list[str], Iterator[Row]]:
    """Every cell as text, also one that looks like a number or a formula. Cells that a row lacks are empty."""
    import pandas as pd

    plain = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        # Without a header and an index of its own, or a column too many would shift all others in silence.
        frame = pd.read_csv(
            path, sep=separator, encoding=plain, dtype=object, header=None, keep_default_na=False, na_filter=True, skip_blank_lines=False
        )
    except UnicodeError as error:
        raise _FaultError(NOT_UTF8, _encoding_fault(path, encoding)) from error
    except pd.errors.EmptyDataError as error:
        raise _FaultError(TABLE, "the file is empty; expected a row of column names and a row an example") from error
    except pd.errors.ParserError as error:
        reason = " ".join(str(error).removeprefix("Error tokenizing data. C error: ").split())
        raise _FaultError(TABLE, f"can't be parsed ({reason}); put a cell with a separator, quote or line end into quotes") from error
    head, *rows = frame.itertuples(index=False, name=None)
    return [str(name) for name in head], (tuple(None if pd.isna(cell) else cell for cell in row) for row in rows)


def _encoding_fault(path: Path, encoding: str) -> str:
    data = path.read_bytes()
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return (
            f"line {line} is not {encoding.upper()} (byte 0x{data[error.start]:02x}); save the file as UTF-8, "
            "or say what it is, as dataset.encoding=cp950"
        )
    except UnicodeError as error:
        return f"is not {encoding.upper()} ({error}); say what it is in dataset.encoding"
    return f"can't be read as {encoding}; save the file as UTF-8"


def _parquet(path: Path) -> tuple[list[str], Iterator[Row]]:
    import pandas as pd

    try:
        frame = pd.read_parquet(path, dtype_backend="pyarrow")
    except (ValueError, OSError) as error:  # what pyarrow raises for a broken file is one of them
        raise _FaultError(TABLE, f"can't be read as Parquet ({' '.join(str(error).split())[:200]})") from error
    except ImportError as error:
        raise DataError(f"{path}: reading Parquet needs pyarrow; install it with: pip install pyarrow") from error
    columns = [frame[name].array.__arrow_array__().to_pylist() for name in frame.columns]
    return [str(name) for name in frame.columns], iter(list(zip(*columns, strict=True)))


def _column_faults(names: list[str], dataset: TableDataset, name: str) -> Iterator[Finding]:
    for column in dataset.columns.named:
        count = names.count(column)
        if count == 0:
            there = ", ".join(names[:12])
            yield COLUMN_MISSING.found(name, f"has no column {column!r}{nearest(column, names)}; it has {there} (set dataset.columns)")
        elif count > 1:
            yield COLUMN_MISSING.found(name, f"has {count} columns {column!r}; expected each name once")


def _judged(row: Row, names: list[str], columns: Columns, where: str) -> Line:
    if not any(cell not in (None, "") for cell in row):
        return Line(where, None, (BLANK.found(where, "is blank and was passed over"),))
    cells = dict(zip(names, row, strict=True))
    if columns.messages is not None:
        return _judged_messages(cells[columns.messages], f"{where} column {columns.messages}")
    findings = list[Finding]()
    roles = (("system", columns.system), ("user", columns.prompt), ("assistant", columns.reply))
    found = [(role, _text(cells[name], name, role == "system", where, findings)) for role, name in roles if name is not None]
    if findings:
        return Line(where, None, tuple(findings))
    messages = [{"role": role, "content": text} for role, text in found if text]
    return judged_value({"messages": messages}, where, "supervised")


def _text(cell: Any, column: str, optional: bool, where: str, findings: list[Finding]) -> str:
    """A whole number is its digits, since a class is often written as one; what is wrong goes to `findings`."""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    if cell is not None and not isinstance(cell, str):
        findings.append(CELL_TYPE.found(where, f"column {column} has {kind(cell)}; expected text"))
    elif not (cell or "").strip():
        if not optional:
            findings.append(CELL_EMPTY.found(where, f"column {column} is empty; expected text"))
    else:
        return str(cell)
    return ""


def _judged_messages(cell: Any, where: str) -> Line:
    if isinstance(cell, str):
        cell, fault = value_of(cell, where, "expected a JSON list of messages")
        if fault:
            return Line(where, None, (fault,))
    value = cell if isinstance(cell, dict) and "messages" in cell else {"messages": _without_nulls(cell)}
    return judged_value(value, where, "supervised")


def _without_nulls(cell: Any) -> Any:
    """A Parquet struct has every key in every message, null where there is none."""
    if not isinstance(cell, list):
        return cell
    return [{k: v for k, v in m.items() if v is not None or k == "content"} if isinstance(m, dict) else m for m in cell]
