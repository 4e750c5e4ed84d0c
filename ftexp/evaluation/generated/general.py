"""General ability: short questions with one short right answer, which stands nowhere in the question.

Fits the metric `contains`; a reply that repeats the question is never right. The texts are CC0.
"""

from __future__ import annotations

from ftexp.evaluation.generated.facts import WITH_A_NUMBER, WITH_A_WORD
from ftexp.evaluation.generated.numbers import CALCULATIONS
from ftexp.evaluation.generated.templates import Template, asked, rows, template
from ftexp.evaluation.items import Item

WORD = "Answer with one word."
NUMBER = "Answer with the number only."


def templates() -> tuple[Template, ...]:
    facts = [
        template(f"general/{name}", ([_item(f"{ask.format(cell)} {ending}", answers)] for cell, answers in rows(table)))
        for ending, tables in ((WORD, WITH_A_WORD), (NUMBER, WITH_A_NUMBER))
        for name, (ask, table) in tables.items()
    ]
    calculations = [
        template(f"general/{name}", ([_item(f"{question} {NUMBER}", answer)] for question, answer in made()))
        for name, made in CALCULATIONS.items()
    ]
    return (*facts, *calculations)


def _item(question: str, answers: str) -> Item:
    """`answers` as `8/eight`: the reference, and what else is right."""
    reference, *accepted = answers.split("/")
    return asked(question, reference, accepted)
