"""What of a question has to come through a paraphrase unchanged: numbers, ids, names, addresses, placeholders, negations. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache

from ftexp.augmentation.veil import VEILED, kept_in, veil
from ftexp.data.messages import Example

_EXACT = ("code", "url", "e-mail", "placeholder", "JSON", "handle", "path", "id", "quotation", "acronym")
_ONES = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBERS = (
    {word: str(n) for n, word in enumerate(_ONES, start=2)}
    | {word: str(10 * n) for n, word in enumerate(_TENS, start=2)}
    | {"hundred": "100", "thousand": "1000", "dozen": "12", "half": "1/2", "twice": "2", "double": "2", "couple": "2", "both": "2"}
    | {"second": "2", "third": "3", "fourth": "4", "fifth": "5"}
)
# One may be an article, 一 a part of many words: neither is counted.
_CHINESE = {
    "二": "2", "兩": "2", "两": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9", "十": "10",
    "百": "100", "千": "1000", "萬": "10000", "万": "10000", "半": "1/2",
}  # fmt: skip
_DAYS = {
    "monday": "monday", "tuesday": "tuesday", "wednesday": "wednesday", "thursday": "thursday", "friday": "friday",
    "saturday": "saturday", "sunday": "sunday", "weekend": "weekend", "today": "today", "tonight": "today", "tomorrow": "tomorrow",
    "yesterday": "yesterday", "noon": "noon", "midnight": "midnight", "january": "january", "february": "february", "march": "march",
    "april": "april", "june": "june", "july": "july", "august": "august", "september": "september", "october": "october",
    "november": "november", "december": "december",
}  # fmt: skip
_CHINESE_DAYS = {
    "今天": "today", "今日": "today", "今晚": "today", "明天": "tomorrow", "明日": "tomorrow", "昨天": "yesterday", "昨日": "yesterday",
    "昨晚": "yesterday", "後天": "day after", "前天": "day before", "上週": "last week", "上星期": "last week", "下週": "next week",
    "下星期": "next week", "上個月": "last month", "下個月": "next month", "月底": "end of month", "去年": "last year", "明年": "next year",
}  # fmt: skip
_NOT = re.compile(
    r"\b(?:not|no|never|none|nothing|nobody|nowhere|neither|nor|without|cannot|can'?t|won'?t|[a-z]+n['’]t|dont|doesnt|didnt|isnt|wasnt)\b"
    r"|\b(?:un(?:able|paid|used|opened|known)|missing|fail(?:s|ed|ing)?|lack(?:s|ed|ing)?|lost)\b"
    r"|不(?!好意思|同|過|管)|沒|没|無|无|未(?!來)|別|勿|缺|少了",
    re.IGNORECASE,
)
_EITHER = re.compile(r"(.)[不沒]\1")
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_HAN_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")


@cache
def _chinese_days() -> re.Pattern[str]:
    return re.compile("|".join(sorted(_CHINESE_DAYS, key=lambda day: (-len(day), day))))


def numbers_of(text: str) -> Counter[str]:
    """Every number, in digits, English words or Chinese characters, as digits."""
    plain = unicodedata.normalize("NFKC", text)
    found = Counter(re.sub(r"(?<=\d),(?=\d{3})", "", n) for n in re.findall(r"\d+(?:[.,:/-]\d+)*", plain))
    found.update(_NUMBERS[word] for word in re.findall("[a-z]+", plain.lower()) if word in _NUMBERS)
    found.update(_CHINESE[character] for character in plain if character in _CHINESE)
    return found


def days_of(text: str) -> set[str]:
    english = {_DAYS[word] for word in re.findall("[a-z]+", text.lower()) if word in _DAYS}
    english |= {" ".join(found) for found in re.findall(r"\b(last|next|this) (week|month|year|weekend)\b", text.lower())}
    return english | {_CHINESE_DAYS[day] for day in _chinese_days().findall(text)}


def exact_of(text: str) -> Counter[tuple[str, str]]:
    """Ids, addresses, placeholders, code and quotations, with their kind, to the letter."""
    return Counter((kind, span) for kind, span in kept_in(text) if kind in _EXACT)


def names_of(text: str) -> set[str]:
    """Words with a capital inside a sentence, and any Latin word among Chinese; in small letters."""
    free = re.sub(VEILED, " x ", veil(text).text)
    among_chinese = 4 * sum(map(len, _HAN_RUN.findall(free))) >= len(free)
    found = set()
    for match in _LATIN_WORD.finditer(free):
        begins = re.search(r"(?:^|(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)[.!?。！？:：\n]\W*)$", free[: match.start()])
        if among_chinese or (match[0][0].isupper() and not begins and not re.fullmatch(r"I(?:['’]\w+)?", match[0])):
            found.add(match[0].lower().removesuffix("'s").removesuffix("’s"))
    return found - {"x"}


def negations_in(text: str) -> int:
    """How many there are; 能不能, 有沒有 and their like, which ask, are none."""
    return len(_NOT.findall(_EITHER.sub("", text)))


def answer_parts(example: Example) -> Iterator[str]:
    """What the answer takes from a question: a label, the texts of JSON, or runs of three Chinese characters and more."""
    reply = example.reference.strip()
    try:
        yield from _leaves(json.loads(reply))
    except ValueError:
        if len(reply) <= 40:
            yield reply
        else:
            yield from _HAN_RUN.findall(reply)


def taken_from(question: str, example: Example) -> set[str]:
    """Those parts of the answer that stand in the question, and so must stand in a paraphrase of it."""
    whole = set[str]()
    for part in answer_parts(example):
        if part and part in question:
            whole.add(part)
        elif _HAN_RUN.fullmatch(part):
            whole |= _common_runs(part, question, 3)
    return whole


def _common_runs(one: str, other: str, least: int) -> set[str]:
    """The longest pieces of `one` that `other` has, of at least so many characters."""
    found, start = set[str](), 0
    while start + least <= len(one):
        end = start
        while end < len(one) and one[start : end + 1] in other:
            end += 1
        if end - start >= least:
            found.add(one[start:end])
        start = max(end, start + 1) if end - start >= least else start + 1
    return found


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
