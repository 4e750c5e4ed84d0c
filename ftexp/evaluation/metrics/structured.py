"""Is the reply of the wanted form, and are its fields right?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric, Score
from ftexp.evaluation.metrics.parsing import json_inside, json_or_text, same

_SEARCHED = 10_000  # characters that a pattern is looked for in
_STEPS = 500_000  # of following a pattern: about a second


def _a_schema(schema: dict[str, Any]) -> dict[str, Any]:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"not a JSON schema ({error.message})") from error
    if elsewhere := next(_references_elsewhere(schema), None):
        raise ValueError(f"found a reference to {elsewhere!r}, expected one inside of the schema, like #/$defs/NAME; nothing is fetched")
    return schema


def _references_elsewhere(schema: Any) -> Iterator[str]:
    """jsonschema (4.26) would read files and addresses for them."""
    if isinstance(schema, dict):
        for key, inner in schema.items():
            if key in ("$ref", "$dynamicRef", "$recursiveRef") and isinstance(inner, str) and not inner.startswith("#"):
                yield inner
            yield from _references_elsewhere(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _references_elsewhere(inner)


def _fault(value: Any, schema: dict[str, Any]) -> str:
    """The first, empty where there is none."""
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        first = next(iter(Draft202012Validator(schema, registry=Registry()).iter_errors(value)), None)
    except Unresolvable as error:
        return f"the schema has no {error.ref}"
    except RecursionError:
        return "nested too deeply to be checked"
    return first.message if first else ""


Schema = Annotated[dict[str, Any], AfterValidator(_a_schema)]


class JsonSchema(ReplyMetric):
    """1 when the whole reply is JSON of the schema (JSON Schema 2020-12)."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["json_schema"]
    schema_: Schema = Field(alias="schema", description="a JSON schema")

    def score(self, reply: Reply, item: Item) -> Score:
        try:
            value = json.loads(reply.text)
        except (ValueError, RecursionError) as error:
            return Score(value=0.0, reason=f"not JSON: {error}")
        fault = _fault(value, self.schema_)
        return Score(value=0.0 if fault else 1.0, reason=fault)


class JsonSchemaLenient(ReplyMetric):
    """1 when the reply, or else the first JSON object or array in it, is of the schema (JSON Schema 2020-12).

    Where the reply has a fenced block, the first one is looked at. The first 200,000 characters and 100 brackets count.
    """

    is_verdict: ClassVar[bool] = True
    kind: Literal["json_schema_lenient"]
    schema_: Schema = Field(alias="schema", description="a JSON schema")

    def score(self, reply: Reply, item: Item) -> Score:
        try:
            value = json_inside(reply.text)
        except ValueError as error:
            return Score(value=0.0, reason=f"not JSON: {error}")
        fault = _fault(value, self.schema_)
        return Score(value=0.0 if fault else 1.0, reason=fault[:500])


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


class Regex(ReplyMetric):
    """1 when the pattern is found in the first 10,000 characters of the reply; with `whole`, when the reply is nothing else.

    A pattern of Python's `re` without look-around, references to groups, atomic groups and possessive repeats. All the ways it
    may go are followed at once, so (a+)+$ takes no longer than a+$. A reply that would still take seconds is left unscored.
    """

    is_verdict: ClassVar[bool] = True
    kind: Literal["regex"]
    pattern: str = Field(min_length=1, description="a regular expression")
    whole: bool = Field(default=False, description="true or false")

    @field_validator("pattern")
    @classmethod
    def _can_be_followed(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"found {pattern!r}, expected a regular expression ({error})") from error
        if beyond := sorted({_BEYOND.get(str(op), str(op)) for op in _operations(_parsed(pattern)) if str(op) not in _FOLLOWED}):
            raise ValueError(f"found {pattern!r}, expected a pattern without {' and '.join(beyond)}: its time couldn't be bounded")
        return pattern

    def score(self, reply: Reply, item: Item) -> Score:
        if self.whole and len(reply.text) > _SEARCHED:
            return Score(value=0.0, reason=f"longer than {_SEARCHED} characters")
        try:
            matches = _matches(self.pattern, reply.text[:_SEARCHED], self.whole)
        except TimeoutError:
            return Score(value=None, reason="the pattern takes too long on this reply")
        return Score(value=1.0) if matches else Score(value=0.0, reason="the reply isn't the pattern" if self.whole else "not found")


