"""Checks of a dataset as a whole. Each is pure: a survey and thresholds give what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ftexp.data.messages import Example
from ftexp.validation import content, language
from ftexp.validation.checks import Checks
from ftexp.validation.counts import TaskType
from ftexp.validation.findings import Check, Finding, counted
from ftexp.validation.inside import tag_of
from ftexp.validation.near import Pairs, near_pairs
from ftexp.validation.report import SHOWN_OF_A_CHECK
from ftexp.validation.survey import SPLITS, Survey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]

TOO_FEW = Check(
    "size_too_few", "size", "error", "A file can be parted in training, validation and test only from ten examples on.", fixed=True
)
NO_SPLIT = Check("split_empty", "size", "error", "Every split needs an example; those with one prompt stay together.", fixed=True)
SIZE = Check("size_below_minimum", "size", "warning", "Fewer training examples than the task type takes seldom teach it.")
SERVICE = Check("size_below_service", "size", "warning", "Hosted services refuse to train on so few examples.")
SHARE = Check(
    "validation_share",
    "size",
    "warning",
    "A tenth to a fifth for validation: fewer judge badly, more are missing in training.",
)
INPUTS = Check("diversity_inputs", "diversity", "warning", "Where user inputs repeat, less is learned than the number of examples says.")
BEGINNING = Check("diversity_beginning", "diversity", "warning", "Inputs that all begin alike teach how to answer inputs that begin so.")
EXACT = Check("duplicate_exact", "duplicates", "warning", "The same example twice counts double and can't teach more.")
TYPED = Check("duplicate_normalised", "duplicates", "warning", "The same example but for case, width, white space or script of digits.")
NUMBERS = Check("duplicate_numbers", "duplicates", "warning", "The same example but for its numbers: filled from one template.")
NEAR = Check("duplicate_near", "duplicates", "warning", "Most words in common with an earlier example.")
NOT_LOOKED = Check(
    "near_not_looked_for", "duplicates", "warning", "Near-duplicates are looked for up to a number of examples (checks.near.most_examples)."
)
LEAK_EXACT = Check("leakage_exact", "leakage", "error", "An example that was trained on can't judge the training.")
LEAK_TYPED = Check("leakage_normalised", "leakage", "error", "An example that was trained on, but for case, width or white space.")
LEAK_PROMPT = Check("leakage_prompt", "leakage", "error", "A prompt that was trained on can't judge the training, whatever its answer.")
LEAK_INPUT = Check("leakage_input", "leakage", "warning", "The same user messages under other instructions.")
LEAK_NUMBERS = Check("leakage_numbers", "leakage", "warning", "The same prompt but for its numbers.")
LEAK_MADE = Check("leakage_made", "leakage", "error", "A row made from training rows can't judge the training.", fixed=True)
LEAK_NEAR = Check("leakage_near", "leakage", "warning", "Most words in common with an example of another split.")
CONFLICT = Check("label_conflict", "labels", "warning", "One prompt with different answers teaches to guess between them.")
BALANCE = Check("label_balance", "labels", "warning", "Rare classes are learned badly, and hardly weigh in a mean.")
UNJUDGED = Check("label_missing", "labels", "warning", "A class without a validation or test example isn't judged.")
UNTAUGHT = Check("label_untaught", "labels", "warning", "A class that isn't trained on can't be learned.")
LONG = Check("length_over_limit", "length", "warning", "What is longer than the model takes stops a run; services cut it in silence.")
CHECKS = (
    *(TOO_FEW, NO_SPLIT, SIZE, SERVICE, SHARE, INPUTS, BEGINNING, EXACT, TYPED, NUMBERS, NEAR, NOT_LOOKED),
    *(LEAK_EXACT, LEAK_TYPED, LEAK_PROMPT, LEAK_INPUT, LEAK_NUMBERS, LEAK_MADE, LEAK_NEAR, CONFLICT, BALANCE, UNJUDGED, UNTAUGHT, LONG),
)


@dataclass(frozen=True)
class Found:
    """`count` findings of one check, the first of them in words: where, and what."""

    check: Check
    count: int
    shown: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Limit:
    """How long an example may be for a model, and the key of the config that says so."""

    tokens: int
    key: str


@dataclass(frozen=True)
class Asked:
    """What the dataset is for. `is_cut`: so many examples of a split are asked for. `limit` is None where the model isn't known."""

    name: str
    task_type: TaskType
    is_cut: bool = False
    limit: Limit | None = None


