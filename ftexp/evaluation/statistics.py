"""What is said of scores and how sure it is: all that the other rooms need of statistics."""

from __future__ import annotations

from ftexp.evaluation.estimates import Difference, Mean
from ftexp.evaluation.evidence import evidence_of, evidence_of_difference, evidence_of_mean
from ftexp.evaluation.figures import figure_difference, figure_mean, figure_ratio
from ftexp.evaluation.intervals import mean, paired_difference, ratio
from ftexp.evaluation.quantiles import normal_quantile
from ftexp.evaluation.shares import is_share, newcombe, wilson

__all__ = [
    "Difference",
    "Mean",
    "evidence_of",
    "evidence_of_difference",
    "evidence_of_mean",
    "figure_difference",
    "figure_mean",
    "figure_ratio",
    "is_share",
    "mean",
    "newcombe",
    "normal_quantile",
    "paired_difference",
    "ratio",
    "wilson",
]
