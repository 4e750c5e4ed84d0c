"""A request as the service sees it, and its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from urllib.parse import parse_qsl

from provider.multipart import Part, form
from provider.refusing import RefusedError


@dataclass(frozen=True)
class Request:
    """`path` without /v1 and query; names of headers are lower case."""

    method: str
    path: str
    query_text: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_text, keep_blank_values=True))

    @cached_property
    def json(self) -> dict[str, Any]:
        try:
            found = json.loads(self.body)
        except ValueError:
            raise RefusedError(400, "We could not parse the JSON body of your request.") from None
        if not isinstance(found, dict):
            raise RefusedError(400, "expected a JSON object")
        return found

    @cached_property
    def form(self) -> dict[str, Part]:
        return form(self.headers.get("content-type", ""), self.body)

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True)
class Answer:
    """`sending`: half of the body, or the body over some seconds, or a reset connection instead. `deliberate`: what the API never says."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    sending: Literal["whole", "half", "slowly", "not"] = "whole"
    seconds: float = 0.0
    value: dict[str, Any] | None = None


def said(body: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False).encode(), value=body)