@dataclass(frozen=True)
class Corpus:
    """A survey with its near pairs, which several checks look at."""

    survey: Survey
    checks: Checks
    asked: Asked
    near: Pairs | None = field(repr=False)

    @classmethod
    def of(cls, survey: Survey, checks: Checks, asked: Asked) -> Corpus:
        if survey.asked is None or survey.said is None:
            return cls(survey, checks, asked, None)
        found = [near_pairs(words, checks.near.jaccard, checks.near.fewest_words) for words in (survey.asked, survey.said)]
        return cls(survey, checks, asked, _either(*found))


def findings_of_all(corpus: Corpus) -> Iterator[Found]:
    """Every check of the whole, in the order of the report."""
    for check in (size, leakage, duplicates, labels, diversity, length, inside):
        yield from check(corpus)


def size(corpus: Corpus) -> Iterator[Found]:
    survey, limits, name = corpus.survey, corpus.checks.size, corpus.asked.name
    train, validation = survey.size(0), survey.size(1)
    counts = corpus.checks.counts.of(corpus.asked.task_type)
    if corpus.asked.is_cut:
        return
    if train < counts.minimum:
        advised = f"{counts.advised_from:,} to {counts.advised_to:,} are advised, {counts.best:,} are best"
        expected = f"expected at least {counts.minimum:,} for dataset.task_type={corpus.asked.task_type}"
        message = f"has {counted(train, 'training example')}; {expected} ({advised})"
        yield Found(SIZE, 1, [(name, message)])
    if train < limits.service_minimum:
        expected = f"hosted services expect at least {limits.service_minimum} (checks.size.service_minimum)"
        message = f"has {counted(train, 'training example')}; {expected}"
        yield Found(SERVICE, 1, [(name, message)])
    share, (low, high) = validation / max(train + validation, 1), limits.validation_share
    if validation and not low - 0.005 <= share <= high + 0.005:  # as it is shown, in whole percent
        message = f"has {validation:,} validation examples, {share:.0%} of training and validation; expected {low:.0%} to {high:.0%}"
        yield Found(SHARE, 1, [(name, message)])


def diversity(corpus: Corpus) -> Iterator[Found]:
    import numpy as np

    survey, limits, name = corpus.survey, corpus.checks.diversity, corpus.asked.name
    count = survey.size(0)
    if count < 2:
        return
    unique = len(np.unique(survey.of("inputs", 0)))
    if unique / count < limits.unique_inputs:
        expected = f"expected at least {limits.unique_inputs:.0%}"
        message = f"{unique:,} different user inputs in {count:,} training examples ({unique / count:.0%}); {expected}"
        yield Found(INPUTS, 1, [(name, message)])
    _, first, sizes = np.unique(survey.of("prefix", 0), return_index=True, return_counts=True)
    most = int(sizes.argmax())
    if count >= 10 and sizes[most] / count > limits.same_beginning:
        at = survey.where(int(survey.members[0][first[most]]))
        expected = f"expected at most {limits.same_beginning:.0%}"
        message = f"{sizes[most]:,} of {count:,} training inputs begin as this one does ({sizes[most] / count:.0%}); {expected}"
        yield Found(BEGINNING, 1, [(at, message)])


@dataclass(frozen=True)
class Repeats:
    """Examples of a split that repeat an earlier one of it, each under the strictest kind.

    `of` has the earlier ones by kind. `near` is None where it wasn't looked for.
    """

    exact: Indices
    typed: Indices
    numbers: Indices
    near: Indices | None
    of: dict[str, Any]


def repeats(corpus: Corpus, split: int) -> Repeats:
    import numpy as np

    members, survey = corpus.survey.members[split], corpus.survey
    known = np.zeros(len(members), bool)
    found, partners = {}, {}
    for kind, column in (("exact", "whole"), ("typed", "whole_typed"), ("numbers", "whole_numbers")):
        first = _first_with(survey.columns[column][members])
        again = (first != np.arange(len(members))) & ~known
        known |= again
        found[kind], partners[kind] = members[again], members[first[again]]
    near = None
    if corpus.near is not None:
        inside = (survey.split[corpus.near.first] == split) & (survey.split[corpus.near.second] == split)
        second, at = np.unique(corpus.near.second[inside], return_index=True)
        fresh = ~np.isin(second, members[known])
        near, partners["near"] = second[fresh], corpus.near.first[inside][at[fresh]]
    return Repeats(found["exact"], found["typed"], found["numbers"], near, partners)


_REPEATS = (
    (EXACT, "exact", "says the same as {}"),
    (TYPED, "typed", "says the same as {} but for case, width or white space"),
    (NUMBERS, "numbers", "says the same as {} but for its numbers"),
    (NEAR, "near", "has most words in common with {}"),
)


