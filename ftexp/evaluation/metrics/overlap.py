"""How much of the reference is in the reply?"""

from __future__ import annotations

from collections import Counter
from typing import Literal

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric, Score
from ftexp.evaluation.metrics.parsing import words


class Chrf(ReplyMetric):
    """Character n-gram F-score against the reference, 0 to 1 (chrF2, Popovic 2015, as sacrebleu computes it)."""

    kind: Literal["chrf"]

    def score(self, reply: Reply, item: Item) -> Score:
        from sacrebleu import sentence_chrf

        return Score(value=sentence_chrf(reply.text, [item.reference]).score / 100)


class TokenF1(ReplyMetric):
    """Harmonic mean of precision and recall of words, 0 to 1 (as SQuAD does); of characters in scripts without spaces."""

    kind: Literal["token_f1"]

    def score(self, reply: Reply, item: Item) -> Score:
        found, wanted = Counter(words(reply.text)), Counter(words(item.reference))
        if not found or not wanted:
            return Score(value=float(found == wanted), reason="no words")
        shared = (found & wanted).total()
        return Score(value=2 * shared / (found.total() + wanted.total()))
