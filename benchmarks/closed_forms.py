"""Our formulas beside scipy's and statsmodels': the largest distance over many cases.

Neither has Newcombe's paired interval; the tests hold that to published ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.stats
import statsmodels.api as sm
from demands import Line
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import normal_sample_size_one_tail
from statsmodels.stats.proportion import proportion_confint

from ftexp.evaluation.holm import holm
from ftexp.evaluation.power import items_to_prove
from ftexp.evaluation.quantiles import normal_quantile, quantile
from ftexp.evaluation.shares import Table, share_tails, wilson
from ftexp.evaluation.statistics import Difference, Mean, mean, paired_difference

NEAR = 1e-9
CONFIDENCES = (0.8, 0.95, 0.99, 0.95 ** (1 / 50), 1 - 0.05 / 11)


def closed_forms(draw: np.random.Generator) -> list[Line]:
    cases = {
        "normal quantiles: scipy": normal_quantiles(),
        "Student's quantiles: scipy": students_quantiles(),
        "Wilson's interval: statsmodels": wilsons(),
        "Student's interval of a mean: scipy": students(draw),
        "Student's interval of paired differences: scipy": paired_students(draw),
        "standard error by groups: statsmodels": by_groups(draw),
        "McNemar's test: statsmodels": mcnemars(draw),
        "binomial tails: scipy": binomials(),
        "Holm's step-down, which are rejected: statsmodels": holms(draw),
        "items that prove a share: statsmodels": items(),
    }
    farthest = {what: max(each) for what, each in cases.items()}
    return [Line(what, (most, most), most=NEAR) for what, most in farthest.items()]


def normal_quantiles() -> Iterator[float]:
    for share in np.concatenate([np.linspace(1e-4, 1 - 1e-4, 4001), 10.0 ** -np.arange(4, 15)]):
        yield abs(normal_quantile(float(share)) - float(scipy.stats.norm.ppf(share)))


def students_quantiles() -> Iterator[float]:
    for degrees in (1, 2, 9, 49, 199, 999):
        for c in CONFIDENCES:
            theirs = float(scipy.stats.t.ppf((1 + c) / 2, degrees))
            yield abs(quantile(c, degrees) - theirs) / max(1.0, theirs)


def wilsons() -> Iterator[float]:
    for n in (1, 50, 200, 1000):
        for right in {0, 1, n // 3, n - 1, n}:
            for c in CONFIDENCES:
                yield _farthest(wilson(right, n, c), proportion_confint(right, n, 1 - c, "wilson"))


def students(draw: np.random.Generator) -> Iterator[float]:
    for n in (2, 50, 1000):
        values = draw.normal(3, 2, n)
        theirs = scipy.stats.t.interval(0.95, n - 1, loc=values.mean(), scale=scipy.stats.sem(values))
        yield _farthest(_ends(mean([*values], 0.95)), theirs)


def paired_students(draw: np.random.Generator) -> Iterator[float]:
    for n in (3, 50, 1000):
        tuned, other = draw.random(n), draw.random(n)
        yield _farthest(_ends(paired_difference([*tuned], [*other], 0.95)), scipy.stats.ttest_rel(tuned, other).confidence_interval(0.95))


def by_groups(draw: np.random.Generator) -> Iterator[float]:
    for groups, n in ((5, 60), (30, 300), (80, 1000)):
        cluster = draw.integers(groups, size=n)
        values = draw.normal(size=n) + draw.normal(size=groups)[cluster]
        options = {"groups": cluster, "use_correction": False}  # theirs has another factor for few items
        theirs = float(sm.OLS(values, np.ones(n)).fit(cov_type="cluster", cov_kwds=options).bse[0])
        ours = mean([*values], 0.95, [str(c) for c in cluster]).standard_error or 0.0
        yield abs(ours - theirs * (groups / (groups - 1)) ** 0.5)


def mcnemars(draw: np.random.Generator) -> Iterator[float]:
    for both, fixed, broken, neither in draw.integers(1, 60, size=(100, 4)):
        theirs = mcnemar([[both, fixed], [broken, neither]], exact=False, correction=False).pvalue
        yield abs(2 * min(Table(int(both), int(fixed), int(broken), int(neither)).score_tails(0.0)) - float(theirs))


def binomials() -> Iterator[float]:
    for n in (50, 1000):
        for right in {0, n // 2, n - 3, n}:
            for threshold in (0.5, 0.95, 0.99):
                theirs = scipy.stats.binom.sf(right - 1, n, threshold), scipy.stats.binom.cdf(right, n, threshold)
                yield _farthest(share_tails(right, n, threshold), theirs)


def holms(draw: np.random.Generator) -> Iterator[float]:
    for _ in range(300):
        p = draw.random(11) ** 4
        yield float((multipletests(p, 0.05, "holm")[0] != np.array(holm([*p], 0.05))).sum())


def items() -> Iterator[float]:
    for share, threshold in ((0.98, 0.95), (0.9, 0.8), (0.6, 0.5)):
        spread = [(s * (1 - s)) ** 0.5 for s in (threshold, share)]
        theirs = normal_sample_size_one_tail(share - threshold, 0.8, 0.025, std_null=spread[0], std_alternative=spread[1])
        yield abs((items_to_prove(share, threshold, 0.95) or 0) - float(np.ceil(theirs)))


def _ends(found: Mean | Difference) -> tuple[float, float]:
    assert found.low is not None and found.high is not None, "as many items tell it"
    return found.low, found.high


def _farthest(ours: tuple[float, float], theirs: tuple[float, float]) -> float:
    return max(abs(a - float(b)) for a, b in zip(ours, theirs, strict=True))
