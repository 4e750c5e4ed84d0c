"""Puts questions to the subjects of a run; each thing that each subject does with them is a step of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ftexp.backends.base import Subject
from ftexp.backends.kept import KeptBatches
from ftexp.backends.results import Answers, Losses
from ftexp.data.messages import Example, Message
from ftexp.estimating import rate_name
from ftexp.evaluation.asking import Ask, ranking_ask
from ftexp.evaluation.items import Questions, SubjectName
from ftexp.evaluation.scoring import Heard, Selection, select
from ftexp.keys import Key, Keys
from ftexp.steps import Steps

if TYPE_CHECKING:
    from ftexp.run import Prepared


Subjects = Mapping[SubjectName, Subject]


def hear(p: Prepared, q: Questions, subjects: Subjects, keys: Keys, step: Steps) -> Heard:
    """What the subjects say to some questions, and what is measured of references and replies where a metric asks for it."""
    to_answer, of_references, of_replies = keys.of("answers", q), keys.of("loss", q), keys.of("reply_loss", q)

    def answer(subject: SubjectName) -> Answers:
        return _answer(p, subjects, Ask("answers", q, subject), to_answer[subject], step)

    def judge_replies(subject: SubjectName) -> Losses:
        """By the base, which is asked as plainly as it was."""
        return _reply_losses(p, subjects, Ask("reply_loss", q, subject), answers[subject], step)

    answers = step.each(q.of("answers"), to_answer, Answers, answer)
    for key in to_answer.values():
        step.state.discard("answers", key.value)  # the batches, now that the whole is on record
    losses = step.each(q.of("losses"), of_references, Losses, lambda s: _losses(p, subjects, Ask("loss", q, s), step))
    reply_losses = step.each(q.of("reply_losses"), of_replies, Losses, judge_replies)
    return Heard(q.items, answers, losses, reply_losses)


def rank_by(p: Prepared, subjects: Subjects, keys: Keys, step: Steps) -> Selection:
    """The headline metric on the validation examples, which are neither trained on nor used to confirm."""
    assert keys.validation and keys.select, "asked for together"
    key, evaluation = keys.validation, p.config.evaluation
    ask = ranking_ask(evaluation, p.validation_items)
    answers, losses = None, None
    if ask.kind == "loss":
        losses = step("losses_validation", key, Losses, partial(_losses, p, subjects, ask, step))
    else:
        answers = step("answers_validation", key, Answers, partial(_answer, p, subjects, ask, key, step))
        step.state.discard("answers", key.value)
    return step("select", keys.select, Selection, lambda: select(evaluation, p.validation_items, answers, losses))


def _answer(p: Prepared, subjects: Subjects, ask: Ask, key: Key, step: Steps) -> Answers:
    """Batch by batch: an attempt that was cut off goes on with the batch it was at."""
    q = ask.questions
    kept = KeptBatches(step.state.folder("answers", key.value) / "batches.jsonl")
    with step.progress.task(ask.name, len(q.items)) as reached:
        found = subjects[ask.subject].answers(q.prompts[ask.subject], q.generation, step.watched(reached), kept)
    _time(p, ask, sum(r.tokens_in + r.tokens_out for r in found.replies), found.seconds, step)
    return found


def _losses(p: Prepared, subjects: Subjects, ask: Ask, step: Steps) -> Losses:
    """Of each reference after the subject's own prompt."""
    q, said = ask.questions, p.asked[ask.part]
    found = _measure(subjects[ask.subject], ask, q.prompts[ask.subject], [i.reference for i in q.items], step)
    _time(p, ask, said.prompts + said.references, found.seconds, step)
    return found


def _reply_losses(p: Prepared, subjects: Subjects, ask: Ask, answers: Answers, step: Steps) -> Losses:
    """Of each reply after the plain prompt, under the base."""
    found = _measure(subjects["base"], ask, [i.prompt for i in ask.questions.items], [r.text for r in answers.replies], step)
    _time(p, ask, sum(r.tokens_in + r.tokens_out for r in answers.replies), found.seconds, step)
    return found


def _measure(subject: Subject, ask: Ask, prompts: Sequence[tuple[Message, ...]], texts: Sequence[str], step: Steps) -> Losses:
    """None for a reply that is empty; a reference never is, since its end is learned too."""
    origins = [i.origin for i in ask.questions.items]
    wanted = [bool(text) or ask.kind == "loss" for text in texts]
    examples = [
        Example((*prompt, Message("assistant", text)), origin)
        for prompt, text, origin, is_wanted in zip(prompts, texts, origins, wanted, strict=True)
        if is_wanted
    ]
    with step.progress.task(ask.name, len(examples)) as reached:
        found = subject.losses(examples, step.watched(reached))
    values = iter(found.values)
    told = tuple(next(values) if is_wanted else None for is_wanted in wanted)
    return Losses(values=told, seconds=found.seconds, missing=found.missing)


def _time(p: Prepared, ask: Ask, tokens: int, seconds: float, step: Steps) -> None:
    """Keeps the rate, for estimates to come."""
    if p.model.local and tokens and seconds > 0:
        step.state.journal.measured(rate_name(p.model.local, ask), tokens / seconds)
