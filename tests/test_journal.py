from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ftexp.cost import Rate
from ftexp.errors import StateError
from ftexp.journal import CellRow, Journal, SweepRow


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.db")


def with_run(journal: Journal, run: str = "r", name: str = "name") -> Journal:
    journal.open_run(run, name, "experiment", "{}", "{}")
    return journal


def reopened(journal: Journal) -> Journal:
    journal.close()
    return Journal(journal.path)


def state_of(journal: Journal, run: str = "r") -> str:
    row = journal.run(run)
    assert row
    return row.state


def test_a_result_is_there_once_the_step_has_ended(journal: Journal) -> None:
    journal.intend("key", "train", "inputs", 1)
    assert journal.result("key") is None
    journal.conclude("key", "done")
    assert reopened(journal).result("key") == "done"
    assert Journal(journal.path).result("another") is None


def test_a_step_begun_again_keeps_its_result(journal: Journal) -> None:
    journal.intend("key", "train", "inputs", 1)
    journal.conclude("key", "done")
    journal.intend("key", "train", "inputs", 1)
    assert journal.result("key") == "done"


def test_the_result_of_a_runs_step_is_found_by_its_name(journal: Journal) -> None:
    with_run(journal).intend("key", "train", "inputs", 1)
    journal.conclude("key", "done")
    journal.add_step("r", "train", "key")
    assert journal.step_of("r", "train") == "done"
    assert journal.step_of("r", "score") is None


def test_an_event_is_told_once(journal: Journal) -> None:
    with_run(journal)
    for body in ("first", "again"):
        journal.emit("r", [("figures/1", body)])
    assert [e.body for e in journal.untold("r")] == ["first"]
    assert journal.emitted("r") == 1


def test_what_was_told_is_not_told_again(journal: Journal) -> None:
    with_run(journal)
    for n in range(3):
        journal.emit("r", [(str(n), str(n))])
    journal.mark_told("r", journal.untold("r")[1].id)
    assert [e.body for e in journal.untold("r")] == ["2"]
    journal.mark_told("r", journal.untold("r")[0].id)
    assert not journal.has_untold("r")


def test_events_belong_to_a_run_on_record(journal: Journal) -> None:
    with pytest.raises(StateError, match="FOREIGN KEY"):
        journal.emit("nobody", [("ident", "body")])


def test_a_failed_run_can_be_taken_up_again_and_a_finished_one_stays_finished(journal: Journal) -> None:
    with_run(journal).end_run("r", "failed", error="why")
    assert (state_of(journal), journal.runs()[0].error) == ("failed", "why")
    with_run(journal)
    assert (state_of(journal), journal.runs()[0].error) == ("running", None)
    journal.end_run("r", "finished", record="{}")
    with_run(journal).end_run("r", "failed", error="late")
    assert (state_of(journal), journal.runs()[0].record) == ("finished", "{}")


def test_runs_come_in_the_order_they_began(journal: Journal) -> None:
    for run in ("b", "a", "c"):
        with_run(journal, run)
    with_run(journal, "b")
    assert [r.id for r in journal.runs()] == ["b", "a", "c"]
    assert journal.run("nobody") is None


def test_a_measured_rate_is_replaced_by_the_next_and_the_slowest_and_fastest_stay(journal: Journal) -> None:
    assert journal.throughput("work") is None
    journal.measured("work", 100)
    journal.measured("work", 300)
    journal.measured("work", 200)
    assert journal.throughput("work") == Rate(slowest=100, latest=200, fastest=300)


def write_text(path: Path) -> None:
    path.write_text("not a database, though long enough to be looked at " * 100, encoding="utf-8")


def write_foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE guests (name TEXT)")
    db.close()


