from __future__ import annotations

from pathlib import Path

import pytest
from compared import copy_run
from tiny import PLACES, ftexp

from ftexp.state import State


def text_of(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_run_becomes_three_files_without_text_and_a_row_of_the_table(copy_of_finished) -> None:
    said = ftexp("freeze", "last", "places")
    assert said.code == 0, said.err
    assert said.out == "wrote experiments/places; make it again with: ftexp reproduce places --verify\n"
    experiments = copy_of_finished.project.path / "experiments"
    assert sorted(p.name for p in (experiments / "places").iterdir()) == ["config.yaml", "metrics.json", "report.md"]
    assert not any(place in text_of(experiments) for place in PLACES)
    assert "| [places](places/report.md) | Answer questions about places. | 1 | chat/loss 4.734 |" in text_of(experiments)
    report = (experiments / "places" / "report.md").read_text(encoding="utf-8")
    assert "| chat/loss | 6.749 | 6.633 | 4.734 | -2.015 [-2.249, -1.781] |" in report
    assert "9 test items" in report and "(licence not stated)" in report


def test_with_text_the_examples_are_those_of_the_run_though_the_file_has_changed(copy_of_finished) -> None:
    chats = copy_of_finished.project.path / "chats.jsonl"
    before = set(chats.read_text(encoding="utf-8").splitlines())
    chats.write_text(chats.read_text(encoding="utf-8").replace("nine", "ten"), encoding="utf-8")
    assert ftexp("freeze", "last", "places", "--with-text").code == 0
    data = copy_of_finished.project.path / "experiments" / "places" / "data"
    assert set(text_of(data).splitlines()) == before


def test_with_text_data_that_is_lost_is_refused_and_nothing_is_written(copy_of_finished) -> None:
    import shutil

    project = copy_of_finished.project.path
    (project / "chats.jsonl").unlink()
    shutil.rmtree(project / ".ftexp" / "data")
    said = ftexp("freeze", "last", "places", "--with-text")
    assert (said.code, said.err.startswith("ftexp: chats: has changed since, and no copy is left")) == (4, True)
    assert not (project / "experiments").exists()


def test_force_writes_anew_and_keeps_the_analysis(copy_of_finished) -> None:
    assert ftexp("freeze", "last", "places").code == 0
    report = copy_of_finished.project.path / "experiments" / "places" / "report.md"
    written = report.read_text(encoding="utf-8")
    report.write_text("lost\n## Analysis\n\nThe loss falls.\n", encoding="utf-8")
    assert ftexp("freeze", "last", "places").code == 2
    for _ in range(2):
        assert ftexp("freeze", "last", "places", "--force").code == 0
        assert report.read_text(encoding="utf-8") == written + "## Analysis\n\nThe loss falls.\n"


def test_forced_without_text_the_examples_of_the_record_before_are_gone(copy_of_finished) -> None:
    data = copy_of_finished.project.path / "experiments" / "places" / "data"
    assert (ftexp("freeze", "last", "places", "--with-text").code, data.is_dir()) == (0, True)
    assert (ftexp("freeze", "last", "places", "--force").code, data.is_dir()) == (0, False)


def test_a_broken_record_beside_it_is_named(copy_of_finished) -> None:
    broken = copy_of_finished.project.path / "experiments" / "broken" / "metrics.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{", encoding="utf-8")
    said = ftexp("freeze", "last", "places")
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert "broken/metrics.json: " in said.err


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", "", "a b"])
def test_a_name_that_is_no_folder_of_its_own_is_refused(name: str, finished) -> None:
    said = ftexp("freeze", "last", name)
    assert (said.code, said.err) == (2, f"ftexp: name: found {name!r}, expected letters, digits, _, - and .\n")


def test_a_run_that_has_not_finished_is_refused(copy_of_finished) -> None:
    copy_run(State(copy_of_finished.project.path).journal, copy_of_finished.said.run, "bbb", state="interrupted")
    said = ftexp("freeze", "bbb", "places")
    assert (said.code, said.err) == (2, "ftexp: run bbb: has no result, it is interrupted; expected a finished one\n")
