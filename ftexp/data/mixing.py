"""Examples of another set beside those that are trained on, so that a model forgets less of what it could."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ftexp.data import jsonl
from ftexp.data.dataset import Mix
from ftexp.data.jsonl import Reading
from ftexp.data.messages import Example, Message
from ftexp.errors import ConfigError, DataError
from ftexp.evaluation.suites import Shipped
from ftexp.validation.structure import Method
from ftexp.values import digest

# Suites written by hand whose good answers are worth learning from; what of them is trained on, no evaluation asks.
_GENERAL: tuple[Shipped, ...] = ("ability", "instructions", "fluency", "creativity", "refusal")


def read_others(mix: Mix, method: Method | None) -> Reading:
    """All examples that can be mixed in. Raises DataError where there is no file that can be read."""
    if mix.path is not None:
        return jsonl.read(file_of(mix.path), method)
    if method == "dpo":
        raise ConfigError(f"dataset.mix: {mix.builtin} has chat examples, and training.method is dpo; expected a path of preference pairs")
    from ftexp.evaluation.item_files import read_items
    from ftexp.evaluation.shipped.reading import path_of

    items = [item for suite in _GENERAL for item in read_items(path_of(suite, "en" if mix.builtin == "general_en" else "zh-Hant"))]
    return Reading(tuple(Example((*i.prompt, Message("assistant", i.reference)), i.origin) for i in items), ())


def chosen_of(others: Sequence[Example], own: int, mix: Mix) -> tuple[Example, ...]:
    """`mix.ratio` of them for each of `own` examples, picked by hash and seed; a higher ratio only adds.

    Raises DataError where there are too few.
    """
    wanted = round(mix.ratio * own)
    if wanted > len(others):
        most = int(100 * len(others) / own) / 100
        raise DataError(
            f"dataset.mix.ratio: found {mix.ratio:g}, which takes {wanted} examples of {mix.path or mix.builtin}, which has {len(others)}; "
            f"expected at most {most:g}, or more examples"
        )
    ranked = sorted(range(len(others)), key=lambda i: (digest(mix.seed, others[i].said), i))
    return tuple(others[i] for i in sorted(ranked[:wanted]))


def file_of(path: str) -> Path:
    """Raises DataError where it begins with the home directory of nobody."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise DataError(f"{path}: nobody's home directory is {path.split('/')[0]}; write the path out") from error
