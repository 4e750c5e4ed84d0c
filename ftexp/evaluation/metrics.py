"""Metrics: a reply and its item give a score from 0 to 1, and the reason where it isn't 1.

To add one: write the class here, put it into `Metric`, name its kind in a `conf/eval/` file.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from ftexp.evaluation.items import Item
from ftexp.values import Value


class Score(Value):
    """`value` is None where an item could not be scored; `reason` then says why. None is never counted as 0."""

    value: float | None
    reason: str = ""


class ExactMatch(Value):
    """1 when reply and reference are equal: as JSON where the reference is JSON, else as text without outer white space."""

    kind: Literal["exact_match"]

    def score(self, reply: str, item: Item) -> Score:
        same = reply.strip() == item.reference.strip() or _same_json(reply, item.reference)
        return Score(value=1.0) if same else Score(value=0.0, reason="differs from the reference")


class JsonSchema(Value):
    """1 when the whole reply is JSON of the schema (JSON Schema 2020-12)."""

    kind: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema", description="a JSON schema")

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, schema: dict[str, Any]) -> dict[str, Any]:
        from jsonschema import Draft202012Validator, SchemaError

        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            raise ValueError(f"not a JSON schema ({error.message})") from error
        return schema

    def score(self, reply: str, item: Item) -> Score:
        from jsonschema import Draft202012Validator

        try:
            value = json.loads(reply)
        except (ValueError, RecursionError) as error:
            return Score(value=0.0, reason=f"not JSON: {error}")
        first = next(iter(Draft202012Validator(self.schema_).iter_errors(value)), None)
        return Score(value=1.0) if first is None else Score(value=0.0, reason=first.message)


class JsonField(Value):
    """1 when a field of the reply equals the reference's; 0 where the reply isn't a JSON object."""

    kind: Literal["json_field"]
    field: str = Field(min_length=1, description="the name of a field")

    def score(self, reply: str, item: Item) -> Score:
        found, wanted = _json_or_text(reply), json.loads(item.reference)
        if not isinstance(found, dict) or self.field not in found:
            return Score(value=0.0, reason=f"no field {self.field}")
        if _same(found[self.field], wanted[self.field]):
            return Score(value=1.0)
        return Score(value=0.0, reason=f"found {found[self.field]!r}, expected {wanted[self.field]!r}")


class Chrf(Value):
    """Character n-gram F-score against the reference, 0 to 1 (chrF2, Popovic 2015, as sacrebleu computes it)."""

    kind: Literal["chrf"]

    def score(self, reply: str, item: Item) -> Score:
        from sacrebleu import sentence_chrf

        return Score(value=sentence_chrf(reply, [item.reference]).score / 100)


class TokenF1(Value):
    """Harmonic mean of precision and recall of words, 0 to 1 (as SQuAD does); of characters in scripts without spaces."""

    kind: Literal["token_f1"]

    def score(self, reply: str, item: Item) -> Score:
        found, wanted = Counter(_words(reply)), Counter(_words(item.reference))
        if not found or not wanted:
            return Score(value=float(found == wanted), reason="no words")
        shared = (found & wanted).total()
        return Score(value=2 * shared / (found.total() + wanted.total()))


class HeldOutLoss(Value):
    """Mean negative log-likelihood of the reference, in nats a token; measured by the backend, lower is better."""

    kind: Literal["held_out_loss"]


# Those whose scores are 0 or 1.
VERDICTS = (ExactMatch, JsonSchema, JsonField)

ReplyMetric = ExactMatch | JsonSchema | JsonField | Chrf | TokenF1
Metric = Annotated[
    ReplyMetric | HeldOutLoss,
    Field(discriminator="kind", description="exact_match, json_schema, json_field, chrf, token_f1 or held_out_loss"),
]

# Han, kana, Thai, Lao, Khmer and Burmese letters stand alone; other scripts put spaces between words.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+?(?=[\u3040-\u9fff])|[^\W_]+")


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _same_json(one: str, other: str) -> bool:
    try:
        return _same(json.loads(one), json.loads(other))
    except (ValueError, RecursionError):
        return False


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON, where true isn't 1 and false isn't 0 as they are in Python."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
        case list(), list():
            return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()
