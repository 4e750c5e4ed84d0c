"""What speaks against taking an answer for a paraphrase of a question: the first reason found, in words that are counted. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from ftexp.augmentation.carried import days_of, exact_of, names_of, negations_in, numbers_of, taken_from
from ftexp.augmentation.noise import ENGLISH, free_of, tongue_of
from ftexp.augmentation.slots import Slots, swapped
from ftexp.backends.results import Reply
from ftexp.data.messages import Example
from ftexp.validation.alike import normalised
from ftexp.validation.content import refuses
from ftexp.validation.language import FREQUENT_ENGLISH, LanguageRules, language_of
from ftexp.validation.near import words_of

NEAR_COPY = 0.8  # of the words in common, as for near-duplicates in data
LIKE_AN_ANSWER = 0.6
_SHORT = LanguageRules(letters=10, chinese_characters=1)

NO_ANSWER, EMPTY, CUT_OFF, GARBAGE = "there was no answer", "is empty", "is cut off", "is garbage"
TOO_LONG, TOO_SHORT, SEVERAL = "is too long", "is too short", "is several texts"
ABOUT, ANSWERS, PERSON = "talks about the task", "answers instead of asking", "speaks as somebody else"
OTHER_LANGUAGE, UNRELATED, COPY = "is in another language", "has none of the words of the question", "is a near-copy of the question"
NUMBER, EXACT, NAME, DAY, THING = (
    "changes a number",
    "changes an id, address, quotation or placeholder",
    "changes a name",
    "changes a day or date",
    "puts another thing in place",
)
NEGATION, TAKEN = "drops or adds a negation", "drops what the answer is about"

_NOISE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffd\u200b\u202a-\u202e\u2060-\u2069\ue000-\uf8ff]|<\|[^|<>]{1,40}\|>|\[/?INST\]")
_LOOP = re.compile(r"(.{1,40}?)\1{4,}", re.DOTALL)
_ABOUT = re.compile(
    r"\W*(?:sure|certainly|of course|absolutely|here(?:'s| is| are)\b.{0,40}(?:message|version|rewrit|paraphras|rephras)"
    r"|(?:the |your )?(?:re(?:written|phrased|worded)|paraphrased?)\b|message\s*:|as an ai\b|i(?:'d| would) be happy"
    r"|好的|當然|沒問題|以下是|這是改寫|改寫(?:後|為|：|:)|訊息：|作為)",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"[?？]|^\W*(?:who|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|will|would|should|may|has|have)\b"
    r"|\b(?:tell|let) me (?:know)?|\b(?:wonder|want to know|would like to know|curious|wondering)\b|please (?:tell|explain|advise|confirm)"
    r"|嗎|呢|什麼|怎麼|怎樣|如何|哪|誰|幾|多少|多久|[能可是會要](?:不[能可是會要])|有沒有|想知道|想問|請問|告訴我|何時|是否|能否",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\b(?:i|me|my|mine|we|us|our|ours)\b|我|咱", re.IGNORECASE)
_SECOND = re.compile(r"\b(?:you|your|yours)\b|你|您", re.IGNORECASE)
_LATIN = re.compile("[A-Za-z]+")
_QUOTES = {'"': '"', "“": "”", "「": "」", "『": "』", "'": "'"}


def cleaned(answer: str, question: str) -> str:
    """Without white space around, and without quotation marks around all of it where the question has none."""
    text = answer.strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and not question.startswith(text[0]) and text.count(text[0]) <= 2:
        return text[1:-1].strip()
    return text


def refusal(question: str, reply: Reply, example: Example, most_tokens: int, slots: Slots) -> str:
    """Why this reply is no paraphrase of the question, which is a user message of the example; empty where it is one."""
    if reply.error:
        return NO_ANSWER
    text = cleaned(reply.text, question)
    if not text:
        return EMPTY
    if reply.tokens_out >= most_tokens:
        return CUT_OFF
    return _form(question, text) or _speech(question, text, example) or _facts(question, text, example, slots) or _likeness(question, text)


def _form(question: str, text: str) -> str:
    if len(text) > 2 * len(question) + 40:
        return TOO_LONG
    if _NOISE.search(text) or (_LOOP.search(text) and not _LOOP.search(question)) or _letters(text) < 0.6 * _letters(question):
        return GARBAGE
    if 3 * len(text) < len(question):
        return TOO_SHORT
    if text.count("\n") > question.count("\n"):
        return SEVERAL
    return ""


def _letters(text: str) -> float:
    """The share of letters and digits."""
    return sum(map(str.isalnum, text)) / max(sum(not c.isspace() for c in text), 1)


def _speech(question: str, text: str, example: Example) -> str:
    """What is said to whom, and in which language."""
    if tongue_of(text) is not tongue_of(question) or (tongue_of(question) is ENGLISH and language_of(text, _SHORT) not in ("en", None)):
        return OTHER_LANGUAGE
    if _ABOUT.match(text) and not _ABOUT.match(question):
        return ABOUT
    if refuses(text) and not refuses(question):
        return ANSWERS
    answers = [m.content for m in example.messages if m.role == "assistant" and m.content]
    if any(_is_answer(question, text, answer) for answer in answers) or (_QUESTION.search(question) and not _QUESTION.search(text)):
        return ANSWERS
    if _FIRST.search(question) and not _FIRST.search(text) and _SECOND.search(text):
        return PERSON
    return ""


def _is_answer(question: str, text: str, answer: str) -> bool:
    """Nearer to the answer of the row than to its question, or with the whole of a longer answer in it."""
    whole = normalised(answer)
    if len(whole) > 15 and whole in normalised(text):
        return True
    return LIKE_AN_ANSWER <= alike(text, answer) > alike(text, question)


def _facts(question: str, text: str, example: Example, slots: Slots) -> str:
    if exact_of(question) != exact_of(text):
        return EXACT
    if numbers_of(question) != numbers_of(text):
        return NUMBER
    if days_of(question) != days_of(text):
        return DAY
    if not all(name in text.lower() for name in names_of(question)) or not all(name in question.lower() for name in names_of(text)):
        return NAME
    if swapped(question, text, slots):
        return THING
    if negations_in(question) != negations_in(text):
        return NEGATION
    if not all(part in text for part in taken_from(question, example)):
        return TAKEN
    return ""


def _likeness(question: str, text: str) -> str:
    found = alike(question, text)
    if found >= NEAR_COPY or normalised(question) == normalised(text):
        return COPY
    if found == 0:
        return UNRELATED
    return "" if _is_language(question, text) else GARBAGE


def _is_language(question: str, text: str) -> bool:
    """Of words of Latin letters, a third has to be frequent English or the question's, and no new one be without vowels."""
    known = {word.lower() for word in _LATIN.findall(question)}
    words = [word.lower() for word in _LATIN.findall(free_of(text))]
    if any(len(word) > 3 and not re.search("[aeiouy]", word) for word in words if word not in known):
        return False
    return 3 * sum(word in known or word in FREQUENT_ENGLISH for word in words) >= len(words)


def alike(one: str, other: str) -> float:
    """Jaccard of their words, of every two neighbouring characters in Chinese."""
    first, second = _words(one), _words(other)
    return len(first & second) / max(len(first | second), 1)


@lru_cache(maxsize=1 << 15)
def _words(text: str) -> frozenset[int]:
    return frozenset(words_of(normalised(text)))
