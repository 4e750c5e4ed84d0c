from __future__ import annotations

import pytest
from tiny import ftexp


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4.1"])
def test_a_hosted_model_can_not_be_fetched(model: str, bare_project) -> None:
    said = ftexp("model", "fetch", model)
    assert said.code == 2
    assert f"model={model}: isn't one that travels in a package, so there is nothing to fetch; expected smollm2-135m" in said.err


def test_a_model_that_nobody_knows_is_refused_with_those_that_are_known(bare_project) -> None:
    said = ftexp("model", "fetch", "smollm")
    assert said.code == 2
    assert "found 'smollm', expected one of" in said.err
    assert "smollm2-135m" in said.err


def test_a_model_of_ones_own_is_already_here(bare_project) -> None:
    said = ftexp("model", "fetch", "local")
    assert said.code == 2
    assert said.err.startswith("ftexp: model")
