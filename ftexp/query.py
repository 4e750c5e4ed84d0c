"""`--where CONDITION`: runs on record by config, score, state or name, found in SQLite without reading every record here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ftexp.errors import ConfigError
from ftexp.journal import Journal, RunRow

COLUMNS = ("state", "experiment", "name")
FIGURES = ("ci_low", "ci_high", "n")  # what may follow a score's name, as in MLflow
_WRITTEN = re.compile(r"\s*([^=!<>\s]+)\s*(>=|<=|!=|=|>|<)\s*(.*?)\s*", re.DOTALL)
_EXPECTED = "KEY, one of = != >= <= > <, and a value, as in hyperparameters.n_epochs>=3 or score/tuned/tickets/exact_match>0.5"

# Values that the config leaves open (a name after the path, auto): the event that tells what they came to, and where in it.
_TOLD = {
    "dataset.name": ("input/train", "$.name"),
    "model.name": ("model", "$.base"),
    **{f"hyperparameters.{h}": ("params", f'$.values."resolved/{h}"') for h in ("n_epochs", "batch_size", "learning_rate_multiplier")},
}


@dataclass(frozen=True)
class Condition:
    """`text` is as it was given. `number` is None where the value isn't one."""

    text: str
    key: str
    operator: str
    value: str
    number: float | None


@dataclass(frozen=True)
class Sql:
    """An expression and the values of its question marks."""

    text: str
    values: tuple[Any, ...] = ()


def parse_condition(text: str) -> Condition:
    """Raises ConfigError for what can't be read as one."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ConfigError(f"--where {text!r}: found no condition, expected {_EXPECTED}")
    key, operator, value = written.groups()
    number = _number(value)
    if operator in (">=", "<=", ">", "<") and number is None:
        raise ConfigError(f"--where {text!r}: found {value!r} after {operator}, expected a number")
    if '"' in key:
        raise ConfigError(f"--where {text!r}: found a quotation mark in the key, expected {_EXPECTED}")
    return Condition(text, key, operator, value, number)


def runs_where(texts: Sequence[str], journal: Journal) -> list[RunRow]:
    """The runs that every condition fits, the newest last. Raises ConfigError with all conditions that can't be meant."""
    conditions: list[Condition] = []
    faults: list[str] = []
    for text in texts:
        try:
            conditions.append(parse_condition(text))
            refuse_unknown(conditions[-1], journal)
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(*faults)
    clauses = [Sql("kind='run'"), *map(clause, conditions)]
    return journal.runs(" AND ".join(f"({c.text})" for c in clauses), tuple(v for c in clauses for v in c.values))


def clause(condition: Condition) -> Sql:
    """As SQL over a row of the journal's runs. null fits where nothing is set; no score is neither = nor != to anything."""
    found = _expression(condition.key)
    number = {"true": 1.0, "false": 0.0}.get(condition.value, condition.number)
    wanted = (condition.value,) if number is None else (condition.value, number)
    match condition.operator:
        case "=" | "!=" if condition.value == "null":
            return Sql(f"{found.text} IS {'' if condition.operator == '=' else 'NOT '}NULL", found.values)
        case "=":
            return Sql(f"{found.text} IN ({', '.join('?' for _ in wanted)})", (*found.values, *wanted))
        case "!=":
            absent = "0" if condition.key.startswith("score/") else "1"
            other = f"COALESCE({found.text} NOT IN ({', '.join('?' for _ in wanted)}), {absent})"
            return Sql(other, (*found.values, *wanted))
    # Text is above every number in SQLite, so that auto would be above 3.
    compared = f"typeof({found.text}) IN ('integer', 'real') AND {found.text} {condition.operator} ?"
    return Sql(compared, (*found.values, *found.values, condition.number))


