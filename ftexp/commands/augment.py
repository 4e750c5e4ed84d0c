"""`ftexp augment noise|paraphrase|negatives`: more training rows from those there are, in new files."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ftexp.augmentation.answers import known_of
from ftexp.augmentation.apart import apart
from ftexp.augmentation.negatives import KINDS, Mistakes, NegativeKind, make_negatives, pairs_to_judge_by, prompt_digest
from ftexp.augmentation.noise import make_noise
from ftexp.augmentation.rows import Came, Made, Row, chosen, originals
from ftexp.augmentation.writing import manifest_of, write
from ftexp.commands.overrides import add_spending
from ftexp.compose import Composed, compose
from ftexp.data.loading import Gathered, Loaded, judge, load, raise_on_errors
from ftexp.data.messages import Splits
from ftexp.errors import ConfigError, DataError, ExitCode
from ftexp.evaluation.items import Item, items_of
from ftexp.progress import Progress
from ftexp.state import State
from ftexp.validation.report import DataReport, Tally
from ftexp.validation.survey import SplitName

BASE = "base"
_NEVER_TRAINED_ON = "a run asks the test questions, which are never trained on; --from base asks the training questions"
_SMALL = "a small model seldom rephrases well; expected a larger one, like model=gpt-4.1-mini"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = ", ".join(KINDS)
    parser.add_argument(
        "kind",
        choices=("noise", "paraphrase", "negatives"),
        help="mistyped questions; questions in a model's words; wrong answers as preference pairs",
    )
    parser.add_argument(
        "overrides", nargs="*", metavar="KEY=VALUE", help="which data, as in dataset=jsonl dataset.path=mine.jsonl; which model"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the training examples, above 0 up to 1 (default: 1)")
    parser.add_argument("--copies", type=int, default=1, help="rows made of each of them (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same bytes (default: 0)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="a new directory (default: augmented/DATASET-KIND)")
    parser.add_argument("--kinds", metavar="A,B", help=f"of wrong answers: {kinds} (default: all that apply, in balance)")
    parser.add_argument("--from", dest="source", metavar="RUN", help="take own_mistake from a run's answers of the base; base: ask it now")
    add_spending(parser)


def main(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from ftexp.report.augmented import refused_lines, show

    _refuse_unfit(arguments)
    composed, state, progress = compose(arguments.overrides, Path.cwd()), State(Path.cwd()), Progress(Console(stderr=True))
    config = composed.config
    method = "supervised" if arguments.kind == "negatives" else config.training.method
    data = load(config.dataset, method, config.checks, state.directory / "cache" / "data" if state.exists else None)
    came = _make(arguments, composed, data, state, progress)
    if not came.made.pairs:
        advice = {"paraphrase": [_SMALL]}.get(arguments.kind, [])
        raise DataError(f"augment: nothing could be made of {config.dataset.name}", *refused_lines(came.made), *advice)
    after = _judged(composed, came)
    settings = {"share": arguments.share, "copies": arguments.copies, **came.facts}
    out = arguments.out or Path("augmented") / f"{config.dataset.name}-{arguments.kind}"
    manifest = manifest_of(arguments.kind, arguments.seed, settings, config.dataset, data, came.parts, came.made.refused)
    write(out, came.parts, manifest)
    show(manifest, came, data, after, composed, out, Console())
    return ExitCode.OK


def _refuse_unfit(arguments: argparse.Namespace) -> None:
    faults = []
    if not 0 < arguments.share <= 1:
        faults.append(f"--share: found {arguments.share:g}, expected a share above 0, up to 1")
    if not 1 <= arguments.copies <= 20:
        faults.append(f"--copies: found {arguments.copies}, expected a whole number from 1 to 20")
    for option, value in (("--kinds", arguments.kinds), ("--from", arguments.source)):
        if value and arguments.kind != "negatives":
            faults.append(f"{option}: belongs to ftexp augment negatives; leave it out")
    if unknown := [kind for kind in _named(arguments) if kind not in KINDS]:
        faults.append(f"--kinds: found {', '.join(unknown)}, expected some of {', '.join(KINDS)}")
    if "own_mistake" in _named(arguments) and not arguments.source:
        faults.append("--kinds: own_mistake needs --from RUN, or --from base to ask the base model now")
    if faults:
        raise ConfigError(*faults)


def _named(arguments: argparse.Namespace) -> list[str]:
    return [kind.strip() for kind in (arguments.kinds or "").split(",") if kind.strip()]


def _make(arguments: argparse.Namespace, composed: Composed, data: Loaded, state: State, progress: Progress) -> Came:
    match arguments.kind:
        case "noise":
            made = make_noise(data.splits.train, arguments.share, arguments.copies, arguments.seed)
            return _with_originals(apart(made, data.splits, composed.config.checks.near, False), data, arguments.seed)
        case "paraphrase":
            return _paraphrased(arguments, composed, data, state, progress)
    return _negatives(arguments, composed, data, state, progress)


def _with_originals(made: Made, data: Loaded, seed: int, **more: Any) -> Came:
    """The training part has its own rows first; the others are as they were."""
    splits = data.splits
    parts: dict[SplitName, list[Row]] = {
        "train": originals(splits.train, "train", seed) + made.rows,
        "validation": originals(splits.validation, "validation", seed),
        "test": originals(splits.test, "test", seed),
    }
    return Came(parts, made, **more)


def _paraphrased(arguments: argparse.Namespace, composed: Composed, data: Loaded, state: State, progress: Progress) -> Came:
    from ftexp.augmentation.asking import ask_base
    from ftexp.augmentation.paraphrase import made_of, order_of
    from ftexp.augmentation.rows import users_of
    from ftexp.augmentation.slots import slots_of
    from ftexp.report.money import usd

    config = composed.config
    order = order_of(data.splits.train, arguments.share, arguments.copies, arguments.seed)
    if not order.wanted:
        return _with_originals(Made(refused=Counter(order.refused)), data, arguments.seed)
    items = [Item(w.prompt, w.text, order.examples[w.row].origin) for w in order.wanted]
    most = min(4096, 64 + max(len(w.text) for w in order.wanted))
    heard = ask_base("paraphrase", items, most, config, data, arguments.yes, state, progress)
    slots = slots_of(text for e in data.splits.train for text in users_of(e))
    made = apart(made_of(order, heard.answers, most, slots), data.splits, config.checks.near, True)
    notes = [f"asked {len(items):,} times: {heard.model}"]
    if heard.usd != 0:
        notes.append(f"the service bills {'an amount that is not known' if heard.usd is None else usd(heard.usd)}")
    return _with_originals(made, data, arguments.seed, notes=notes, facts={"model": heard.model, "revision": heard.revision})


def _negatives(arguments: argparse.Namespace, composed: Composed, data: Loaded, state: State, progress: Progress) -> Came:
    splits, limits, seed = data.splits, composed.config.checks.labels, arguments.seed
    if any(e.rejected for e in splits.train):
        raise ConfigError(f"augment negatives: {composed.config.dataset.name} has preference pairs already; expected chat examples")
    mistakes, notes = _mistakes(arguments, composed, data, state, progress)
    wanted = _named(arguments) or [kind for kind in KINDS if kind != "own_mistake" or mistakes]
    kinds: list[NegativeKind] = [kind for kind in KINDS if kind in wanted]
    known = known_of(splits.train, splits.train, limits)
    made = make_negatives(splits.train, known, kinds, mistakes, arguments.share, arguments.copies, seed)
    parts: dict[SplitName, list[Row]] = {"train": made.rows}
    for split in ("validation", "test"):
        rows = getattr(splits, split)
        known = known_of(splits.train, rows, limits)
        parts[split] = pairs_to_judge_by(rows, split, known, kinds, mistakes, seed).rows
        if len(parts[split]) < len(rows):
            notes.append(f"{len(rows) - len(parts[split])} {split} examples are left out: no pair could be made of them")
    notes.append("validation and test have a pair for each of their examples, as the method needs; prompts and right answers are untouched")
    facts = {"kinds": list(kinds), "from": arguments.source} if arguments.source else {"kinds": list(kinds)}
    return Came(parts, made, notes, facts)


def _mistakes(
    arguments: argparse.Namespace, composed: Composed, data: Loaded, state: State, progress: Progress
) -> tuple[Mistakes, list[str]]:
    """The base model's wrong answers, and what is to be said of them."""
    if not arguments.source:
        return {}, []
    from ftexp.augmentation.asking import ask_base
    from ftexp.augmentation.mistakes import judged_by, mistakes_of, recorded

    splits, evaluation = data.splits, composed.config.evaluation
    if arguments.source == BASE:
        asked = (*chosen(splits.train, arguments.share, arguments.seed), *splits.validation)
        items: Sequence[Item] = items_of(asked)
        most = evaluation.generation.max_new_tokens
        answers = ask_base("own_mistakes", items, most, composed.config, data, arguments.yes, state, progress).answers
    else:
        items, answers = recorded(arguments.source, state)
    found = mistakes_of(evaluation, items, answers.replies)
    here = sum(prompt_digest(e.prompt) in found for e in splits.train)
    told = f"{len(found):,} of {len(items):,} answers of the base are wrong by {judged_by(evaluation)}; {here:,} to training questions"
    return found, [told] if here else [told, _NEVER_TRAINED_ON]


def _judged(composed: Composed, came: Came) -> DataReport:
    """What `ftexp check` says of the new files. Raises DataError where they can't be trained on."""
    config = composed.config
    train, validation, test = (tuple(row.example for row in came.parts[split]) for split in ("train", "validation", "test"))
    splits = Splits(train, validation, test)
    report = judge(Gathered(splits, (), Tally(), 0), config.dataset, config.checks)
    raise_on_errors(report)
    return report
