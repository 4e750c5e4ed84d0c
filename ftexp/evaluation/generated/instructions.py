"""Following instructions: short tasks with one or two constraints that a program can verify. Fits the metric `constraints`.

The texts are CC0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ftexp.evaluation.constraints import (
    AllCapitals,
    AllLowerCase,
    AtLeastWords,
    AtMostWords,
    AvoidsWord,
    BeginsWith,
    Bullets,
    Constraint,
    ContainsWord,
    EndsWith,
    IsJson,
    Lines,
    NoCommas,
    OneOf,
    OnlyDigits,
)
from ftexp.evaluation.generated.templates import Template, asked, template
from ftexp.evaluation.items import Item

TOPICS = (
    "the sea", "winter", "a good breakfast", "trains", "music", "friendship", "rain", "a small garden", "books", "the moon", "sleep",
    "cooking rice",
)  # fmt: skip
WORDS = ("river", "table", "yellow", "window", "summer", "pencil", "orange", "bridge", "flower", "basket", "silver", "garden")

# By template: the task, and what its reply has to keep to; {} is a topic in the first table, a word in the second.
ABOUT: dict[str, tuple[str, tuple[Constraint, ...]]] = {
    "words_10": ("Write about {} in at most 10 words.", (AtMostWords(count=10),)),
    "words_20": ("Write about {} in at most 20 words.", (AtMostWords(count=20),)),
    "words_5": ("Describe {} in at most 5 words.", (AtMostWords(count=5),)),
    "least_12": ("Write at least 12 words about {}.", (AtLeastWords(count=12),)),
    "between": ("Write about {} with at least 8 and at most 25 words.", (AtLeastWords(count=8), AtMostWords(count=25))),
    "capitals": ("Write a short sentence about {} with all letters in capitals.", (AllCapitals(),)),
    "small": ("Write a short sentence about {} in small letters only, without any capital letter.", (AllLowerCase(),)),
    "begin_today": ("Write a sentence about {} that begins with the word Today.", (BeginsWith(text="Today"),)),
    "begin_well": ("Say something about {}. Begin your reply with: Well,", (BeginsWith(text="Well,"),)),
    "begin_answer": ("Tell me one thing about {}. Begin your reply with: Answer:", (BeginsWith(text="Answer:"),)),
    "end_stop": ("Write one sentence about {} that ends with a full stop.", (EndsWith(text="."), Lines(count=1))),
    "end_question": ("Ask one question about {}. End with a question mark.", (EndsWith(text="?"),)),
    "end_exclamation": ("Write a cheerful sentence about {} that ends with an exclamation mark.", (EndsWith(text="!"),)),
    "end_end": ("Say one thing about {}. The last word of your reply must be: end", (EndsWith(text="end"),)),
    "word_because": ("Write a sentence about {} with the word because in it.", (ContainsWord(text="because"),)),
    "word_always": ("Write a sentence about {} with the word always in it.", (ContainsWord(text="always"),)),
    "word_together": ("Write a sentence about {} with the words together and never in it.",
                      (ContainsWord(text="together"), ContainsWord(text="never"))),
    "without_the": ("Write a short sentence about {} without the word very.", (AvoidsWord(text="very"), AtMostWords(count=25))),
    "without_and": ("Write at most 12 words about {} without the word and.", (AvoidsWord(text="and"), AtMostWords(count=12))),
    "without_comma": ("Write one sentence about {} without a comma.", (NoCommas(), AtMostWords(count=40))),
    "lines_2": ("Write two lines about {}, each on a line of its own, and nothing else.", (Lines(count=2),)),
    "lines_3": ("Write a poem of three lines about {}. Three lines only.", (Lines(count=3),)),
    "bullets_2": ("Give exactly 2 bullet points about {}, each beginning with a dash.", (Bullets(count=2),)),
    "bullets_3": ("Give exactly 3 bullet points about {}, each beginning with a dash.", (Bullets(count=3),)),
    "json": ("Answer with a JSON object with the key topic whose value says: {}. Nothing else.", (IsJson(),)),
    "yes_no": ("Do people talk about {}? Answer with yes or no and nothing else.", (OneOf(choices=("yes", "no")),)),
    "like": ("Is {} something that one can eat? Answer with yes, no or maybe and nothing else.", (OneOf(choices=("yes", "no", "maybe")),)),
}  # fmt: skip
OF_WORDS: dict[str, tuple[str, tuple[Constraint, ...]]] = {
    "repeat": ("Repeat this word and say nothing else: {}", (AtMostWords(count=1), ContainsWord(text="{}"))),
    "sentence": ("Write a sentence with the word {} in it, of at most 15 words.", (ContainsWord(text="{}"), AtMostWords(count=15))),
    "begin_word": ("Write a sentence that begins with the word {}.", (BeginsWith(text="{}"),)),
    "letters": ("How many letters has the word {}? Answer with digits only.", (OnlyDigits(),)),
    "avoid": ("Describe what the word {} means in at most 20 words, without using it.", (AvoidsWord(text="{}"), AtMostWords(count=20))),
    "shout": ("Write the word {} in capital letters and nothing else.", (AllCapitals(), AtMostWords(count=1))),
    "colour": ("Answer with one of red, green or blue: which goes best with the word {}?", (OneOf(choices=("red", "green", "blue")),)),
}


def templates() -> tuple[Template, ...]:
    tables = ((ABOUT, TOPICS), (OF_WORDS, WORDS))
    return tuple(template(f"instructions/{n}", _units(*task, fills)) for table, fills in tables for n, task in table.items())


def _units(task: str, constraints: tuple[Constraint, ...], fills: tuple[str, ...]) -> Iterator[list[Item]]:
    for fill in fills:
        yield [replace(asked(task.format(fill)), constraints=tuple(_filled(c, fill, task) for c in constraints))]


def _filled(constraint: Constraint, fill: str, task: str) -> Constraint:
    """A word that begins a sentence may have its capital."""
    if getattr(constraint, "text", "") != "{}":
        return constraint
    return constraint.model_copy(update={"text": fill})
