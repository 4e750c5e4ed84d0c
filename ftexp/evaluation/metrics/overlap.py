"""How much of the reference is in the reply? Of very long texts only the beginning counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import Observed, ReplyMetric, Score, SetMetric
from ftexp.evaluation.metrics.parsing import words

_CHARACTERS, _WORDS = 20_000, 2000
_HAN = re.compile(r"[\u3400-\u9fff]")


class Chrf(ReplyMetric):
    """Character n-gram F-score against the reference, 0 to 1 (chrF2, Popovic 2015, as sacrebleu computes it)."""

    kind: Literal["chrf"]

    def score(self, reply: Reply, item: Item) -> Score:
        from sacrebleu import sentence_chrf

        return Score(value=sentence_chrf(reply.text[:_CHARACTERS], [item.reference[:_CHARACTERS]]).score / 100)


class TokenF1(ReplyMetric):
    """Harmonic mean of precision and recall of words, 0 to 1 (as SQuAD does); of characters in scripts without spaces."""

    kind: Literal["token_f1"]

    def score(self, reply: Reply, item: Item) -> Score:
        found, wanted = Counter(words(reply.text)), Counter(words(item.reference))
        if not found or not wanted:
            return Score(value=float(found == wanted), reason="no words")
        shared = (found & wanted).total()
        return Score(value=2 * shared / (found.total() + wanted.total()))


class RougeL(ReplyMetric):
    """F1 of the longest common subsequence of words, 0 to 1 (ROUGE-L, Lin 2004); of characters in scripts without spaces.

    Only the first 2,000 words count.
    """

    kind: Literal["rouge_l"]

    def score(self, reply: Reply, item: Item) -> Score:
        found, wanted = words(reply.text[:_CHARACTERS])[:_WORDS], words(item.reference[:_CHARACTERS])[:_WORDS]
        if not found or not wanted:
            return Score(value=float(found == wanted), reason="no words")
        return Score(value=2 * common_subsequence(found, wanted) / (len(found) + len(wanted)))


class Bleu(SetMetric):
    """BLEU of all replies together against their references, 0 to 1 (as sacrebleu computes it, without a smoothing that flatters).

    `tokenize: auto` is zh where the reference has Chinese characters, else 13a. A reply by itself is scored with effective order.
    """

    kind: Literal["bleu"]
    tokenize: Literal["auto", "13a", "zh", "char"] = Field(default="auto", description="auto, 13a, zh or char")

    def score(self, reply: Reply, item: Item) -> Score:
        from sacrebleu.metrics.bleu import BLEU

        if not item.reference:
            return Score(value=None, reason="the item has no reference")
        tokenize = self.tokenize if self.tokenize != "auto" else "zh" if _HAN.search(item.reference) else "13a"
        found = BLEU(effective_order=True, tokenize=tokenize).sentence_score(reply.text[:_CHARACTERS], [item.reference[:_CHARACTERS]])
        observed = tuple(map(float, (*found.counts, *found.totals, found.sys_len, found.ref_len)))
        return Score(value=found.score / 100, observed=observed)

    def figure(self, observed: Sequence[Observed]) -> float:
        from sacrebleu.metrics.bleu import BLEU

        *counts, said, wanted = (sum(int(o[i]) for o in observed) for i in range(10))
        if said == 0:
            return 0.0
        return float(BLEU.compute_bleu(counts[:4], counts[4:], said, wanted, smooth_method="exp").score) / 100


def common_subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest one, by bits of one integer a row (Hyyro 2004)."""
    places: dict[str, int] = {}
    for i, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << i
    whole = (1 << len(one)) - 1
    row = whole
    for word in other:
        matched = row & places.get(word, 0)
        row = (row + matched | row - matched) & whole
    return len(one) - row.bit_count()
