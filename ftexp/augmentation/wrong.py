"""One wrong answer of each kind to an example. Each gives None where it has nothing to go by; what it gives is checked elsewhere. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from ftexp.augmentation.answers import Known, Place, json_of, leaves, written_as
from ftexp.augmentation.refusing import alike
from ftexp.augmentation.rows import users_of
from ftexp.augmentation.veil import kept_in
from ftexp.data.messages import Example

MOST_NEIGHBOURS = 300  # rows that are looked through for a similar question
SAME_ANSWER = 0.5  # of the words in common: two ways to say one thing, perhaps
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_DAYS = (
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("today", "tomorrow", "yesterday"),
    ("今天", "明天", "昨天", "後天"),
    ("週一", "週二", "週三", "週四", "週五", "週六", "週日"),
    ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    ("days", "weeks", "months"),
)
_DAY = re.compile("|".join(rf"\b{d}\b" if d.isascii() else d for days in _DAYS for d in days))
_CHINESE_NUMBER = re.compile("[二兩三四五六七八九十](?=[天日期週年個小分件次折成元間])")
_AROUND = (
    "Sure! Here you go: {}",
    "{}\n\nLet me know if there is anything else that I can do for you.",
    "Here is the answer you asked for:\n\n{}\n\nI hope this helps!",
    "The answer is: {}",
)
_AROUND_CHINESE = (
    "好的，以下是您要的內容：{}",
    "{}\n\n如果還有其他需要，請告訴我。",
    "根據您的訊息，結果如下：\n\n{}\n\n希望對您有幫助！",
    "答案是：{}",
)


def label(example: Example, known: Known, rng: Random) -> str | None:
    """Another label of the data, or JSON with another value of one of its classes."""
    reply = example.reference.strip()
    if known.labels:
        return rng.choice([other for other in known.labels if other != reply])
    value = json_of(reply)
    places = [path for path, _ in leaves(value) if len(known.classes.get(path, ())) > 1]
    return _with_another(reply, value, rng.choice(places), known.classes, rng) if places else None


def detail(example: Example, known: Known, rng: Random) -> str | None:
    """Another number, id, day or date; in JSON another row's value, or a changed one, where values aren't classes."""
    reply = example.reference
    value = json_of(reply)
    if value is not None:
        places = [path for path, _ in leaves(value) if path in known.others]
        return _with_another(reply, value, rng.choice(places), known.others, rng) if places else None
    spans = [m.span() for m in (*_DAY.finditer(reply), *_CHINESE_NUMBER.finditer(reply))] + _facts(reply)
    if not spans:
        return None
    start, end = rng.choice(sorted(set(spans)))
    return reply[:start] + _changed(reply[start:end], rng) + reply[end:]


def another(example: Example, known: Known, rng: Random) -> str | None:
    """The answer to one of the three most similar other questions, with this row's id for the other's where both have one."""
    if known.labels:
        return None
    pool = known.rows if len(known.rows) <= MOST_NEIGHBOURS else rng.sample(known.rows, MOST_NEIGHBOURS)
    asked = " ".join(users_of(example))
    others = [row for row in pool if row.reference and alike(row.reference, example.reference) < SAME_ANSWER]
    if json_of(example.reference) is not None:
        others = [row for row in pool if row.reference != example.reference]
    ranked = sorted(((alike(" ".join(users_of(row)), asked), row.origin, row.reference) for row in others), key=lambda r: (-r[0], r[1]))
    nearest = [reference for likeness, _, reference in ranked[:3] if likeness > 0]
    return _with_own_id(rng.choice(nearest), example.reference) if nearest else None


def broken(example: Example, known: Known, rng: Random) -> str | None:
    """JSON cut off, without a key, in single quotes or with words around it; a label in a sentence; a text that ends in its middle."""
    reply = example.reference.strip()
    value = json_of(reply)
    around = rng.choice(_AROUND_CHINESE if _HAN.search(reply + " ".join(users_of(example))) else _AROUND).format(reply)
    if value is not None:
        return rng.choice((_cut(reply, rng), around, _without_a_key(reply, value, rng), _single_quoted(reply)))
    if known.labels or len(reply) < 12:
        return around
    return _cut(reply, rng)


def _with_another(reply: str, value: Any, path: Place, values: Mapping[Place, Sequence[Any]], rng: Random) -> str | None:
    now = _at(value, path)
    others = [v for v in values[path] if v != now or isinstance(v, bool) != isinstance(now, bool)]
    changed = _changed(now, rng) if isinstance(now, str) and re.search(r"\d", now) else now
    if changed != now and (not others or rng.random() < 0.5):
        others = [changed]
    return written_as(reply, _put(value, path, rng.choice(others))) if others else None


def _at(value: Any, path: Place) -> Any:
    for step in path:
        value = value[step]
    return value


def _put(value: Any, path: Place, new: Any) -> Any:
    """A copy with `new` at the path."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _put(value[path[0]], path[1:], new)
    return copy


def _facts(reply: str) -> list[tuple[int, int]]:
    """Where ids and numbers stand."""
    found, start = [], 0
    for kind, span in kept_in(reply):
        start = reply.index(span, start)
        if kind in ("id", "number"):
            found.append((start, start + len(span)))
        start += len(span)
    return found


def _changed(text: str, rng: Random) -> str:
    """Another day of its kind, another Chinese number, or the same with one digit changed."""
    for days in _DAYS:
        if text in days:
            return rng.choice([day for day in days if day != text])
    if text in "二兩三四五六七八九十":
        return rng.choice([n for n in "三四五六七八九十" if n != text])
    digits = [i for i, c in enumerate(text) if c.isascii() and c.isdigit()]
    if not digits:
        return text
    at = rng.choice(digits)
    return text[:at] + rng.choice([d for d in "123456789" if d != text[at]]) + text[at + 1 :]


def _with_own_id(other: str, own: str) -> str:
    """An answer that names another customer's order would be told by that alone."""
    theirs, ours = ({span for kind, span in kept_in(text) if kind == "id"} for text in (other, own))
    return other.replace(theirs.pop(), ours.pop()) if len(theirs) == len(ours) == 1 else other


def _cut(reply: str, rng: Random) -> str:
    return reply[: max(1, int(len(reply) * rng.uniform(0.3, 0.8)))].rstrip()


def _without_a_key(reply: str, value: Any, rng: Random) -> str:
    if not isinstance(value, dict) or len(value) < 2:
        return _cut(reply, rng)
    gone = rng.choice(sorted(value))
    return written_as(reply, {key: inner for key, inner in value.items() if key != gone})


def _single_quoted(reply: str) -> str:
    """As Python writes it: no JSON."""
    return repr(json.loads(reply))
