from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import PLACES, Said, chats, ftexp, in_project, write_chats

from ftexp.compose import compose
from ftexp.errors import ExitCode
from ftexp.evaluation.metrics.labels import Label
from ftexp.new_project.answers import answers_of

LABELS = [
    {"text": f"The parcel to {place} number {n} is {state}.", "label": state}
    for n in range(12)
    for place in PLACES
    for state in ("late", "lost")
]


@pytest.fixture
def here(tmp_path: Path):
    with in_project(tmp_path):
        yield tmp_path


def init(*words: str) -> Said:
    return ftexp("init", *words)


def commands(said: Said) -> list[list[str]]:
    return [line.strip().split("  ")[0].split()[1:] for line in said.out.splitlines() if line.strip().startswith("ftexp ")]


def write_lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_without_data_it_is_ready_to_be_tried(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = init("project")
    assert said.code == 0 and "put yours there" in said.out, said.err
    monkeypatch.chdir(here / "project")
    assert [words[0] for words in commands(said)] == ["check", "plan", "run"]
    for words in commands(said)[:2]:
        assert ftexp(*words).code == 0
    assert ".ftexp/" in Path(".gitignore").read_text(encoding="utf-8")


def test_ones_own_chats_are_copied_and_judged_as_free_text(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_chats(here / "Places 2.jsonl")
    said = init("project", "--data", "Places 2.jsonl")
    assert said.code == 0 and "free text" in said.out, said.err
    monkeypatch.chdir(here / "project")
    config = compose(["experiment=places_2"], Path.cwd()).config
    assert (config.dataset.name, config.evaluation.name) == ("places_2", "chat")
    assert Path("Places 2.jsonl").read_bytes() == (here / "Places 2.jsonl").read_bytes()
    assert ftexp("check", "experiment=places_2").code == 0


def test_a_table_of_labels_is_judged_by_its_labels(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "parcels.csv").write_text("text,label\n" + "".join(f"{row['text']},{row['label']}\n" for row in LABELS), encoding="utf-8")
    said = init("project", "--data", "parcels.csv")
    assert said.code == 0 and "2 labels" in said.out, said.err
    monkeypatch.chdir(here / "project")
    metric = compose(["experiment=parcels"], Path.cwd()).config.evaluation.headline_metric
    assert isinstance(metric, Label) and metric.labels == ("late", "lost")


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        ({"conversations": [{"from": "human", "value": "How is {}?"}, {"from": "gpt", "value": "Fine in {}."}]}, "sharegpt"),
        ({"instruction": "How is {}?", "output": "Fine in {}."}, "alpaca"),
    ],
)
def test_other_formats_are_recognised(element: dict[str, object], kind: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{place} {n}" for n in range(5) for place in PLACES]
    write_lines(here / "mine.json", [json.loads(json.dumps(element).replace("{}", text)) for text in texts])
    said = init("project", "--data", "mine.json")
    assert said.code == 0, said.err
    monkeypatch.chdir(here / "project")
    assert compose(["experiment=mine"], Path.cwd()).config.dataset.kind == kind


def test_preference_pairs_are_for_preference_training(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = {"input": {"messages": [{"role": "user", "content": "?"}]}, "preferred_output": [{"role": "assistant", "content": "Yes, {}."}]}
    pair["non_preferred_output"] = [{"role": "assistant", "content": "No."}]
    write_lines(
        here / "pairs.jsonl",
        [json.loads(json.dumps(pair).replace("?", f"Is {e.prompt[0].content}?").replace("{}", e.reference)) for e in chats(40)],
    )
    assert init("project", "--data", "pairs.jsonl").code == 0
    monkeypatch.chdir(here / "project")
    assert compose(["experiment=pairs"], Path.cwd()).config.training.method == "dpo"


def test_a_name_of_a_shipped_file_is_not_hidden(here: Path) -> None:
    write_chats(here / "chat.jsonl")
    assert "experiment=my_chat" in init("project", "--data", "chat.jsonl").out
    assert init("other", "--data", "chat.jsonl", "--name", "jsonl").code == ExitCode.USAGE


def test_nothing_is_overwritten_and_the_same_again_is_no_fault(here: Path) -> None:
    assert init("project").code == 0
    experiment = here / "project" / "conf" / "experiment" / "my_tickets.yaml"
    assert init("project").code == 0
    experiment.write_text(experiment.read_text(encoding="utf-8").replace("goal: null", "goal: Mine."), encoding="utf-8")
    said = init("project")
    assert said.code == ExitCode.USAGE and "nothing is overwritten" in said.err and "goal: Mine." in experiment.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"not json\n", "begins with no JSON object"),
        (b'{"question": "a", "reply": "b"}\n', "the first example has the keys question, reply"),
        (b'{"messages": []}\n' * 20, "line 1"),
        (b"", "empty"),
    ],
)
def test_data_that_can_not_be_used_is_told_and_nothing_is_made(content: bytes, told: str, here: Path) -> None:
    (here / "mine.jsonl").write_bytes(content)
    said = init("project", "--data", "mine.jsonl")
    assert said.code == ExitCode.REFUSED and told in said.err and not (here / "project").exists(), said.err


def test_columns_that_nobody_can_tell_are_asked_for(here: Path) -> None:
    (here / "mine.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    said = init("project", "--data", "mine.csv")
    assert said.code == ExitCode.REFUSED and "has the columns a, b" in said.err and "dataset.columns.prompt=NAME" in said.err


def test_a_missing_file_is_one_message(here: Path) -> None:
    said = init("project", "--data", "nowhere.jsonl")
    assert said.code == ExitCode.REFUSED and "nowhere.jsonl: no such file" in said.err


def test_answers_are_told_apart_by_what_they_look_like() -> None:
    assert answers_of(['{"a": 1, "b": null}', '{"a": 2.5}']).fields == {"a": ("number",)}
    assert answers_of(["yes"] * 3 + ["no"] * 3).labels == ("no", "yes")
    assert answers_of(["yes"] * 3 + ["no"] * 2).kind == "text"
    assert answers_of(["Some words.", '{"a": 1}', "[1]"]).kind == "text"