def refuse_unknown(condition: Condition, journal: Journal) -> None:
    """Raises ConfigError for a key that no run on record has, with the nearest that one has."""
    key = condition.key
    if key in COLUMNS or not journal.holds("1"):
        return
    if key.startswith("score/"):
        path = _score_path(key)
        if path and journal.holds("json_type(record, ?) IS NOT NULL", (path,)):
            return
        known = list(dict.fromkeys(_scores(journal)))
    else:
        if journal.holds("json_type(config, ?) IS NOT 'object' AND json_type(config, ?) IS NOT NULL", (_path(key),) * 2):
            return
        known = [*COLUMNS, *dict.fromkeys(_config_keys(journal))]
    if inside := [name for name in known if name.startswith((f"{key}.", f"{key}/"))]:
        raise ConfigError(f"--where {condition.text!r}: found {key!r}, a group of keys; expected one of {', '.join(inside)}")
    raise ConfigError(f"--where {condition.text!r}: found the key {key!r}, which no run on record has; {_nearest(key, known)}")


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _expression(key: str) -> Sql:
    if key in COLUMNS:
        return Sql(key)
    if key.startswith("score/"):
        return Sql("json_extract(record, ?)", (_score_path(key),))
    if key not in _TOLD:
        return Sql("json_extract(config, ?)", (_path(key),))
    ident, path = _TOLD[key]
    told = "SELECT json_extract(body, ?) AS told FROM events WHERE run=runs.id AND ident=?"
    if key.startswith("hyperparameters."):  # told as text, also where it is a number
        told = f"SELECT CASE WHEN told GLOB '[0-9]*' THEN CAST(told AS NUMERIC) ELSE told END FROM ({told})"
    return Sql(f"COALESCE(({told}), json_extract(config, ?))", (path, ident, _path(key)))


def _path(key: str) -> str:
    return "$" + "".join(f'."{part}"' for part in key.split("."))


def _score_path(key: str) -> str | None:
    """Where a record holds score/SUBJECT/SUITE/METRIC, with /ci_low, /ci_high or /n after it or not."""
    parts = key.split("/")[1:]
    figure = {"ci_low": "low", "ci_high": "high", "n": "n"}[parts.pop()] if len(parts) == 4 and parts[-1] in FIGURES else "value"
    if len(parts) != 3:
        return None
    subject, metric = parts[0], f"{parts[1]}/{parts[2]}"
    within, column = ("differences", subject.removeprefix("delta_")) if subject.startswith("delta_") else ("means", subject)
    return f'$.comparison.{within}."{metric}"."{column}".{figure}'


def _scores(journal: Journal, newest: int = 50) -> Iterator[str]:
    """The names of the scores that the newest runs have."""
    for row in journal.runs("id IN (SELECT id FROM runs WHERE record IS NOT NULL ORDER BY started_at DESC LIMIT ?)", (newest,)):
        comparison = json.loads(row.record or "{}").get("comparison", {})
        for within, beginning in (("means", "score/"), ("differences", "score/delta_")):
            for metric, subjects in comparison.get(within, {}).items():
                yield from (f"{beginning}{subject}/{metric}" for subject in subjects)


def _config_keys(journal: Journal, newest: int = 50) -> Iterator[str]:
    for row in journal.runs("id IN (SELECT id FROM runs ORDER BY started_at DESC LIMIT ?)", (newest,)):
        yield from _keys_in(json.loads(row.config))


def _keys_in(config: Any, prefix: str = "") -> Iterator[str]:
    if not isinstance(config, dict):
        yield prefix
    elif prefix not in ("prices.models", "hyperparameters.candidates"):
        for name, inner in config.items():
            yield from _keys_in(inner, f"{prefix}.{name}" if prefix else name)


def _nearest(key: str, known: Sequence[str]) -> str:
    """Among those that end alike, or else among all."""
    alike = [name for name in known if re.split(r"[./]", name)[-1] == re.split(r"[./]", key)[-1]]
    near = get_close_matches(key, alike, n=1, cutoff=0) or get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"expected {', '.join(COLUMNS)}, a key of the config or score/SUBJECT/SUITE/METRIC"
