"""One run, top to bottom. This file alone knows the order.

`prepare` reads, checks, splits, counts and prices: it is free, loads no weights, and serves `check`, `plan` and `run`.
`execute` trains, answers, scores and compares; every line is a step, and a step whose result is on record returns it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ftexp.advice import Earlier, advice_for, earlier_runs
from ftexp.backends.base import OpenModel, Order, Tuned
from ftexp.backends.opening import Opening, open_model
from ftexp.backends.results import Answers, TrainingResult
from ftexp.billing import total_usd
from ftexp.budget import Planned, verdict
from ftexp.config import RunConfig
from ftexp.cost import NOTHING, Estimate
from ftexp.data.loading import Loaded, load, raise_on_errors
from ftexp.diagnosis import Diagnosis, diagnose
from ftexp.errors import ConfigError, FtexpError, NotThereYetError
from ftexp.estimating import Said, count_asked, estimate_of
from ftexp.evaluation.asking import Ask, asks, findings_of, questions_of, ranking_ask
from ftexp.evaluation.flips import Flips, flips
from ftexp.evaluation.gates import GateReport
from ftexp.evaluation.items import TEST, Item, Prompts, Questions, items_of
from ftexp.evaluation.judging import judge
from ftexp.evaluation.metrics.base import MeasuredMetric
from ftexp.evaluation.scoring import Comparison, Scores, Selection, compare, score
from ftexp.hearing import Subjects, hear, rank_by
from ftexp.held_out import HeldOutPairs, held_out
from ftexp.keys import Keys, keys_of
from ftexp.loss_curve import curves_of
from ftexp.once import Once
from ftexp.presets import Resolved, resolve
from ftexp.side_effects import copied, forgotten
from ftexp.starting import Start, find_start
from ftexp.state import State
from ftexp.steps import Steps
from ftexp.suitability import Advice, mistakes
from ftexp.validation.findings import Finding
from ftexp.validation.reporting import with_findings, with_lengths
from ftexp.values import Value


@dataclass(frozen=True)
class Prepared:
    """A run that is known to be sound; what its model can't do here stands in `model.obstacles`."""

    config: RunConfig
    data: Loaded
    hyperparameters: Resolved
    model: Opening
    questions: tuple[Questions, ...]  # the test split's first
    validation_items: tuple[Item, ...]
    asked: dict[str, Said]  # tokens of what is asked, by part of the evaluation; empty where no tokenizer is at hand
    earlier: Earlier  # what finished runs on the same data tell
    estimate: Estimate  # of the whole run, from what was measured before it
    label: str = ""  # what else tells it from the other runs of its sweep
    again: str = ""  # sets a run that is made again apart from the one on record
    trains: bool = True  # false: a model that is there already is only asked
    tuned: str = ""  # names such a model, by the key of its training or by its content
    retry_failed: bool = False  # another job, where a service has ended this training's badly
    start: Start | None = None  # the adapter that training begins with; None: the base

    @property
    def items(self) -> tuple[Item, ...]:
        """Of the test split."""
        return self.questions[0].items

    @property
    def prompts(self) -> Prompts:
        """Of the test split, by subject."""
        return self.questions[0].prompts

    @property
    def asks(self) -> tuple[Ask, ...]:
        """Everything that the subjects are to do, in the order in which they do it."""
        evaluation = self.config.evaluation
        ranking = [ranking_ask(evaluation, self.validation_items)] if evaluation.measure_validation else []
        return (*asks(evaluation, self.questions), *ranking)

    @property
    def name(self) -> str:
        """What differs between runs comes first: lists and legends show some twenty characters."""
        h, c = self.hyperparameters, self.config
        parts = [f"e{h.n_epochs}", f"lr{h.learning_rate_multiplier}", f"s{c.seed}"]
        parts += [f"n{c.dataset.train_examples}"] if c.dataset.train_examples else []
        parts += [f"m{c.dataset.mix.ratio:g}"] if c.dataset.mix else []
        parts += [f"r{c.replicate}"] if c.replicate > 1 else []
        parts += [f"from{self.start.sha256[:6]}"] if self.start else []
        parts += [self.label] if self.label else []
        return "-".join([*parts, c.dataset.name, c.model.name])

    def advice(self, within_budget: bool | None) -> Advice:
        """Whether fine-tuning is the right tool at all. None: no limit was set, or what it takes isn't known."""
        return advice_for(self.config, self.data, self.earlier, within_budget)

    @property
    def within_budget(self) -> bool | None:
        """Of this run by itself."""
        return verdict([Planned(1, "", self.estimate, 0, {})], self.config.budget, {}).fits

    @property
    def mistakes(self) -> tuple[Finding, ...]:
        """The usual ones in how it would be trained; advice, no errors."""
        splits = self.data.splits
        return mistakes(self.hyperparameters, len(splits.train), len(splits.validation), self.config.suitability.usual)

    @property
    def shown_example(self) -> str:
        """The first training example with its loss mask, of a pair with either answer; empty where the model isn't on this machine."""
        if self.model.local is None:
            return ""
        first, shown_mask = self.data.splits.train[0], self.model.local.tokenizer.shown_mask
        return f"{shown_mask(first)}\nrejected is what this one says:\n{shown_mask(first.turned)}" if first.rejected else shown_mask(first)