_FOLLOWED = {"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT", "SUBPATTERN", "BRANCH", "MAX_REPEAT", "MIN_REPEAT"}
_BEYOND = {
    "ASSERT": "look-around",
    "ASSERT_NOT": "look-around",
    "GROUPREF": "references to groups",
    "GROUPREF_EXISTS": "references to groups",
    "ATOMIC_GROUP": "atomic groups",
    "POSSESSIVE_REPEAT": "possessive repeats",
}


@cache
def _parsed(pattern: str) -> Any:
    """Python's own parse of it: a sequence of operations with their operands."""
    return import_module("re._parser").parse(pattern)


def _operations(nodes: Any) -> Iterator[Any]:
    for op, operand in nodes:
        yield op
        match str(op):
            case "SUBPATTERN":
                yield from _operations(operand[-1])
            case "BRANCH":
                for way in operand[1]:
                    yield from _operations(way)
            case "MAX_REPEAT" | "MIN_REPEAT":
                yield from _operations(operand[-1])


def _matches(pattern: str, text: str, whole: bool) -> bool:
    parsed, every = _parsed(pattern), (2 << len(text)) - 1
    ends = _Following(text).after(parsed, 1 if whole else every, parsed.state.flags)
    return bool(ends >> len(text)) if whole else bool(ends)


class _Following:
    """Follows a pattern through a text, from a set of places to the set of places it may end at: bit n is before character n."""

    def __init__(self, text: str) -> None:
        self._text, self._steps = text, 0
        self._places: dict[tuple[str, int, int], int] = {}

    def after(self, nodes: Any, places: int, flags: int) -> int:
        for op, operand in nodes:
            places = self._after_one(op, operand, places, flags) if places else 0
        return places

    def _after_one(self, op: Any, operand: Any, places: int, flags: int) -> int:
        self._steps += 1
        if self._steps > _STEPS:
            raise TimeoutError
        match str(op):
            case "SUBPATTERN":
                _, added, removed, inner = operand
                return self.after(inner, places, (flags | added) & ~removed)
            case "BRANCH":
                ends = 0
                for way in operand[1]:
                    ends |= self.after(way, places, flags)
                return ends
            case "MAX_REPEAT" | "MIN_REPEAT":
                least, most, inner = operand
                return self._after_repeat(inner, least, int(most), places, flags)
        here = places & self._where(op, operand, flags)
        return here if str(op) == "AT" else here << 1

    def _after_repeat(self, nodes: Any, least: int, most: int, places: int, flags: int) -> int:
        for _ in range(least):
            if not places:
                return 0
            places = self.after(nodes, places, flags)
        seen = fresh = places
        for _ in range(most - least):
            fresh = self.after(nodes, fresh, flags) & ~seen
            if not fresh:
                break
            seen |= fresh
        return seen

    def _where(self, op: Any, operand: Any, flags: int) -> int:
        """The places that the operation takes."""
        key = str(op), id(operand), flags  # small numbers are one object whatever they mean
        if key not in self._places:
            parser = import_module("re._parser")
            one = parser.SubPattern(parser.State(), [(op, operand)])  # a state of its own: that of the pattern has its flags
            marks = bytearray(b"0" * (len(self._text) + 1))
            for found in import_module("re._compiler").compile(one, flags).finditer(self._text):
                marks[-1 - found.start()] = ord("1")
            self._places[key] = int(marks, 2)
        return self._places[key]