def duplicates(corpus: Corpus) -> Iterator[Found]:
    survey = corpus.survey
    found = [repeats(corpus, split) for split in range(3)]
    for check, kind, words in _REPEATS:
        for one in found:
            again, of = getattr(one, kind), one.of.get(kind)
            if again is not None and of is not None:
                yield from _pointing(check, again, of, words, survey)
    if corpus.near is None and len(survey.split):
        limit = corpus.checks.near.most_examples
        message = f"near-duplicates were not looked for: {len(survey.split):,} examples are over {limit:,} (checks.near.most_examples)"
        yield Found(NOT_LOOKED, 1, [(corpus.asked.name, message)])


_LEAKS = (
    (LEAK_EXACT, "whole", "says the same as {}, which is in the {} split"),
    (LEAK_TYPED, "whole_typed", "says the same as {}, which is in the {} split, but for case, width or white space"),
    (LEAK_PROMPT, "prompt_typed", "has the prompt of {}, which is in the {} split"),
    (LEAK_INPUT, "inputs", "has the user messages of {}, which is in the {} split"),
    (LEAK_NUMBERS, "prompt_numbers", "has the prompt of {}, which is in the {} split, but for its numbers"),
)


def leakage(corpus: Corpus) -> Iterator[Found]:
    """Each example of a later split under the strictest kind, against train first, then validation."""
    import numpy as np

    survey = corpus.survey
    known = np.zeros(len(survey.split), bool)
    for check, column, words in _LEAKS:
        for later, earlier in ((1, 0), (2, 0), (2, 1)):
            values, sorted_values, order = survey.of(column, later), *_sorted(survey.of(column, earlier))
            if not len(values) or not len(sorted_values):
                continue
            at = np.minimum(np.searchsorted(sorted_values, values), len(sorted_values) - 1)
            leaks = (sorted_values[at] == values) & ~known[survey.members[later]]
            leaked, of = survey.members[later][leaks], survey.members[earlier][order[at[leaks]]]
            known[leaked] = True
            yield from _pointing(check, leaked, of, words, survey, SPLITS[earlier])
    if corpus.near is not None:
        yield from _near_leaks(corpus, corpus.near, known)


def _near_leaks(corpus: Corpus, near: Pairs, known: Any) -> Iterator[Found]:
    import numpy as np

    survey = corpus.survey
    swap = survey.split[near.first] > survey.split[near.second]
    later, earlier = np.where(swap, near.first, near.second), np.where(swap, near.second, near.first)
    across = (survey.split[later] != survey.split[earlier]) & ~known[later]
    leaked, at = np.unique(later[across], return_index=True)
    of, jaccard = earlier[across][at], near.jaccard[across][at]

    def words(i: int) -> str:
        split = SPLITS[survey.split[of[i]]]
        return f"has {jaccard[i]:.0%} of its words in common with {survey.where(int(of[i]))}, which is in the {split} split"

    yield from _each(LEAK_NEAR, leaked, words, survey)


def made_for_another(example: Example, file: str, parted: bool) -> Iterator[Finding]:
    """Of a row with a provenance that stands in a file which is given for another split, or which is parted in several."""
    if not example.made_for or (example.made_for == file and not parted):
        return
    given = "is parted" if parted else f"is given for {file}"
    expected = "expected the three files of `ftexp augment` as dataset.path, dataset.validation and dataset.test"
    yield LEAK_MADE.found(example.origin, f"was made for the {example.made_for} split, but its file {given}; {expected}")


def labels(corpus: Corpus) -> Iterator[Found]:
    import numpy as np

    survey, name, limits = corpus.survey, corpus.asked.name, corpus.checks.labels
    for split in range(3):
        members = survey.members[split]
        first = _first_with(survey.columns["prompt_typed"][members])
        differs = survey.columns["reply"][members] != survey.columns["reply"][members[first]]
        of = members[first[differs]]
        yield from _pointing(CONFLICT, members[differs], of, "has the prompt of {}, but another answer", survey)
    classes, sizes = np.unique(survey.of("reply", 0), return_counts=True)
    if not is_labelled(corpus, 0):
        return
    if sizes.max() / sizes.min() > limits.imbalance:
        most, least = (survey.labels.get(int(classes[i]), "another") for i in (sizes.argmax(), sizes.argmin()))
        expected = f"expected at most {limits.imbalance:g} times as many"
        message = f"the class {most!r} has {sizes.max():,} training examples, {least!r} has {sizes.min():,}; {expected}"
        yield Found(BALANCE, 1, [(name, message)])
    for split in (1, 2):
        here = np.unique(survey.of("reply", split))
        if not len(here):
            continue
        for check, missing, words in (
            (UNJUDGED, np.setdiff1d(classes, here), f"has no {SPLITS[split]} example"),
            (UNTAUGHT, np.setdiff1d(here, classes), f"has {SPLITS[split]} examples, but none to train on"),
        ):
            told = [(name, f"the class {survey.labels.get(int(c), 'of another reply')!r} {words}") for c in missing[:SHOWN_OF_A_CHECK]]
            if told:
                yield Found(check, len(missing), told)