class Evaluated(Value):
    """What the subjects' answers came to. `gates` is None where the config has none."""

    comparison: Comparison
    evaluation_seconds: float
    revision: str  # of the base model that the adapter belongs to
    gates: GateReport | None = None


class Record(Evaluated):
    """What a finished run came to."""

    training: TrainingResult
    billed_usd: float | None = 0.0  # by a service, for all of its steps, those that it shares with other runs too; None: not known
    selection: Selection | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    pairs: HeldOutPairs | None = None


def prepare(config: RunConfig, state: State, once: Once | None = None) -> Prepared:
    """Raises DataError where the data is refused, and ConfigError where the config can't be meant.

    Runs that are prepared with the same `once` read, judge and count the same data one time.
    """
    once, reports = once or Once(), state.directory / "cache" / "data" if state.exists else None
    dataset, method, checks = config.dataset, config.training.method, config.checks
    data = once(("data", dataset, method, checks), lambda: load(dataset, method, checks, reports))
    hyperparameters = resolve(config.hyperparameters, len(data.splits.train))
    model = once(("model", config.model, config.prices, data.digests), lambda: open_model(config.model, config.prices, data.splits))
    data = replace(data, report=with_findings(data.report, model.remarks, checks.severity))
    if model.opened:
        model = replace(model, obstacles=(*model.obstacles, *_obstacles(config, model.opened, hyperparameters)))
    if model.local:
        data = replace(data, report=with_lengths(data.report, model.local.name, model.local.lengths))
    evaluation, there = config.evaluation, items_of(data.splits.validation)
    asking = (data.digests, evaluation.few_shot, evaluation.generation, evaluation.suites)
    questions = once(("questions", asking), lambda: questions_of(evaluation, data.splits))
    data = replace(data, report=with_findings(data.report, findings_of(questions), checks.severity))
    start = _start(config, model, state, once)
    if start and (seen := start.findings(data.splits.test)):
        data = replace(data, report=with_findings(data.report, seen, checks.severity))
        raise_on_errors(data.report)
    earlier = once(("earlier", config.model, data.digests), lambda: earlier_runs(config, data, state))
    p = Prepared(config, data, hyperparameters, model, questions, there, {}, earlier, NOTHING, start=start)
    counting = ("asked", config.model, config.prices, asking, evaluation.measure_validation)
    p = replace(p, asked=once(counting, lambda: count_asked(model, p.asks)))
    return replace(p, estimate=estimate_of(p, known_keys(p), state))


def _start(config: RunConfig, model: Opening, state: State, once: Once) -> Start | None:
    reference, local = config.training.start_from, model.local
    return once(("start", reference, config.model), lambda: find_start(reference, local, state)) if reference and local else None


def _obstacles(config: RunConfig, model: OpenModel, hyperparameters: Resolved) -> tuple[FtexpError, ...]:
    """What isn't there yet. Raises ConfigError for what the model can't be told."""
    try:
        model.check(config.training.method, hyperparameters, config.seed, config.training)
    except NotThereYetError as error:
        return (error,)
    if config.evaluation.headline_is_loss and model.machine is None:
        return (ConfigError(_no_likelihoods(config)),)
    return ()


