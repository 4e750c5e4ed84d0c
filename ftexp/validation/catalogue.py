"""Every check there is, and what the config makes of its findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftexp.errors import ConfigError
from ftexp.validation import content, corpus, formats, items, language, lines, structure, template
from ftexp.validation.checks import Checks
from ftexp.validation.describing import nearest
from ftexp.validation.findings import Check, Finding

_MODULES = (lines, structure, formats, template, corpus, content, language, items)
CATALOGUE: dict[str, Check] = {check.id: check for module in _MODULES for check in module.CHECKS}


def adjusted(findings: Iterable[Finding], checks: Checks) -> list[Finding]:
    """With the severities that the config gives; those that are off are gone. Raises ConfigError as `refuse_unfit` does."""
    refuse_unfit(checks)
    given = checks.severity
    return [f for finding in findings if (f := _adjusted(finding, given.get(finding.check))) is not None]


def refuse_unfit(checks: Checks) -> None:
    """Raises ConfigError with a line for each unknown id, and for each check that the config can't soften."""
    faults = list(_faults(checks))
    if faults:
        raise ConfigError(*faults)


def _adjusted(finding: Finding, severity: str | None) -> Finding | None:
    match severity:
        case "off":
            return None
        case "error" | "warning" if severity != finding.severity:
            return Finding(finding.check, severity, finding.where, finding.message)
    return finding


def _faults(checks: Checks) -> Iterator[str]:
    for ident, severity in checks.severity.items():
        check = CATALOGUE.get(ident)
        if check is None:
            yield f"checks.severity.{ident}: unknown check{nearest(ident, CATALOGUE) or '; conf/checks/standard.yaml lists them'}"
        elif check.fixed and severity != check.severity:
            yield f"checks.severity.{ident}: found {severity}, expected {check.severity}: {check.line} It can't be softened"
