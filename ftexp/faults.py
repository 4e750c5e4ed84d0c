"""pydantic's findings as sentences: the dotted key, what was found, what was expected, the nearest valid name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ftexp.errors import ConfigError

MISSING = "???"  # OmegaConf's mark for a value that must be given

M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], values: Mapping[Any, Any], earlier_faults: Sequence[str] = ()) -> M:
    """`values` as a `model`, wrong types not converted. Raises ConfigError with every fault, the earlier ones first."""
    try:
        # Through JSON, where strict still takes a list for a tuple and text for a date, but not "3" for 3 or true for 1.
        config = model.model_validate_json(json.dumps(_without_missing(values), allow_nan=True, default=str), strict=True)
    except ValidationError as error:
        raise ConfigError(*earlier_faults, *_sentences(model, error)) from error
    if earlier_faults:
        raise ConfigError(*earlier_faults)
    return config


def _without_missing(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _without_missing(v) for k, v in value.items() if v != MISSING}
    return [_without_missing(v) for v in value] if isinstance(value, list) else value


def _sentences(model: type[BaseModel], error: ValidationError) -> list[str]:
    """One sentence a key: a union reports each of its arms, and the reader wants one line."""
    by_key: dict[str, str] = {}
    for details in error.errors():
        path = _Path(model, details["loc"])
        if any(key.startswith(f"{path.key}.") for key in by_key):
            continue  # a list is told to be too short when its items are wrong
        by_key.setdefault(path.key, _sentence(path, details))
    return list(by_key.values())


class _Path:
    """Where an error stands: its dotted key without pydantic's union tags, and what the field says it expects."""

    def __init__(self, root: type[BaseModel], loc: tuple[int | str, ...]) -> None:
        self.names: list[str] = []
        self.expected: str | None = None
        self.siblings: list[str] = []
        self._here: Any = root
        tag_may_follow = False  # a union's tag stands right after the field that holds the union
        outer: str | None = None
        for part in loc:
            if part == "[key]":  # pydantic's mark that the name before it is wrong, not what stands there
                self.expected = outer
                continue
            if tag_may_follow and _is_tag(self._here, part):
                self._here = next((m for m in _models(self._here) if part in _kinds(m)), self._here)
                tag_may_follow = False
                continue
            outer = self.expected
            self._step(part)
            tag_may_follow = True
        self.key = ".".join(self.names) or "config"

    def _step(self, part: int | str) -> None:
        """Into a model's field; else into a dict's key or a list's index; else onto a key that no model knows."""
        self.names.append(str(part))
        models = _models(self._here)
        field = next((f for m in models if (f := _field(m, part)) is not None), None)
        self.siblings = [f.alias or n for m in models for n, f in m.model_fields.items()]
        if field is not None:
            self._here, self.expected = field.annotation, field.description
        elif not models and get_args(self._here):
            self._here = [a for a in get_args(self._here) if a is not ...][-1]  # tuple[X, ...] holds X
            self.expected = next((m.description for m in get_args(self._here) if isinstance(m, FieldInfo)), self.expected)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    arguments = get_args(annotation)
    if getattr(annotation, "__origin__", None) in (dict, list, tuple):
        return []
    return [model for a in arguments for model in _models(a)]


def _field(model: type[BaseModel], part: int | str) -> FieldInfo | None:
    return next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)


def _is_tag(annotation: Any, part: int | str) -> bool:
    """Whether `part` names an arm of a union: a kind, or pydantic's name of a plain type."""
    plain = ("int", "float", "str", "bool", "none", "nullable")
    if any(part in _kinds(m) for m in _models(annotation)):
        return True
    return isinstance(part, str) and (part in plain or part.startswith(("literal[", "constrained-", "function-")))


def _kinds(model: type[BaseModel]) -> tuple[str, ...]:
    return get_args(model.model_fields["kind"].annotation) if "kind" in model.model_fields else ()


def _sentence(path: _Path, details: ErrorDetails) -> str:
    expected = f"expected {path.expected}" if path.expected else details["msg"]
    match details["type"]:
        case "extra_forbidden":
            near = get_close_matches(path.names[-1], path.siblings, n=1, cutoff=0.5)
            return f"{path.key}: unknown key; " + (
                f"did you mean {near[0]}?" if near else f"expected one of {', '.join(sorted(set(path.siblings)))}"
            )
        case "missing" | "union_tag_not_found":
            missing = path.key + (".kind" if details["type"] == "union_tag_not_found" else "")
            return f"{missing}: missing; {expected}; set it as {missing}=VALUE"
        case "union_tag_invalid":
            return f"{path.key}.kind: found {_shown(details['input']['kind'])}, {expected}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{path.key}: found {_shown(details['input'])}, expected a group of keys"
        case "value_error":
            return f"{path.key}: {details['ctx']['error']}"
    return f"{path.key}: found {_shown(details['input'])}, {expected}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
