from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import chat, chats

from ftexp.data.dataset import Split
from ftexp.data.messages import Example, Splits
from ftexp.data.split import split

SHARES = Split(validation=0.15, test=0.15, seed=0)
FILES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), min_size=10, max_size=40).map(
    lambda pairs: [chat(f"question {q}", f"answer {a}", f"line {n}") for n, (q, a) in enumerate(pairs, start=1)]
)
SEEDS = st.builds(Split, validation=st.just(0.15), test=st.floats(0.05, 0.5), seed=st.integers(0, 5))


def parted(examples: list[Example], shares: Split = SHARES) -> Splits:
    return split(examples, shares, validation=True, test=True)


def parts(splits: Splits) -> list[tuple[Example, ...]]:
    return [splits.train, splits.validation, splits.test]


@settings(deadline=None)
@given(FILES, SEEDS, st.booleans(), st.booleans())
def test_nothing_is_lost_and_nothing_stands_in_two_parts(examples: list[Example], shares: Split, validation: bool, test: bool) -> None:
    lines = [e.origin for part in parts(split(examples, shares, validation, test)) for e in part]
    assert sorted(lines) == sorted(e.origin for e in examples)


@settings(deadline=None)
@given(FILES, SEEDS)
def test_examples_with_one_prompt_stay_together(examples: list[Example], shares: Split) -> None:
    train, validation, test = ({e.prompt for e in part} for part in parts(parted(examples, shares)))
    assert not (train & validation or train & test or validation & test)


@settings(deadline=None)
@given(FILES, st.randoms(use_true_random=False))
def test_reordering_the_file_moves_no_example_to_another_part(examples: list[Example], random: Random) -> None:
    shuffled = random.sample(examples, len(examples))
    assert [set(part) for part in parts(parted(shuffled))] == [set(part) for part in parts(parted(examples))]


@settings(deadline=None)
@given(FILES)
def test_each_part_keeps_the_order_of_the_file(examples: list[Example]) -> None:
    position = {e.origin: n for n, e in enumerate(examples)}
    for part in parts(parted(examples)):
        assert [position[e.origin] for e in part] == sorted(position[e.origin] for e in part)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_the_seed_decides_which_examples_go_where(seed: int) -> None:
    shares = SHARES.model_copy(update={"seed": seed})
    another = SHARES.model_copy(update={"seed": seed + 1})
    examples = list(chats(60))
    assert parted(examples, shares) == parted(examples, shares)
    assert parted(examples, shares) != parted(examples, another)


def test_a_line_more_moves_few_others() -> None:
    before = parted(list(chats(60)))
    after = parted([*chats(60), chat("a new question", "a new answer", "new")])
    moved = sum(len(set(b) - set(a)) for b, a in zip(parts(before), parts(after), strict=True))
    assert moved <= 2


@pytest.mark.parametrize(("test", "validation"), [(0.15, 0.15), (0.5, 0.25), (0.1, 0.3)])
def test_the_shares_are_met(test: float, validation: float) -> None:
    splits = parted(list(chats(60)), Split(test=test, validation=validation, seed=0))
    assert (len(splits.test), len(splits.validation)) == (round(60 * test), round(60 * validation))


def test_a_part_that_is_not_asked_for_is_empty_and_one_that_is_never() -> None:
    neither = split(chats(10), SHARES, validation=False, test=False)
    assert (len(neither.train), neither.validation, neither.test) == (10, (), ())
    small = parted(list(chats(10)), Split(test=0.01, validation=0.01, seed=0))
    assert (len(small.test), len(small.validation)) == (1, 1)


def test_the_test_part_does_not_depend_on_whether_a_validation_part_is_cut() -> None:
    with_validation, without = (split(chats(60), SHARES, validation=v, test=True) for v in (True, False))
    assert with_validation.test == without.test
