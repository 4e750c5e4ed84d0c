"""Is the reply JSON of the wanted form, and are its fields right?"""

from __future__ import annotations

import json
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric, Score
from ftexp.evaluation.metrics.parsing import json_or_text, same


class JsonSchema(ReplyMetric):
    """1 when the whole reply is JSON of the schema (JSON Schema 2020-12)."""

    is_verdict: ClassVar[bool] = True
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

    def score(self, reply: Reply, item: Item) -> Score:
        from jsonschema import Draft202012Validator

        try:
            value = json.loads(reply.text)
        except (ValueError, RecursionError) as error:
            return Score(value=0.0, reason=f"not JSON: {error}")
        first = next(iter(Draft202012Validator(self.schema_).iter_errors(value)), None)
        return Score(value=1.0) if first is None else Score(value=0.0, reason=first.message)


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
