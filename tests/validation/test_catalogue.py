from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from ftexp.errors import ConfigError
from ftexp.validation.catalogue import CATALOGUE, adjusted
from ftexp.validation.checks import Checks, Severity
from ftexp.validation.findings import Finding

CONF = Path(__file__).parent.parent.parent / "conf" / "checks" / "standard.yaml"
FOUND = [Finding(ident, CATALOGUE[ident].severity, "here", "is wrong") for ident in ("blank_line", "unknown_key", "role")]


def refusal(**severity: Severity) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        adjusted([], Checks(severity=severity))
    return list(caught.value.faults)


def test_the_standard_lists_exactly_the_adjustable_checks_with_their_severity() -> None:
    listed = OmegaConf.to_container(OmegaConf.load(CONF))["severity"]  # type: ignore[index, call-overload]  # it is a mapping
    assert listed == {check.id: check.severity for check in CATALOGUE.values() if not check.fixed}


def test_a_check_has_an_id_of_its_own_and_a_line() -> None:
    assert all(ident == check.id and check.line.endswith(".") for ident, check in CATALOGUE.items())
    assert all(check.severity == "error" for check in CATALOGUE.values() if check.fixed)


def test_a_finding_has_the_severity_that_the_config_gives_it() -> None:
    found = adjusted(FOUND, Checks(severity={"blank_line": "error", "unknown_key": "off"}))
    assert [(f.check, f.severity) for f in found] == [("blank_line", "error"), ("role", "error")]
    assert adjusted(FOUND, Checks()) == FOUND


def test_an_unknown_check_is_told_with_the_nearest() -> None:
    assert refusal(blnk_line="off", xyz="off") == [
        "checks.severity.blnk_line: unknown check; did you mean blank_line?",
        "checks.severity.xyz: unknown check; conf/checks/standard.yaml lists them",
    ]


def test_what_cannot_be_trained_on_cannot_be_softened() -> None:
    [fault] = refusal(role="warning")
    assert fault.startswith("checks.severity.role: found warning, expected error: ") and fault.endswith("It can't be softened")
    assert adjusted([], Checks(severity={"role": "error"})) == []
