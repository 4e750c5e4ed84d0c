"""How much of the reference is in the reply?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from pydantic import Field

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import Observed, ReplyMetric, Score, SetMetric
from ftexp.evaluation.metrics.equal import NO_REFERENCE
from ftexp.evaluation.metrics.parsing import items_of_list, words

_COUNTED = 20_000  # characters that sacrebleu gets: it takes seconds for a million (2.6.0)
_COUNTED_WORDS = 2_000


class Chrf(ReplyMetric):
    """Character n-gram F-score against the reference, 0 to 1 (chrF2, Popovic 2015, as sacrebleu computes it).

    Only the first 20,000 characters of either count.
    """

    kind: Literal["chrf"]

    def score(self, reply: Reply, item: Item) -> Score:
        from sacrebleu import sentence_chrf

        return Score(value=sentence_chrf(reply.text[:_COUNTED], [item.reference[:_COUNTED]]).score / 100)


class TokenF1(ReplyMetric):
    """Harmonic mean of precision and recall of words, 0 to 1 (as SQuAD does); of characters in scripts without spaces."""

    kind: Literal["token_f1"]

    def score(self, reply: Reply, item: Item) -> Score:
        found, wanted = Counter(words(reply.text)), Counter(words(item.reference))
        if not found or not wanted:
            return Score(value=float(found == wanted), reason="no words")
        shared = (found & wanted).total()
        return Score(value=2 * shared / (found.total() + wanted.total()))


class SetF1(ReplyMetric):
    """Harmonic mean of precision and recall of the items of a list, 0 to 1; their order doesn't matter, nor how often one stands.

    A JSON list, or items parted by commas, 、 or line ends, normalised. Two empty lists are the same.
    """

    kind: Literal["set"]

    def score(self, reply: Reply, item: Item) -> Score:
        if not item.reference.strip():
            return NO_REFERENCE
        found, wanted = items_of_list(reply.text), items_of_list(item.reference)
        if found == wanted:
            return Score(value=1.0)
        reason = f"{len(wanted - found)} of {len(wanted)} missing, {len(found - wanted)} of {len(found)} not expected"
        return Score(value=2 * len(found & wanted) / (len(found) + len(wanted)), reason=reason)


class RougeL(ReplyMetric):
    """F-measure of the longest common subsequence of words, 0 to 1 (ROUGE-L, Lin 2004, with beta 1); characters in scripts without spaces.

    Only the first 2,000 words of either count.
    """

    kind: Literal["rouge_l"]

    def score(self, reply: Reply, item: Item) -> Score:
        found, wanted = words(reply.text)[:_COUNTED_WORDS], words(item.reference)[:_COUNTED_WORDS]
        if not wanted:
            return NO_REFERENCE
        common = _longest_common(found, wanted)
        return Score(value=2 * common / (len(found) + len(wanted)), reason="" if common else "no word in common")


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, a bit a word of `one` (Hyyrö 2004)."""
    places: defaultdict[str, int] = defaultdict(int)
    for at, word in enumerate(one):
        places[word] |= 1 << at
    every = (1 << len(one)) - 1
    free = every
    for word in other:
        hit = free & places.get(word, 0)
        free = ((free + hit) | (free - hit)) & every
    return len(one) - free.bit_count()


class Bleu(SetMetric):
    """BLEU of all replies together, 0 to 1, as sacrebleu computes it (Papineni et al. 2002; Post 2018).

    A score by itself is that of the sentence, where only the n-grams it is long enough for count. The default tokeniser is zh where
    the reference has Han characters, else 13a. Only the first 20,000 characters of either count. Observed: right n-grams of 1 to 4
    words, all n-grams of 1 to 4, length of the reply and of the reference in words.
    """

    kind: Literal["bleu"]
    tokenize: Literal["auto", "13a", "zh", "char"] = Field(default="auto", description="auto, 13a, zh or char")

    def score(self, reply: Reply, item: Item) -> Score:
        if not item.reference.strip():
            return NO_REFERENCE
        found = _bleu(self._tokeniser(item.reference)).sentence_score(reply.text[:_COUNTED], [item.reference[:_COUNTED]])
        observed = tuple(map(float, (*found.counts, *found.totals, found.sys_len, found.ref_len)))
        return Score(value=_share(found.score), reason="" if found.counts[0] else "no word in common", observed=observed)

    def figure(self, observed: Sequence[Observed]) -> float:
        from sacrebleu import BLEU

        sums = [sum(map(int, column)) for column in zip(*observed, strict=True)]
        return _share(BLEU.compute_bleu(sums[:4], sums[4:8], sums[8], sums[9], smooth_method="exp").score)

    def _tokeniser(self, reference: str) -> str:
        if self.tokenize != "auto":
            return self.tokenize
        return "zh" if re.search(r"[\u3400-\u9fff\uf900-\ufaff]", reference) else "13a"


@cache
def _bleu(tokenize: str) -> Any:
    from sacrebleu import BLEU

    return BLEU(tokenize=tokenize, effective_order=True)


def _share(percentage: float) -> float:
    """sacrebleu's 100 comes out as 100.00000000000004."""
    return min(percentage / 100, 1.0)
