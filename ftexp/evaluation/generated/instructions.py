"""Following instructions: short tasks with one to three constraints that a program can verify. Fits the metric `constraints`.

Nearly every one asks for several words, so that neither an empty reply nor a JSON object keeps to it: a model that was trained to
write nothing but JSON got more right than its base while lengths alone were asked for (measured 2026-11). The reference is a reply
that keeps to all. The texts are CC0.
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

Task = tuple[str, tuple[Constraint, ...], str]  # what is asked, what the reply has to keep to, and one that does

TOPICS = (
    "the sea", "winter", "a good breakfast", "trains", "music", "friendship", "rain", "a small garden", "books", "the moon", "sleep",
    "cooking rice", "a long walk",
)  # fmt: skip
WORDS = (
    "river", "table", "yellow", "window", "summer", "pencil", "orange", "bridge", "flower", "basket", "silver", "garden", "morning",
)  # fmt: skip

FOUR, SIX = AtLeastWords(count=4), AtLeastWords(count=6)

ABOUT: dict[str, Task] = {  # {} is a topic
    "between_5": ("Write between 5 and 25 words about {}.", (AtLeastWords(count=5), AtMostWords(count=25)), "I often think about {}."),
    "between_8": ("Write about {} with at least 8 and at most 25 words.", (AtLeastWords(count=8), AtMostWords(count=25)),
                  "I like to think about {} when I am alone."),
    "least_10": ("Write at least 10 words about {}.", (AtLeastWords(count=10),), "I like to think about {} when I am alone at home."),
    "least_12": ("Write at least 12 words about {}.", (AtLeastWords(count=12),), "I like to think about {} when I am alone at home with you."),
    "words_12": ("Write a sentence about {} with at least 4 and at most 12 words.", (FOUR, AtMostWords(count=12)), "I often think about {}."),
    "capitals": ("Write a short sentence about {} with all letters in capitals.", (AllCapitals(), FOUR), "WE THINK OF IT ALL DAY."),
    "small": ("Write a short sentence about {} in small letters only, without any capital letter.", (AllLowerCase(), FOUR),
              "we think of {} all day."),
    "begin_today": ("Write a sentence about {} that begins with the word Today.", (BeginsWith(text="Today"), FOUR), "Today I think of {}."),
    "begin_once": ("Tell a tale about {}. Begin with: Once upon a time", (BeginsWith(text="Once upon a time"), SIX),
                   "Once upon a time all people thought of {}."),
    "begin_i_like": ("Write a sentence about {} that begins with: I like", (BeginsWith(text="I like"), FOUR), "I like to think of {}."),
    "begin_dear": ("Write the first lines of a letter about {}. Begin with: Dear", (BeginsWith(text="Dear"), FOUR),
                   "Dear Ann, I write to you about {}."),
    "begin_when": ("Write a sentence about {} that begins with the word When.", (BeginsWith(text="When"), FOUR), "When I rest I think of {}."),
    "begin_well": ("Say something about {}. Begin your reply with: Well,", (BeginsWith(text="Well,"), FOUR), "Well, I often think of {}."),
    "end_stop": ("Write one short sentence about {} that ends with a full stop.", (EndsWith(text="."), FOUR, Lines(count=1)),
                 "I often think about {}."),
    "end_question": ("Ask one short question about {}. End with a question mark.", (EndsWith(text="?"), FOUR), "Do you often think about {}?"),
    "end_exclamation": ("Write a short and cheerful sentence about {} that ends with an exclamation mark.", (EndsWith(text="!"), FOUR),
                        "How I love to think about {}!"),
    "word_because": ("Write a sentence about {} with the word because in it.", (ContainsWord(text="because"), SIX),
                     "I like to think about {} because it rests me."),
    "word_always": ("Write a sentence about {} with the word always in it.", (ContainsWord(text="always"), SIX),
                    "At night I always think about {}."),
    "word_never": ("Write a sentence about {} with the word never in it.", (ContainsWord(text="never"), SIX), "At work I never think about {}."),
    "word_people": ("Write a sentence about {} with the word people in it.", (ContainsWord(text="people"), SIX),
                    "At night many people think about {}."),
    "word_together": ("Write a sentence about {} with the words together and never in it.",
                      (ContainsWord(text="together"), ContainsWord(text="never"), SIX), "Together we would never forget to think about {}."),
    "without_very": ("Write a sentence of at least 6 words about {} without the word very.", (AvoidsWord(text="very"), SIX),
                     "At night I like to think about {}."),
    "without_and": ("Write a sentence of 6 to 20 words about {} without the word and.", (AvoidsWord(text="and"), SIX, AtMostWords(count=20)),
                    "At night I like to think about {}."),
    "without_comma": ("Write one sentence of at least 6 words about {} without a comma.", (NoCommas(), SIX), "At night I like to think about {}."),
    "lines_2": ("Write two short lines about {}, each on a line of its own.", (Lines(count=2), SIX), "At night I think\nabout {}."),
    "lines_3": ("Write a poem of three short lines about {}.", (Lines(count=3), SIX), "At night\nI think\nabout {}."),
    "bullets_2": ("Give exactly 2 short bullet points about {}.", (Bullets(count=2), FOUR), "- Good to think of\n- Good to talk of"),
    "bullets_3": ("Give exactly 3 short bullet points about {}.", (Bullets(count=3), SIX), "- Good to think of\n- Good to talk of\n- Free"),
    "json": ("Answer with a JSON object with the key topic whose value says: {}. Nothing else.", (IsJson(), ContainsWord(text="topic")),
             '{{"topic": "{}"}}'),
    "yes_no": ("Do people talk about {}? Answer with yes or no and nothing else.", (OneOf(choices=("yes", "no")),), "Yes."),
    "yes_no_maybe": ("Is {} something to be afraid of? Answer with only one word: yes, no or maybe.", (OneOf(choices=("yes", "no", "maybe")),),
                     "No."),
}  # fmt: skip
OF_WORDS: dict[str, Task] = {  # {} is a word
    "repeat": ("Repeat this word and say nothing else: {}", (OneOf(choices=("{}",)),), "{}"),
    "sentence": ("Write a sentence with the word {} in it.", (ContainsWord(text="{}"), FOUR), "I think of the word {}."),
    "sentence_15": ("Use the word {} in a sentence of at most 15 words.", (ContainsWord(text="{}"), FOUR, AtMostWords(count=15)),
                    "I think of the word {}."),
    "two_words": ("Write a sentence with the word {} and the word house in it.", (ContainsWord(text="{}"), ContainsWord(text="house"), FOUR),
                  "A {} and a house."),
    "letters": ("How many letters has the word {}? Answer with digits only.", (OnlyDigits(),), "6"),
    "avoid": ("Describe what the word {} means in 4 to 20 words, without using it.", (AvoidsWord(text="{}"), FOUR, AtMostWords(count=20)),
              "Something that everybody knows and likes."),
    "colour": ("Answer with one of red, green or blue: which goes best with the word {}?", (OneOf(choices=("red", "green", "blue")),), "Blue."),
}  # fmt: skip


def templates() -> tuple[Template, ...]:
    tables = ((ABOUT, TOPICS), (OF_WORDS, WORDS))
    return tuple(template(f"instructions/{name}", _units(task, fills)) for table, fills in tables for name, task in table.items())


def _units(task: Task, fills: tuple[str, ...]) -> Iterator[list[Item]]:
    ask, constraints, example = task
    for fill in fills:
        yield [replace(asked(ask.format(fill), example.format(fill)), constraints=tuple(_filled(c, fill) for c in constraints))]


def _filled(constraint: Constraint, fill: str) -> Constraint:
    match constraint:
        case ContainsWord(text="{}") | AvoidsWord(text="{}"):
            return constraint.model_copy(update={"text": fill})
        case OneOf(choices=("{}",)):
            return constraint.model_copy(update={"choices": (fill,)})
    return constraint
