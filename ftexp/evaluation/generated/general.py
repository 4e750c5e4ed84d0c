"""General ability: short questions with one short right answer, which stands nowhere in the question.

Fits the metric `contains`: a reply that repeats the question is never right. Whole sentences are asked for, since a small model
knows more of what it says in one: asked for a single word, SmolLM2-135M got half as much right (measured 2026-11). The texts are CC0.
"""

from __future__ import annotations

from ftexp.evaluation.generated.facts import FACTS
from ftexp.evaluation.generated.numbers import CALCULATIONS
from ftexp.evaluation.generated.templates import Template, asked, rows, template
from ftexp.evaluation.items import Item

SENTENCE = "Answer in a brief sentence."


def templates() -> tuple[Template, ...]:
    facts = {name: [(ask.format(cell), answers) for cell, answers in rows(table)] for name, (ask, table) in FACTS.items()}
    calculations = {name: list(made()) for name, made in CALCULATIONS.items()}
    return tuple(
        template(f"general/{name}", ([_item(question, answers)] for question, answers in questions))
        for name, questions in (facts | calculations).items()
    )


def _item(question: str, answers: str) -> Item:
    """`answers` as `8/eight`: the reference, and what else is right."""
    reference, *accepted = answers.split("/")
    return asked(f"{question} {SENTENCE}", reference, accepted)