def is_labelled(corpus: Corpus, split: int) -> bool:
    """Whether the replies are classes: few different ones, and each comes often."""
    import numpy as np

    limits, count = corpus.checks.labels, corpus.survey.size(split)
    classes = len(np.unique(corpus.survey.of("reply", split)))
    return 2 <= classes <= limits.most_classes and count / classes >= limits.examples_a_class


def length(corpus: Corpus) -> Iterator[Found]:
    import numpy as np

    survey, limit = corpus.survey, corpus.asked.limit
    if limit is None or not survey.counted_by:
        return
    long = np.flatnonzero(survey.columns["tokens"] > limit.tokens)

    def words(i: int) -> str:
        tokens = int(survey.columns["tokens"][long[i]])
        return (
            f"has {tokens:,} tokens by {survey.counted_by}; {tokens - limit.tokens:,} are beyond the model's {limit.tokens:,} ({limit.key})"
        )

    yield from _each(LONG, long, words, survey)


def _each(check: Check, examples: Any, words: Callable[[int], str], survey: Survey) -> Iterator[Found]:
    """`words(i)` tells of the i-th of the examples; only the first are told."""
    if len(examples):
        shown = [(survey.where(int(example)), words(i)) for i, example in enumerate(examples[:SHOWN_OF_A_CHECK])]
        yield Found(check, len(examples), shown)


def _pointing(check: Check, examples: Any, of: Any, words: str, survey: Survey, split: str = "") -> Iterator[Found]:
    """Each of the examples with the one before it in `of`."""
    yield from _each(check, examples, lambda i: words.format(survey.where(int(of[i])), split), survey)


def _first_with(values: Any) -> Any:
    """For each value the position where it stands first."""
    import numpy as np

    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    return first[inverse]


def _sorted(values: Any) -> tuple[Any, Any]:
    import numpy as np

    order = np.argsort(values, kind="stable")
    return values[order], order


def _either(one: Pairs, other: Pairs) -> Pairs:
    """The pairs of both, each once, with the larger of the two figures."""
    import numpy as np

    first, second = np.concatenate([one.first, other.first]), np.concatenate([one.second, other.second])
    jaccard = np.concatenate([one.jaccard, other.jaccard])
    order = np.lexsort((-jaccard, second, first))
    first, second, jaccard = first[order], second[order], jaccard[order]
    fresh = np.ones(len(first), bool)
    fresh[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return Pairs(first[fresh], second[fresh], jaccard[fresh])


def inside(corpus: Corpus) -> Iterator[Found]:
    """What the texts together say: refusals of a split, languages of all."""
    survey, name = corpus.survey, corpus.asked.name
    if not survey.looked_into:
        most = f"{len(survey.split):,} examples are more than {corpus.checks.content.most_examples:,} (checks.content.most_examples)"
        message = f"{most}; secrets, personal data and languages were not looked for"
        yield Found(content.NOT_LOOKED_INTO, 1, [(name, message)])
        return
    for number, split in enumerate(SPLITS):
        refusals, rules = int(survey.of("refuses", number).sum()), corpus.checks.content
        yield from _found(content.REFUSALS, content.refusal_findings(f"{name} {split}", refusals, survey.size(number), rules))
    yield from _found(language.BOTH, language.share_findings(name, languages(survey), corpus.checks.language))


def _found(check: Check, findings: Sequence[Finding]) -> Iterator[Found]:
    if findings:
        yield Found(check, len(findings), [(f.where, f.message) for f in findings])


def languages(survey: Survey, split: int | None = None) -> dict[str, int]:
    """How many replies are in which language, by BCP 47 tag, the most frequent first; of all splits where none is named."""
    import numpy as np

    column = survey.columns["answered"] if split is None else survey.of("answered", split)
    numbers, counts = np.unique(column, return_counts=True)
    found = {tag_of(int(n)): int(c) for n, c in zip(numbers, counts, strict=True)}
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def is_translation(corpus: Corpus) -> bool:
    """Whether answering in another language is what the examples are for."""
    both, differ = (int(corpus.survey.columns[name].sum()) for name in ("both", "differ"))
    return language.is_translation(differ, both, corpus.checks.language)
