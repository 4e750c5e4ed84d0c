from __future__ import annotations

from pathlib import Path

import pytest
from fault_table import CLEAN, CLEAN_PAIRS, FAULTS, PAIRS, Fault

from ftexp.data.jsonl import read
from ftexp.validation.catalogue import CATALOGUE
from ftexp.validation.structure import Method


def written(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_the_table_is_of_sixty_faults_of_forty_kinds_at_least() -> None:
    assert len(FAULTS) >= 60 and len({fault.check for fault in FAULTS}) >= 40


def test_every_fault_of_one_file_is_told_at_its_line_in_one_pass(tmp_path: Path) -> None:
    lines = [line for fault in FAULTS for line in (CLEAN[0], fault.line)]
    findings = read(written(tmp_path / "bad.jsonl", *lines), "supervised").findings
    told = {(f.where, f.check) for f in findings}
    for number, fault in enumerate(FAULTS, start=1):
        assert (f"bad.jsonl line {2 * number}", fault.check) in told, fault
    assert {f.where for f in findings} == {f"bad.jsonl line {2 * n}" for n in range(1, len(FAULTS) + 1)}


@pytest.mark.parametrize(
    ("fault", "method"), [(f, "supervised") for f in FAULTS] + [(f, "dpo") for f in PAIRS], ids=lambda given: getattr(given, "check", given)
)
def test_a_fault_is_told_alone_with_its_message_and_severity(fault: Fault, method: Method, tmp_path: Path) -> None:
    found = read(written(tmp_path / "bad.jsonl", CLEAN[0] if method == "supervised" else CLEAN_PAIRS[0], fault.line), method)
    [finding] = found.findings
    assert (finding.check, finding.severity) == (fault.check, CATALOGUE[fault.check].severity)
    assert fault.message in finding.message
    assert len(found.examples) == (1 if CATALOGUE[fault.check].fixed or fault.check == "blank_line" else 2)


def test_the_clean_twins_pass_without_a_warning(tmp_path: Path) -> None:
    assert read(written(tmp_path / "good.jsonl", *CLEAN), "supervised").findings == ()
    assert read(written(tmp_path / "pairs.jsonl", *CLEAN_PAIRS), "dpo").findings == ()
    assert len(read(written(tmp_path / "both.jsonl", *CLEAN, *CLEAN_PAIRS)).examples) == len(CLEAN) + len(CLEAN_PAIRS)


def test_a_line_of_a_megabyte_is_judged_like_any_other(tmp_path: Path) -> None:
    long = CLEAN[0].replace(b'"x"', b'"' + b"x" * 1_000_000 + b'"')
    found = read(written(tmp_path / "long.jsonl", long, long.replace(b"user", b"uuser"), long[:-1]), "supervised")
    assert [f.check for f in found.findings] == ["role", "truncated_line"] and len(found.examples) == 1
    assert all(len(f.message) < 300 for f in found.findings)
