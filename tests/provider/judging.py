"""Whether requests and answers are what OpenAI's document allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from provider.document import PATCHES, REF, Patch, operation, schemas
from provider.endpoints import ENDPOINTS, kind
from provider.refusing import RefusedError
from provider.requests import Request

_HOME = "urn:openapi"
_NESTED = re.compile(r"(\w+)\[(.+)\]")


class Judge:
    """What it says is empty where nothing is wrong."""

    def __init__(self, patches: Mapping[str, Patch] = PATCHES) -> None:
        found = schemas(patches, tuple(endpoint.kind for endpoint in ENDPOINTS))
        home = DRAFT202012.create_resource({"components": {"schemas": found}})
        self._registry: Registry[Any] = Registry().with_resource(_HOME, home)
        self._validators: dict[str, Draft202012Validator] = {}
        self._seen: set[int] = set()

    def request(self, request: Request) -> str:
        asked = kind(request)
        if asked == "unknown":
            return f"{request.method} {request.path}: no such path"
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return f"{asked}: no key"
        wrong = self._query(asked, request) or self._body(asked, request)
        return f"{asked}: {wrong}" if wrong else ""

    def answer(self, kind: str, status: int, body: Mapping[str, Any]) -> str:
        """Of a list, items that were judged before are left out."""
        name = "ErrorResponse" if status >= 400 else _answers_with(kind)
        if isinstance(body.get("data"), list):
            marks = [hash((name, repr(item))) for item in body["data"]]
            body = {**body, "data": [item for item, mark in zip(body["data"], marks, strict=True) if mark not in self._seen]}
            self._seen |= set(marks)
        wrong = self._wrong(name, body)
        return f"answer to {kind}: {wrong}" if wrong else ""

    def _query(self, kind: str, request: Request) -> str:
        known = {p["name"]: p["schema"] for p in operation(kind).get("parameters", []) if p["in"] == "query"}
        for name, value in _nested(request.query).items():
            if name not in known:
                return f"query: no parameter {name}"
            wrong = best_match(Draft202012Validator(known[name]).iter_errors(_typed(value, known[name])))
            if wrong:
                return f"query {name}: {wrong.message}"
        return ""

    def _body(self, kind: str, request: Request) -> str:
        content = operation(kind).get("requestBody", {}).get("content")
        if content is None:
            return "a body, where none belongs" if request.body else ""
        try:
            body = _form(request) if "multipart/form-data" in content else request.json
        except RefusedError as refused:
            return refused.message
        return self._wrong(_name(next(iter(content.values()))), body)

    def _wrong(self, name: str, body: Any) -> str:
        if name not in self._validators:
            self._validators[name] = Draft202012Validator({"$ref": f"{_HOME}{REF}{name}"}, registry=self._registry)
        validator = self._validators[name]
        if validator.is_valid(body):
            return ""
        wrong = best_match(validator.iter_errors(body))
        return f"{wrong.json_path} {wrong.message[:300]}"


@cache
def judge() -> Judge:
    return Judge()


@cache
def _answers_with(kind: str) -> str:
    return _name(operation(kind)["responses"]["200"]["content"]["application/json"])


def _name(content: Mapping[str, Any]) -> str:
    return str(content["schema"]["$ref"]).removeprefix(REF)


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """`{"a[b]": 1}` as `{"a": {"b": 1}}`."""
    found: dict[str, Any] = {}
    for name, value in flat.items():
        match = _NESTED.fullmatch(name)
        if match:
            found.setdefault(match[1], {})[match[2]] = value
        else:
            found[name] = value
    return found


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:
    return int(value) if schema.get("type") == "integer" and isinstance(value, str) and value.isdecimal() else value


def _form(request: Request) -> dict[str, Any]:
    """Text as text, what has a file name as its length in words, since the document only wants a string there."""
    fields = {
        n: f"{len(p.content)} bytes" if p.filename is not None else p.content.decode("utf-8", "replace") for n, p in request.form.items()
    }
    nested = _nested(fields)
    if isinstance(after := nested.get("expires_after"), dict):
        after["seconds"] = _typed(after.get("seconds"), {"type": "integer"})
    return nested