def _no_likelihoods(config: RunConfig) -> str:
    evaluation = config.evaluation
    others = [f"eval.headline={name}" for name, metric in evaluation.by_name.items() if not isinstance(metric, MeasuredMetric)]
    return f"eval.headline: {evaluation.headline} is a likelihood, which a service doesn't give; expected {' or '.join(others)}"


def execute(p: Prepared, model: OpenModel, keys: Keys, step: Steps) -> Record:
    """Raises BackendError's kin where training or answering fails; what was done until then stays on record."""
    training = step("train", keys.train, TrainingResult, lambda: model.train(_order(p, keys), step))
    step.state.discard("training", keys.train.value)  # not before the result is on record: a start cut off in between goes on from it
    subjects = subjects_of(model, training.tuned(step.state.root))
    found = evaluate(p, model, subjects, keys, step)
    pairs = held_out(p, model, training, keys.pairs, step) if keys.pairs else None
    selection = rank_by(p, subjects, keys, step) if keys.select else None
    diagnoses = _diagnosed(p, training, found, step)

    billed = _billed(p, training, step)
    return Record(**dict(found), training=training, billed_usd=billed, selection=selection, diagnoses=diagnoses, pairs=pairs)


def evaluate(p: Prepared, model: OpenModel, subjects: Subjects, keys: Keys, step: Steps) -> Evaluated:
    """Base, few-shot and tuned model are asked, scored, compared and judged."""
    evaluation = p.config.evaluation

    heard = {q.name: hear(p, q, subjects, keys, step) for q in p.questions}
    scores = step("score", keys.score, Scores, lambda: score(evaluation, heard))
    comparison = step("compare", keys.compare, Comparison, lambda: compare(evaluation, scores))
    gates = step("gates", keys.gates, GateReport, lambda: judge(evaluation, scores, p.config.suitability.facts)) if keys.gates else None
    if {"base", "tuned"} <= set(p.prompts):
        step("flips", keys.flips, Flips, lambda: flips(evaluation, evaluation.headline, "base", heard[TEST], scores))

    seconds = sum(h.seconds for h in heard.values())
    return Evaluated(comparison=comparison, evaluation_seconds=seconds, revision=model.revision, gates=gates)


def _billed(p: Prepared, training: TrainingResult, step: Steps) -> float | None:
    if not p.model.is_billed:
        return 0.0
    answers = [(ask.step, step.result_of(ask.step, Answers)) for ask in p.asks if ask.kind == "answers"]
    return total_usd([("train", training), *answers], p.model.price) if p.model.price else None


def _diagnosed(p: Prepared, training: TrainingResult, found: Evaluated, step: Steps) -> tuple[Diagnosis, ...]:
    """From the whole curve, what the suites say was lost, and replies that are answers of the training data."""
    lost = tuple(forgotten(found.comparison, p.config.evaluation))
    copies = copied(step.result_of("answers_tuned", Answers).replies, p.items, p.data.splits.train)
    stopping = p.config.training.early_stopping
    curves = curves_of(training.curve, of_pairs=p.config.training.method == "dpo")
    return diagnose(curves, training.best_step, training.steps, p.hyperparameters, stopping, lost, copies)


def known_keys(p: Prepared) -> Keys | None:
    """None for a model that isn't on this machine yet."""
    return keys_for(p, p.model.opened) if p.model.opened else None


def keys_for(p: Prepared, model: OpenModel) -> Keys:
    start = p.start.sha256 if p.start else ""
    return keys_of(p.config, p.hyperparameters, model, p.data.digests, p.questions, p.validation_items, p.again, p.tuned, start)


def subjects_of(model: OpenModel, tuned: Tuned | None) -> Subjects:
    """Who is asked; without a tuned model its questions are left out before."""
    return {"base": model.subject(None), "few_shot": model.subject(None), "tuned": model.subject(tuned)}


def _order(p: Prepared, keys: Keys) -> Order:
    splits, config = p.data.splits, p.config
    parts, start = (splits.train, splits.validation), p.start.adapter if p.start else None
    return Order(keys.train.value, p.name, *parts, p.hyperparameters, config.seed, config.training, start, p.retry_failed)
