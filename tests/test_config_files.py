"""Every file in conf/ composes, is valid, and says what it is for."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from ftexp.compose import Composed, compose, config_directories
from ftexp.errors import ConfigError

CONF = Path(__file__).parent.parent / "conf"
CHOICES = [f"{path.parent.name}={path.stem}" for path in sorted(CONF.glob("*/*.yaml"))]
OWN_FILES = {f"dataset={kind}": ["dataset.path=mine"] for kind in ("jsonl", "table", "sharegpt", "alpaca")}
A_SERVICE = "model.provider.base_url=https://api.example.com/v1"
OWN_MODELS = {
    "model=local": ["model.provider.path=/models/mine"],
    "model=azure": [A_SERVICE],
    "model=compatible": [A_SERVICE, "model.provider.model=mine"],
}
TO_BE_GIVEN = OWN_FILES | OWN_MODELS


def composed(*words: str, here: Path = CONF.parent) -> Composed:
    return compose(words, here)


@pytest.mark.parametrize("choice", CHOICES)
def test_every_file_composes_and_is_valid(choice: str) -> None:
    group, _, option = choice.partition("=")
    assert composed(choice, *TO_BE_GIVEN.get(choice, [])).choices[group] == option


@pytest.mark.parametrize(("choice", "key"), [("dataset=jsonl", "dataset.path"), ("model=local", "model.provider.path")])
def test_a_value_that_must_be_given_is_asked_for(choice: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        composed(choice)
    assert [fault.split(";")[0] for fault in caught.value.faults] == [f"{key}: missing"]
    assert f"set it as {key}=VALUE" in caught.value.faults[0]


def test_every_file_begins_with_what_it_is_for() -> None:
    for path in CONF.rglob("*.yaml"):
        first = next(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("# @package"))
        assert first.startswith("# ") and len(first) > 20, path


def test_every_value_of_the_main_file_has_a_comment() -> None:
    lines = (CONF / "config.yaml").read_text(encoding="utf-8").splitlines()
    values = lines[lines.index("  - experiment: null") + 1 :]
    for above, line in pairwise(values):
        is_value = line and not line.lstrip().startswith("#") and not line.endswith(":")
        assert not is_value or "#" in line or above.lstrip().startswith("# "), line


@pytest.mark.parametrize(
    ("preset", "values"),
    [("small_dataset", (200, 5, 1, 0.5)), ("medium_dataset", (1001, 3, 4, 1.0)), ("large_dataset", (None, 2, 16, 1.5))],
)
def test_the_presets_are_those_of_the_guide(preset: str, values: tuple[int | None, int, int, float]) -> None:
    chosen = composed(f"preset={preset}").config.hyperparameters
    assert (chosen.below_examples, chosen.n_epochs, chosen.batch_size, chosen.learning_rate_multiplier) == values
    candidate = composed().config.hyperparameters.candidates[preset]
    assert (candidate.below_examples, candidate.n_epochs, candidate.batch_size, candidate.learning_rate_multiplier) == values


def test_without_a_word_it_is_the_small_local_model_on_support_tickets() -> None:
    assert composed().choices == {
        "checks": "standard",
        "dataset": "support_tickets",
        "eval": "tickets",
        "experiment": None,
        "model": "smollm2-135m",
        "preset": "auto",
        "prices": "openai",
        "tracking": "local",
    }


@pytest.mark.parametrize(
    ("words", "evaluation"),
    [
        (["dataset=support_tickets"], "tickets"),
        (["dataset=jsonl", "dataset.path=mine.jsonl"], "chat"),
        (["dataset=customer_service_zh"], "chat"),
        (["dataset=support_tickets", "eval=chat"], "chat"),
        (["experiment=quickstart", "eval=chat"], "chat"),
    ],
)
def test_the_evaluation_follows_the_dataset_unless_it_is_chosen(words: list[str], evaluation: str) -> None:
    assert composed(*words).config.evaluation.name == evaluation


def test_the_checklist_has_a_gate_for_every_line_the_tasks_own_first() -> None:
    gates = {choice: composed(f"eval={choice}").config.evaluation.gates for choice in ("checklist", "chat_checklist")}
    assert list(gates["checklist"])[:4] == ["task_accuracy", "format", "instruction_following", "token_use"]
    for line in ("General ability", "fluent", "Creativity", "safety boundary", "bias", "Personal data", "fast", "better", "long"):
        assert all(any(line in gate.line for gate in each.values()) for each in gates.values()), line


def test_the_quickstart_sets_a_name_and_a_goal() -> None:
    config = composed("experiment=quickstart").config
    assert (config.name, config.goal) == ("quickstart", "Turn a customer's message into a strict JSON ticket.")
    assert composed("experiment=quickstart", "name=mine").config.name == "mine"


def test_the_experiment_is_named_after_the_dataset_when_it_has_no_name() -> None:
    assert composed("dataset=jsonl", "dataset.path=a/my chats.jsonl").config.name == "my chats"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory of a difficult name with a `conf/` of its own: a further evaluation, and another file for a shipped dataset."""
    here = tmp_path / 'it\'s a "good" dir, #1 = 50% ${x}'
    for group in ("eval", "dataset"):
        (here / "conf" / group).mkdir(parents=True)
    chat = (CONF / "eval" / "chat.yaml").read_text(encoding="utf-8").replace("name: chat", "name: mine")
    (here / "conf" / "eval" / "mine.yaml").write_text(chat, encoding="utf-8")
    chinese = (CONF / "dataset" / "customer_service_zh.yaml").read_text(encoding="utf-8").replace("task_type: style", "task_type: domain")
    (here / "conf" / "dataset" / "customer_service_zh.yaml").write_text(chinese, encoding="utf-8")
    return here


def test_groups_are_looked_up_in_the_users_own_conf_first(project: Path) -> None:
    config = composed("eval=mine", "dataset=customer_service_zh", here=project).config
    assert (config.evaluation.name, config.dataset.task_type) == ("mine", "domain")


def test_what_the_users_own_conf_lacks_is_the_shipped_one(project: Path) -> None:
    assert composed("eval=chat", here=project).config.evaluation.name == "chat"
    with pytest.raises(
        ConfigError,
        match="expected one of canaries, chat, chat_checklist, checklist, checklist_full, handwritten, mine, tickets; did you mean mine",
    ):
        composed("eval=mne", here=project)


def test_the_shipped_conf_is_not_searched_twice() -> None:
    assert config_directories(CONF.parent) == [CONF]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name: [1", r"mine\.yaml"),
        (b"name: a\nname: b", r"found duplicate key name .*mine\.yaml"),
        (b"name: \xff", "UTF-8"),
        (b"name: ${seed", "seed"),
        (b"defaults:\n  - nothere\n", "nothere"),
        (b"- 1\n", "eval: found .*expected a group of keys"),
        (b"", "eval.name: missing"),
    ],
)
def test_a_broken_file_of_the_user_is_told_as_one(project: Path, content: bytes, message: str) -> None:
    (project / "conf" / "eval" / "mine.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        composed("eval=mine", here=project)


@pytest.mark.parametrize(
    ("examples", "preset"), [(199, "small_dataset"), (200, "medium_dataset"), (1000, "medium_dataset"), (1001, "large_dataset")]
)
def test_the_shipped_presets_meet_where_the_guide_says(examples: int, preset: str) -> None:
    from ftexp.presets import resolve

    picked, candidate = resolve(composed().config.hyperparameters, examples), composed(f"preset={preset}").config.hyperparameters
    assert picked.preset == preset
    assert (picked.n_epochs, picked.batch_size) == (candidate.n_epochs, candidate.batch_size)
