"""What training did besides the task: what the tuned model lost, and what it repeats. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ftexp.backends.results import Reply
from ftexp.data.messages import Example
from ftexp.evaluation.items import Item
from ftexp.evaluation.scoring import Comparison, suite_of
from ftexp.evaluation.suites import Evaluation
from ftexp.values import Value

MATTERS = 0.05  # of what the base reached
OWN_WORDS = 20  # characters; a shorter answer is a label, which is no sign of learning by heart


class Forgotten(Value):
    """A metric of questions other than the task's, on which tuned is worse than base. `change` is tuned - base, with its interval."""

    metric: str
    base: float
    change: float
    low: float
    high: float


class Copied(Value):
    """How many of the replies are wrong, and word for word the answer of a training example."""

    replies: int
    of: int


def forgotten(comparison: Comparison, evaluation: Evaluation) -> Iterator[Forgotten]:
    """Where the interval leaves no doubt of a loss that matters."""
    for name, metric in evaluation.by_name.items():
        base, found = comparison.means.get(name, {}).get("base"), comparison.differences.get(name, {}).get("base")
        if evaluation.suites[suite_of(name)].items.kind == "test" or metric.is_timing or base is None or found is None:
            continue
        if found.low is None or found.high is None or abs(found.value) < MATTERS * abs(base.value):
            continue
        if found.low > 0 if metric.lower_is_better else found.high < 0:
            yield Forgotten(metric=name, base=base.value, change=found.value, low=found.low, high=found.high)


def copied(replies: Sequence[Reply], items: Sequence[Item], train: Sequence[Example]) -> Copied:
    """Of answers that one training example alone has: what many share is a class or a phrase of the house."""
    answers = Counter(e.messages[-1].content.strip() for e in train)
    own = {answer for answer, count in answers.items() if count == 1 and len(answer) >= OWN_WORDS}
    wrong = (r.text.strip() for r, i in zip(replies, items, strict=True) if r.text.strip() not in {i.reference.strip(), *i.accepted})
    return Copied(replies=sum(text in own for text in wrong), of=len(replies))
