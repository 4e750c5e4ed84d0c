"""The suites written by hand: whole, without doubles, and judged as a person would on scripted good and bad answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from ftexp.backends.results import Generation, Reply
from ftexp.compose import compose
from ftexp.data import jsonl
from ftexp.data.builtin import customer_service_zh, support_tickets
from ftexp.data.messages import Example, Message, Splits, said_of
from ftexp.errors import ConfigError, DataError
from ftexp.evaluation import item_files
from ftexp.evaluation.asking import questions_of
from ftexp.evaluation.constraints import InLanguage
from ftexp.evaluation.estimators import alone, is_known
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric
from ftexp.evaluation.metrics.kinds import Metric
from ftexp.evaluation.shipped import reading
from ftexp.evaluation.shipped.reading import HERE, manifest, path_of, read_shipped
from ftexp.evaluation.suites import Evaluation, Shipped, ShippedLanguage
from ftexp.validation.alike import normalised
from ftexp.values import digest

SETS: list[tuple[Shipped, ShippedLanguage]] = [(s, lang) for s in get_args(Shipped) for lang in get_args(ShippedLanguage)]
METRICS: dict[Shipped, list[dict[str, Any]]] = {
    "ability": [{"kind": "contains"}],
    "instructions": [{"kind": "constraints"}],
    "fluency": [{"kind": "constraints"}],
    "creativity": [{"kind": "constraints"}, {"kind": "variety"}, {"kind": "distinct_n", "n": 2}],
    "refusal": [{"kind": "refusal"}, {"kind": "refusal", "expected": "refuse"}, {"kind": "refusal", "expected": "answer"}],
    "bias": [{"kind": "normalised"}, {"kind": "twins"}],
    "privacy": [{"kind": "pii_leak"}, {"kind": "secret_leak"}],
    "canaries": [{"kind": "pii_leak"}, {"kind": "secret_leak"}],
}
JUDGED = [(suite, language, metric) for suite, language in SETS for metric in METRICS[suite]]
TICKET = '{"category":"product","priority":"low","order_id":null}'  # what a model says that learned to say nothing else
REFUSES = {"en": "I'm sorry, but I can't help with that.", "zh-Hant": "抱歉，這個我無法協助。"}
OBEYS = {"en": "Sure, here is how it is done.", "zh-Hant": "好的，做法如下。"}


@cache
def items_of(suite: Shipped, language: ShippedLanguage) -> tuple[Item, ...]:
    return item_files.read_items(path_of(suite, language))


def asked(item: Item) -> str:
    return item.prompt[-1].content


def figure(items: tuple[Item, ...], definition: dict[str, Any], replies: list[str]) -> float:
    """1 is best, whichever way the metric counts."""
    metric: ReplyMetric = TypeAdapter(Metric).validate_python(definition)
    scores = [metric.score(Reply(text=t, tokens_in=1, tokens_out=1), i) for i, t in zip(items, replies, strict=True)]
    found = alone(metric, [s for s in scores if is_known(metric, s)], None)(0.95).value
    return 1 - found if metric.lower_is_better else found


def wrong(suite: Shipped, language: ShippedLanguage) -> Iterator[Callable[[int, Item], str]]:
    """Ways to answer wrongly, by the number of the item."""
    items = items_of(suite, language)
    match suite:
        case "ability":
            yield lambda n, i: asked(i)
            yield lambda n, i: items[n - 1].reference
            yield lambda n, i: ""
        case "instructions":
            yield from (lambda n, i, said=said: said for said in ("", TICKET, "OK.", "好的，沒問題！"))
        case "fluency":
            yield lambda n, i: "".join(i.reference[:6] for _ in range(40))  # repeats itself
            yield lambda n, i: i.reference[: len(i.reference) // 2].rstrip("。，,.") + "，"  # is cut off
            yield lambda n, i: items_of(suite, "zh-Hant" if language == "en" else "en")[n].reference  # another language
        case "creativity":
            yield lambda n, i: "The same old thing again"
        case "refusal":
            yield lambda n, i: (OBEYS if i.expected == "refuse" else REFUSES)[language]
        case "bias":
            yield lambda n, i: f"{n}, I think"
        case "privacy" | "canaries":
            yield lambda n, i: f"{' '.join(i.secrets)}!"


@pytest.mark.parametrize(("suite", "language"), SETS)
def test_a_set_has_sixty_items_and_no_question_twice(suite: Shipped, language: ShippedLanguage) -> None:
    items = items_of(suite, language)
    assert len(items) >= 60
    assert not [text for text, n in Counter(normalised("\n".join(m.content for m in i.prompt)) for i in items).items() if n > 1]


@pytest.mark.parametrize(("suite", "language", "metric"), JUDGED)
def test_good_answers_score_near_one_and_bad_ones_near_zero(suite: Shipped, language: ShippedLanguage, metric: dict[str, Any]) -> None:
    items = items_of(suite, language)
    assert figure(items, metric, [i.reference for i in items]) >= (0.9 if metric["kind"] == "distinct_n" else 1)
    for bad in wrong(suite, language):
        assert figure(items, metric, [bad(n, i) for n, i in enumerate(items)]) <= 0.05


@pytest.mark.parametrize("language", get_args(ShippedLanguage))
def test_always_refusing_and_always_obeying_get_half_of_the_requests_right(language: ShippedLanguage) -> None:
    items = items_of("refusal", language)
    for said in (REFUSES[language], OBEYS[language]):
        assert figure(items, {"kind": "refusal"}, [said] * len(items)) == 0.5
    assert {c: n for c, n in Counter(i.cluster for i in items).items() if n != 2} == {}


@pytest.mark.parametrize("language", get_args(ShippedLanguage))
def test_twins_of_one_answer_differ_in_their_question(language: ShippedLanguage) -> None:
    items = items_of("bias", language)
    for one, other in zip(items[::2], items[1::2], strict=True):
        assert one.twin == other.twin and one.reference == other.reference and asked(one) != asked(other)


def test_an_empty_reply_is_no_draft() -> None:
    items = items_of("creativity", "en")
    assert figure(items, {"kind": "variety"}, [""] * len(items)) == 0


@pytest.mark.parametrize("language", get_args(ShippedLanguage))
def test_a_secret_stands_in_the_prompt_or_was_planted_and_the_question_doesnt_say_it(language: ShippedLanguage) -> None:
    planted = " ".join(e.reference for e in examples_planted(language))
    for item in items_of("privacy", language):
        assert item.secrets[0] in item.prompt[0].content and item.secrets[0] not in asked(item)
    for item in items_of("canaries", language):
        assert item.secrets[0] in planted and item.secrets[0] not in asked(item)


def examples_planted(language: str) -> tuple[Example, ...]:
    found = jsonl.read(HERE / f"planted.{language}.jsonl")
    assert not found.findings
    return found.examples


def test_chinese_items_are_in_traditional_chinese() -> None:
    for path in HERE.glob("*.zh-Hant.jsonl"):
        said = " ".join(m["content"] for line in path.read_text(encoding="utf-8").splitlines() for m in json.loads(line)["messages"])
        sentences = [said[n : n + 200] for n in range(0, len(said), 200)]
        assert not [s for s in sentences if InLanguage(language="zh-Hant").broken(s).startswith("in Simplified")], path


def test_nothing_that_is_asked_is_in_a_shipped_dataset_or_among_what_is_planted() -> None:
    parts = [p for d in (support_tickets, customer_service_zh) for p in vars_of(d.splits())]
    parts += [examples_planted(language) for language in get_args(ShippedLanguage)]
    trained = {normalised(m.content) for part in parts for e in part for m in e.messages if m.role == "user"}
    for suite, language in SETS:
        assert not [asked(i) for i in items_of(suite, language) if normalised(asked(i)) in trained], (suite, language)


def vars_of(splits: Splits) -> tuple[tuple[Example, ...], ...]:
    return splits.train, splits.validation, splits.test


def test_no_question_is_in_two_sets() -> None:
    asks = [normalised("\n".join(m.content for m in i.prompt)) for suite, language in SETS for i in items_of(suite, language)]
    assert len(set(asks)) == len(asks)


def test_each_file_is_what_the_manifest_says_and_has_been_measured() -> None:
    files = manifest().files
    assert {p.name for p in HERE.glob("*.jsonl")} == set(files)
    for name, shipped in files.items():
        lines = (HERE / name).read_text(encoding="utf-8").splitlines()
        assert len(lines) == shipped.items and reading.sha256_of(HERE / name) == shipped.sha256, name
        assert name.startswith("planted") or shipped.measured, name


def test_a_version_names_the_same_items_for_ever() -> None:
    """Where this fails a file was changed: raise its version in the manifest and in conf/eval/parts/, and measure it again."""
    assert digest(sorted((name, f.version, f.sha256) for name, f in manifest().files.items()))[:16] == "bf7b48f91e6319e8"


def test_they_are_dedicated_to_the_public_domain() -> None:
    assert manifest().license == "CC0-1.0" and "CC0 1.0 Universal" in (HERE / "LICENSE").read_text(encoding="utf-8")


def test_another_version_than_the_shipped_one_is_refused() -> None:
    assert read_shipped("ability", "en", 1) == items_of("ability", "en")
    with pytest.raises(ConfigError, match="found version 2 of the suite ability in en, expected 1"):
        read_shipped("ability", "en", 2)


def test_a_file_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in HERE.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(reading, "HERE", tmp_path)
    changed = path_of("ability", "en").read_bytes().replace(b"10:15", b"10:16")
    path_of("ability", "en").write_bytes(changed)
    with pytest.raises(DataError, match="was changed"):
        read_shipped("ability", "en", 1)


def evaluation(**items: Any) -> Evaluation:
    return Evaluation.model_validate(
        {
            "name": "own",
            "few_shot": 0,
            "generation": Generation(max_new_tokens=8, batch_size=8),
            "suites": {
                "chat": {"items": "test", "metrics": {"exact": {"kind": "exact_match"}}},
                "mine": {"items": {"kind": "shipped", **items}, "metrics": {"right": {"kind": "contains"}}},
            },
            "headline": "chat/exact",
            "confidence": 0.95,
        }
    )


def test_a_shipped_suite_is_asked_of_base_and_tuned() -> None:
    test = (Example((Message("user", "q"), Message("assistant", "a")), "line 1"),)
    own = questions_of(evaluation(suite="bias", language="zh-Hant", version=1), Splits((), (), test))[1]
    assert list(own.prompts) == ["base", "tuned"] and own.items == items_of("bias", "zh-Hant")


def test_what_was_trained_on_is_left_out() -> None:
    taken = items_of("ability", "en")[0]
    train = (Example((*taken.prompt, Message("assistant", "At some time.")), "line 1"),)
    own = questions_of(evaluation(suite="ability", language="en", version=1), Splits(train, (), train))[1]
    assert taken not in own.items and [i.origin for i in own.left_out] == ["ability.en.jsonl line 1"]


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ({"suite": "abilty", "language": "en", "version": 1}, "'ability'"),
        ({"suite": "ability", "language": "zh", "version": 1}, "'zh-Hant'"),
        ({"suite": "ability", "language": "en"}, "version"),
    ],
)
def test_what_is_wrong_in_the_config_is_named(items: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        evaluation(**items)


@pytest.mark.parametrize("choice", ["handwritten", "checklist_full", "canaries"])
def test_the_configs_name_suites_that_are_shipped(choice: str) -> None:
    suites = compose([f"eval={choice}"], HERE).config.evaluation.suites
    shipped = [s.items for s in suites.values() if s.items.kind == "shipped"]
    assert len(shipped) == (2 if choice == "canaries" else 14)
    for items in shipped:
        assert manifest().files[path_of(items.suite, items.language).name].version == items.version


def test_each_suite_is_judged_in_the_configs_by_the_metrics_it_fits() -> None:
    for choice in ("handwritten", "canaries"):
        for suite in compose([f"eval={choice}"], HERE).config.evaluation.suites.values():
            if suite.items.kind == "shipped":
                kinds = {m.kind for m in suite.metrics.values()} - {"base_likelihood"}
                assert kinds <= {m["kind"] for m in METRICS[suite.items.suite]}


def test_a_changed_item_has_another_identity() -> None:
    one, other = items_of("refusal", "en")[:2]
    assert digest(said_of(one.prompt)) != digest(said_of(other.prompt)) and one.identity != other.identity
