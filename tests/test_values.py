from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from ftexp.values import Value, canonical, digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Place(Value):
    given_name: str = Field(alias="name")
    size: float = 0.0


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Place(name="here").size = 2.0


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(ValidationError, match="siz"):
        Place.model_validate({"name": "here", "siz": 1.0})


@pytest.mark.parametrize("size", [float("nan"), float("inf")])
def test_no_value_holds_what_is_no_number(size: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Place(name="here", size=size)


def test_the_canonical_form_has_sorted_keys_no_spaces_and_any_language() -> None:
    assert canonical({"b": [1, 2.5], "a": "訂單"}) == '{"a":"訂單","b":[1,2.5]}'


def test_a_value_is_canonical_by_the_names_of_the_file() -> None:
    assert canonical([Place(name="here")]) == '[{"name":"here","size":0.0}]'


@settings(deadline=None)
@given(JSON)
def test_the_canonical_form_reads_back_and_is_its_own_canonical_form(value: object) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.integers(), min_size=2, max_size=5))
def test_the_order_of_keys_changes_no_digest(value: dict[str, int]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


def test_a_digest_is_the_sha256_of_the_canonical_parts() -> None:
    assert digest("a", 1) == hashlib.sha256(b'["a",1]').hexdigest()
    assert len({digest("ab"), digest("a", "b"), digest(["a", "b"]), digest("a"), digest(1), digest("1"), digest(True)}) == 7


def test_what_json_does_not_know_has_no_canonical_form() -> None:
    with pytest.raises(TypeError, match="set has no canonical form"):
        canonical({1, 2})
