"""Open tasks with no right answer, to see how a model writes: how likely, how varied, in which language.

Fits `base_likelihood`, `repetition`, `distinct_n` and `language`. The texts are CC0.
"""

from __future__ import annotations

from dataclasses import replace

from ftexp.evaluation.generated.templates import Template, asked, template
from ftexp.evaluation.items import Item

TOPICS = (
    "an old lighthouse", "a lost umbrella", "the first snow", "a market in the morning", "a talking cat", "a long bridge", "a quiet library",
    "an empty train", "a box of letters", "a strange clock",
)  # fmt: skip
TASKS = {
    "story": "Begin a story about {}.",
    "poem": "Write a short poem about {}.",
    "letter": "Write a short letter that mentions {}.",
    "scene": "Describe {} to somebody who has never seen one.",
    "advert": "Write a slogan for {}.",
    "dialogue": "Two friends talk about {}. What do they say?",
    "news": "Write a line of news about {}.",
    "memory": "Somebody remembers {}. What do they remember?",
    "song": "Write the first lines of a song about {}.",
    "riddle": "Make up a riddle about {}.",
    "title": "Suggest titles for a book about {}.",
    "postcard": "Write a postcard with a few words on {}.",
    "diary": "Write a diary entry about {}.",
    "question": "Ask a child three questions about {}.",
    "joke": "Tell a joke about {}.",
    "recipe": "Invent a dish that is named after {}.",
    "picture": "How would you paint {}?",
    "sound": "Which sounds go with {}?",
    "legend": "Tell a legend about {}.",
    "compare": "Compare {} with the sea.",
    "wish": "Make a wish that has to do with {}.",
    "ending": "Write the last lines of a story about {}.",
    "speech": "Begin a speech about {}.",
    "game": "Invent a game around {}.",
    "gift": "Why is {} a good or a bad gift?",
    "travel": "Somebody travels far to see {}. Why?",
    "opinion": "What do you think of {}?",
    "lesson": "What can one learn from {}?",
    "dream": "Describe a dream about {}.",
    "review": "Write a review of {}.",
}


def templates() -> tuple[Template, ...]:
    return tuple(template(f"open/{name}", ([_item(task.format(topic))] for topic in TOPICS)) for name, task in TASKS.items())


def _item(task: str) -> Item:
    """Its language is said, since so short a question doesn't show it."""
    return replace(asked(task), language="en")