def write_newer(path: Path) -> None:
    Journal(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()


UNUSABLE = {
    "text": (write_text, "journal.db: the journal can't be used .file is not a database.*move it away"),
    "foreign": (write_foreign, "a database, but not ftexp's"),
    "newer": (write_newer, r"journal.db: written by a newer version of ftexp \(format 99, this one reads 4\)"),
    "directory": (Path.mkdir, "unable to open database file"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_file_that_is_no_journal_of_ours_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    write, message = UNUSABLE[case]
    write(tmp_path / "journal.db")
    with pytest.raises(StateError, match=message) as caught:
        Journal(tmp_path / "journal.db")
    assert len(caught.value.faults) == 1


def test_a_foreign_database_is_left_as_it_was(tmp_path: Path) -> None:
    write_foreign(tmp_path / "journal.db")
    before = (tmp_path / "journal.db").read_bytes()[100:]  # the header says which journal mode it was opened in
    with pytest.raises(StateError):
        Journal(tmp_path / "journal.db")
    assert (tmp_path / "journal.db").read_bytes()[100:] == before


def test_a_journal_broken_inside_is_one_state_error(journal: Journal) -> None:
    for n in range(200):
        with_run(journal, str(n), "x" * 200)
    journal.close()
    data = journal.path.read_bytes()
    journal.path.write_bytes(data[:8192] + b"\xff" * (len(data) - 8192))
    with pytest.raises(StateError, match=r"the journal can't be used .*malformed"):
        Journal(journal.path).runs()


def test_a_locked_journal_is_one_state_error(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = sqlite3.connect(journal.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    connect = sqlite3.connect

    def impatient(path: Path, timeout: float, **options: Any) -> sqlite3.Connection:
        return connect(path, timeout=0.01, **options)

    monkeypatch.setattr(sqlite3, "connect", impatient)
    opened = Journal(journal.path)  # to read, nobody has to wait
    with pytest.raises(StateError, match=r"the journal can't be used .database is locked"):
        with_run(opened)
    opened.close()
    holder.close()


def test_threads_that_open_a_new_journal_together_all_can(tmp_path: Path) -> None:
    def opened(path: Path) -> None:
        together.wait()
        Journal(path).close()

    for number in range(60):
        together = threading.Barrier(6)
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(opened, [tmp_path / f"{number}.db"] * 6)) == [None] * 6


def test_a_journal_that_found_the_disk_full_goes_on_when_there_is_space(journal: Journal) -> None:
    with_run(journal)
    (pages,) = journal._db.execute("PRAGMA page_count").fetchone()
    journal._db.execute(f"PRAGMA max_page_count={pages}")
    for _ in range(2):
        with pytest.raises(StateError, match="the disk is full; free some space, then the same command goes on"):
            journal.emit("r", [("text/a", "x" * 100_000)])
        with pytest.raises(StateError, match="the disk is full"):
            journal.intend("key", "train", "x" * 100_000, 1)
    journal._db.execute("PRAGMA max_page_count=100000")
    journal.emit("r", [("text/a", "whole")])
    assert [e.body for e in journal.untold("r")] == ["whole"]


def test_a_thread_that_tells_stays_out_of_the_transaction_of_another(journal: Journal) -> None:
    with_run(journal)
    failed: list[BaseException] = []

    def emit(who: int) -> None:
        try:
            for n in range(50):
                journal.emit("r", [(f"{who}/{n}", "body")])
                journal.mark_told("r", n)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=emit, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, journal.emitted("r")) == ([], 200)


@pytest.mark.parametrize("format", [1, 2])
def test_a_journal_of_an_earlier_format_is_taken_over_with_its_runs_and_rates(format: int, tmp_path: Path) -> None:
    from ftexp.journal import _FORMATS

    path = tmp_path / "journal.db"
    with sqlite3.connect(path, isolation_level=None) as db:
        for statements in _FORMATS[:format]:
            for statement in statements.strip().removesuffix(";").split(";\n"):
                db.execute(statement)
        db.execute(f"PRAGMA user_version={format}")
        db.execute("INSERT INTO throughput VALUES ('work', 100, 1)")
        columns = "id, name, experiment, state, config, started_at, tracking"
        db.execute(f"INSERT INTO runs ({columns}) VALUES ('old', 'name', 'experiment', 'finished', '{{}}', 1, '{{}}')")
        db.execute("INSERT INTO steps (key, name, started_at, result) VALUES ('key', 'train', 1, 'done')")
    db.close()
    journal = Journal(path)
    assert [(r.id, r.kind, r.driver) for r in journal.runs()] == [("old", "run", None)]
    assert journal.result("key") == "done"
    assert journal.throughput("work") == Rate(slowest=100, latest=100, fastest=100)
    assert journal.reserve("budget", "usd", "old", {"key": 1}, limit=1)


def test_a_step_knows_the_other_version_of_its_code(journal: Journal) -> None:
    journal.intend("old", "train", "inputs", 1)
    assert journal.other_version("inputs", 2) is None, "it has no result"
    journal.conclude("old", "done")
    assert (journal.other_version("inputs", 2), journal.other_version("inputs", 1), journal.other_version("others", 2)) == (1, None, None)


def test_a_sweep_is_written_down_once(journal: Journal) -> None:
    cells = [CellRow(1, "a", "{}"), CellRow(2, "b", "{}")]
    for started_at in (1.0, 2.0):
        journal.open_sweep(SweepRow("s", "[]", "basic", 1, None, started_at), cells)
    assert [s.started_at for s in journal.sweeps()] == [1.0]
    assert reopened(journal).cells("s") == cells
    assert Journal(journal.path).cells("another") == []


def test_the_events_of_several_runs_are_found_by_how_they_begin(journal: Journal) -> None:
    for run in ("r", "s", "t"):
        with_run(journal, run).emit(
            run, [("input/test", f"{run} test"), ("input/train", f"{run} train"), ("inputs", "no"), ("params", "no")]
        )
    assert journal.bodies(["r", "s", "nobody"], "input/") == {"r": ["r test", "r train"], "s": ["s test", "s train"]}


def test_runs_are_found_by_their_ids_in_the_order_asked_for(journal: Journal) -> None:
    for run in ("a", "b", "c"):
        with_run(journal, run)
    assert [row.id for row in journal.runs_of(["c", "nobody", "a"])] == ["c", "a"]


def test_whether_a_condition_holds_for_any_run_is_told(journal: Journal) -> None:
    with_run(journal)
    assert journal.holds("name=?", ("name",)) and not journal.holds("name=?", ("other",))
