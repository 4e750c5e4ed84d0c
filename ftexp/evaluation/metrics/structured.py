"""Is the reply JSON of the wanted form, and are its fields right?"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric, Score
from ftexp.evaluation.metrics.parsing import json_or_text, same

_LOOKED_AT = 100_000  # characters of a reply
_FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)


class JsonSchema(ReplyMetric):
    """1 when the whole reply is JSON of the schema (JSON Schema 2020-12)."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema", description="a JSON schema")

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, schema: dict[str, Any]) -> dict[str, Any]:
        return checked_schema(schema)

    def score(self, reply: Reply, item: Item) -> Score:
        return _by_schema(reply.text, self.schema_)


class JsonSchemaLenient(ReplyMetric):
    """1 when there is JSON of the schema in the reply: what is fenced, or else the first object or list in it."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["json_schema_lenient"]
    schema_: dict[str, Any] = Field(alias="schema", description="a JSON schema")

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, schema: dict[str, Any]) -> dict[str, Any]:
        return checked_schema(schema)

    def score(self, reply: Reply, item: Item) -> Score:
        return _by_schema(json_inside(reply.text[:_LOOKED_AT]), self.schema_)


class JsonField(ReplyMetric):
    """1 when a field of the reply equals the reference's; 0 where the reply isn't a JSON object."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["json_field"]
    field: str = Field(min_length=1, description="the name of a field")

    def score(self, reply: Reply, item: Item) -> Score:
        found, wanted = json_or_text(reply.text), json.loads(item.reference)
        if not isinstance(found, dict) or self.field not in found:
            return Score(value=0.0, reason=f"no field {self.field}")
        if same(found[self.field], wanted[self.field]):
            return Score(value=1.0)
        return Score(value=0.0, reason=f"found {found[self.field]!r}, expected {wanted[self.field]!r}")


def checked_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Raises ValueError for what is no JSON schema."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"not a JSON schema ({error.message})") from error
    return schema


def _by_schema(text: str, schema: dict[str, Any]) -> Score:
    from jsonschema import Draft202012Validator

    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Score(value=0.0, reason=f"not JSON: {error}"[:300])
    first = next(iter(Draft202012Validator(schema).iter_errors(value)), None)
    return Score(value=1.0) if first is None else Score(value=0.0, reason=first.message[:300])


def json_inside(text: str) -> str:
    """What is between the first fences, or the first object or list; all of the text where there is none."""
    if fenced := _FENCED.search(text):
        return fenced[1]
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if start < 0:
        return text
    try:
        return text[start : json.JSONDecoder().raw_decode(text, start)[1]]
    except (ValueError, RecursionError):
        return text[start:]
