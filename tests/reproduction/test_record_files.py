from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import PLACES

from ftexp.data.dataset import BuiltinDataset
from ftexp.errors import ConfigError, FtexpError
from ftexp.reproduction.files import read, write
from ftexp.reproduction.finding import Found
from ftexp.reproduction.recorded import Recorded


def test_a_record_reads_back_to_the_last_bit(found: Found, record: Path) -> None:
    frozen = read(record)
    assert frozen.runs == (replace(found.runs[0], is_foreign=True),)
    assert frozen.metrics.launched == found.launched


def test_each_run_of_a_record_reads_back_as_it_was(found: Found, tmp_path: Path) -> None:
    (first,) = found.runs
    other = BuiltinDataset(
        kind="builtin", builtin="support_tickets", name="tickets", task_type="task", license=None, source=None, revision=None
    )
    models = {name: price.model_copy(update={"training": 1.0}) for name, price in first.config.prices.models.items()}  # gpt-4.1: dots
    prices = first.config.prices.model_copy(update={"models": models})
    inputs = replace(first.inputs, config={"seed": "1", "new": "two  spaces {and} [brackets]"}, splits={"train": "a" * 64}, code=None)
    config = first.config.model_copy(update={"dataset": other, "prices": prices, "goal": "a\nb  c"})
    runs = (first, replace(first, id="other", inputs=inputs, point={"seed": "1"}, config=config))
    write(tmp_path / "two", runs, found.launched, "", "2026-11-24")
    assert read(tmp_path / "two").runs == tuple(replace(run, is_foreign=True) for run in runs)


def test_a_word_of_the_command_stays_inside_of_its_comment(found: Found, tmp_path: Path) -> None:
    launched = found.launched.model_copy(update={"words": ("run", "goal=a\nruns: []")})
    write(tmp_path / "two", found.runs, launched, "", "2026-11-24")
    assert len(read(tmp_path / "two").runs) == 1


def test_no_text_of_an_example_or_an_answer_is_in_a_record(record: Path) -> None:
    for path in record.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not any(place in text for place in PLACES), path


def test_a_point_of_the_curve_is_a_line(found: Found, record: Path) -> None:
    lines = (record / "metrics.json").read_text(encoding="utf-8").splitlines()
    points = [json.loads(line.strip().rstrip(",")) for line in lines if line.strip().startswith('{"step"')]
    assert [p["step"] for p in points] == [p.step for p in found.runs[0].outcome.curve]


def test_what_runs_share_is_written_once(found: Found, tmp_path: Path) -> None:
    write(tmp_path / "one", found.runs, found.launched, "", "2026-11-24")
    write(tmp_path / "nine", found.runs * 9, found.launched, "", "2026-11-24")
    one, nine = (len((tmp_path / name / "metrics.json").read_bytes()) for name in ("one", "nine"))
    assert nine - one < 8 * 6000, "curve, scores and digests of six steps"


def test_a_seed_that_was_edited_by_hand_stands_beside_the_one_on_record(record: Path) -> None:
    edit(record, "\n  seed: 0\n", "\n  seed: 1\n")
    run: Recorded = read(record).runs[0]
    assert (run.config.seed, run.inputs.config["seed"]) == (1, "0")


def edit(record: Path, old: str, new: str, name: str = "config.yaml") -> None:
    text = (record / name).read_text(encoding="utf-8")
    assert old in text
    (record / name).write_text(text.replace(old, new, 1), encoding="utf-8")


SEED = "\n  seed: 0\n"
REFUSED = {
    "call": (SEED, "\n  seed: 0\n  _target_: os.system\n", "config.yaml: _target_: unknown key; "),
    "call inside": ("\n  prices:\n", "\n  prices:\n    _target_: os.system\n", "config.yaml: prices._target_: unknown key; "),
    "hydra": ("\nruns:", "\nhydra:\n  mode: MULTIRUN\nruns:", "config.yaml: hydra: unknown key; expected config and runs"),
    "hydra inside": (SEED, "\n  seed: 0\n  hydra: {}\n", "config.yaml: hydra: unknown key; expected one of"),
    "environment": (SEED, "\n  seed: ${oc.env:HOME}\n", "config.yaml: seed: found '${oc.env:HOME}'; expected a value, since nothing"),
    "environment as text": ("\n  goal: ", "\n  goal: ${oc.env:HOME}\n  #", "config.yaml: goal: found '${oc.env:HOME}'; expected a value"),
    "unknown": (SEED, "\n  seed: 0\n  sede: 1\n", "config.yaml: sede: unknown key; did you mean seed?"),
    "wrong type": (SEED, "\n  seed: many\n", 'config.yaml: seed: found "many", expected a whole number'),
    "no YAML": (SEED, "\n  seed: [\n", "config.yaml: can't be read ("),
    "object": (SEED, "\n  seed: !!python/object/apply:os.getcwd []\n", "config.yaml: can't be read ("),
    "no runs": ("\nruns:", "\nruns_of_it:", "config.yaml: found no config and runs; expected what ftexp freeze writes"),
    "run that is none": ("\n- {}", "\n- 3", "config.yaml: runs: found no group of keys"),
    "another run": ("\n- {}", "\n- {}\n- {}", "config.yaml has 2 runs, metrics.json 1; expected one for each"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_config_that_is_more_than_values_is_refused(case: str, record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.system", lambda *_: pytest.fail("called"))
    old, new, told = REFUSED[case]
    edit(record, old, new)
    with pytest.raises(ConfigError) as caught:
        read(record)
    (fault,) = caught.value.faults
    assert told in fault


BROKEN = {
    "no JSON": lambda path: path.write_text("{", encoding="utf-8"),
    "not UTF-8": lambda path: path.write_bytes(b"\xff"),
    "another format": lambda path: edit(path.parent, '"format": 1', '"format": 2', "metrics.json"),
    "another launcher": lambda path: edit(path.parent, '"launcher": "basic"', '"launcher": "mine"', "metrics.json"),
    "part that is gone": lambda path: edit(path.parent, '"splits": "splits-', '"splits": "splats-', "metrics.json"),
    "inputs of another kind": lambda path: edit(path.parent, '"revision": "', '"revised": "', "metrics.json"),
    "missing": Path.unlink,
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_record_is_one_message(case: str, record: Path) -> None:
    BROKEN[case](record / "metrics.json")
    with pytest.raises(FtexpError) as caught:
        read(record)
    (fault,) = caught.value.faults
    assert "metrics.json: " in fault and "expected" in fault and "\n" not in fault
