"""What stands inside the texts and shouldn't be learned: secrets, personal data, leftovers, hidden characters. Pure.

Nothing here repeats a secret: a finding says what kind, where, and shows the text around it with all of them redacted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pydantic import Field

from ftexp.data.messages import Example
from ftexp.redaction import REGIONS, RESERVED, Sensitive, excerpt, sensitive
from ftexp.validation.findings import Check, Finding
from ftexp.values import Value


class ContentRules(Value):
    """`allow`: values that are no finding; `*` is any text, `?` any character."""

    allow: tuple[str, ...] = Field(default=RESERVED, description="texts, with * and ? for any text and any character")
    phone_regions: tuple[str, ...] = Field(default=REGIONS, description="countries as two capitals, as in TW")
    refusal_share: float = Field(default=0.05, ge=0, le=1, description="a share from 0 to 1")
    most_examples: int = Field(default=200_000, ge=0, description="a whole number from 0")


SECRET = Check("secret", "content", "error", "A key, token, private key or password: a model that learned it says it to anybody.")
PERSONAL = Check("personal_data", "content", "warning", "An e-mail address, telephone, card, account or identity number, or IP address.")
BIDI = Check("bidi_control", "content", "warning", "A control that turns the reading order round: people see another text than the model.")
INVISIBLE = Check("invisible_character", "content", "warning", "A character of no width, which people don't see and the model learns.")
CONTROL = Check("control_character", "content", "warning", "NUL or another control character, which is seldom meant.")
MOJIBAKE = Check("mojibake", "content", "warning", "A text that was once read in the wrong encoding, as in Ã© for é, or lost characters.")
SPECIAL = Check(
    "special_token", "content", "warning", "A token of a chat template as plain text, as in <|im_start|>: the template adds its own."
)
PLACEHOLDER = Check("placeholder", "content", "warning", "A place that was never filled in, as in {{name}} or [Your Name].")
DISCLAIMER = Check("ai_disclaimer", "content", "warning", "A reply that speaks of itself as an AI language model, as copied answers do.")
ECHO = Check("reply_is_prompt", "content", "warning", "A reply that only repeats the question.")
CUT_OFF = Check("cut_off", "content", "warning", "A reply that ends behind a comma or an opening bracket, or inside a code block.")
REFUSALS = Check("refusals", "content", "warning", "Many replies refuse: the model learns to refuse what it could do.")
NOT_LOOKED_INTO = Check(
    "content_not_looked_into", "content", "warning", "Texts are looked into up to a number of examples (checks.content.most_examples)."
)
CHECKS = (SECRET, PERSONAL, BIDI, INVISIBLE, CONTROL, MOJIBAKE, SPECIAL, PLACEHOLDER, DISCLAIMER, ECHO, CUT_OFF, REFUSALS, NOT_LOOKED_INTO)

# Embeddings, overrides and isolates. The marks U+200E, U+200F and U+061C are ordinary in Hebrew and Arabic.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Not the joiners U+200C and U+200D, which Persian, Indian scripts and emoji need; tags only outside of a flag's emoji.
_INVISIBLE = re.compile("[\u200b\u2060-\u2064\ufeff]|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# UTF-8 read as Latin-1 or Windows-1252: a first byte as a letter, further bytes as what stands at 80 to BF there.
_FURTHER = "[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_MOJIBAKE = re.compile(f"\ufffd|Ã[¡-ª¬-º¼-¿]|Â[¡-ª¬-º]|â€{_FURTHER}|ðŸ{_FURTHER}{{2}}|(?:[ã-é]{_FURTHER}{{2}}){{2}}")
_SPECIAL = re.compile(r"<\|[A-Za-z0-9_]{2,40}\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<｜[^｜<>]{2,40}｜>")
_PLACEHOLDER = re.compile(
    r"\{\{ ?[A-Za-z_][\w.]{0,40} ?\}\}"
    r"|\[(?:Your|Customer|Company|Recipient|Insert|Client)(?:['’]s)?(?: [A-Za-z]{2,20}){1,4}\]"
    r"|\[(?:您|你|客戶|客户|公司)的?(?:姓名|名字|名稱|名称|電話|电话|地址)\]"
)
_DISCLAIMER = re.compile(
    r"\bas an? (?:large )?(?:AI|artificial intelligence)(?: language)? (?:model|assistant)\b|\bas a (?:large )?language model\b"
    r"|[作身][為为]一?[個个名]?\s?(?:AI|人工智[能慧])(?:語言|语言)?(?:模型|助手)",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\W{0,3}(?:(?:i['’]?m |i am )?(?:very |so |really )?(?:sorry|afraid|apologi[sz]e)\b[^.!?\n]{0,40}?"
    r"\bi(?: can['’]?t| cannot| can not| am unable| won['’]t|['’]m (?:unable|not able))"
    r"|i (?:can['’]?t|cannot|can not|won['’]t) (?:help|assist|provide|do that|comply|answer|fulfil)"
    r"|i(?:['’]m| am) (?:unable|not able) to (?:help|assist|provide|comply|answer|fulfil))"
    r"|\W{0,3}(?:(?:很|非常|真的)?(?:抱歉|對不起|对不起|不好意思|遺憾|遗憾))[^。！？\n]{0,12}?我?(?:不能|無法|无法|沒辦法|没办法|不便)"
    r"(?:提供|回答|協助|协助|幫|帮|滿足|满足|完成|執行|执行|處理|处理|討論|讨论)",
    re.IGNORECASE,
)
_UNFINISHED = (",", "，", "、", "(", "（", "[", "「", "《")


class Said(NamedTuple):
    """One text of an example, and where it stands in it: `message 2`, `message 2, tool call 1`, `the rejected answer`."""

    place: str
    role: str
    text: str


def texts(example: Example) -> Iterator[Said]:
    for number, message in enumerate(example.messages, start=1):
        yield Said(f"message {number}", message.role, message.content)
        for nth, call in enumerate(message.tool_calls, start=1):
            yield Said(f"message {number}, tool call {nth}", "call", call.arguments)
    if example.rejected:
        yield Said("the rejected answer", "rejected", example.rejected.content)


def findings_of(example: Example, rules: ContentRules) -> list[Finding]:
    """Every finding of one example, in the order of its texts: one for each kind of thing in a text, with its number."""
    where = example.origin
    found = [check.found(where, f"{said.place} {message}") for said in texts(example) for check, message in _of_text(said, rules)]
    return found + [check.found(where, message) for check, message in _of_reply(example)]


def refuses(text: str) -> bool:
    """Whether a reply begins by refusing, in English or Chinese."""
    return bool(_REFUSAL.match(text[:200]))


def refusal_findings(where: str, refusals: int, examples: int, rules: ContentRules) -> list[Finding]:
    """Of a whole split or dataset: too many refusals in it."""
    if not refusals or refusals <= rules.refusal_share * examples:
        return []
    share = f"{refusals:,} of {examples:,} replies refuse ({refusals / examples:.0%})"
    return [REFUSALS.found(where, f"{share}; more than {rules.refusal_share:.0%} teaches the model to refuse. Is that meant?")]


def _of_text(said: Said, rules: ContentRules) -> Iterator[tuple[Check, str]]:
    # What the assistant is told first is the same text in most examples.
    judged = _again if said.role in ("system", "developer") else _judged
    yield from judged(said.text, rules.allow, rules.phone_regions)
    if said.role == "assistant" and (match := _DISCLAIMER.search(said.text)):
        yield DISCLAIMER, f"says {match[0]!r}"


def _judged(text: str, allow: tuple[str, ...], regions: tuple[str, ...]) -> tuple[tuple[Check, str], ...]:
    return (*_sensitive(text, sensitive(text, allow, regions)), *_hidden(text), *_leftovers(text))


_again = lru_cache(maxsize=64)(_judged)


def _sensitive(text: str, found: list[Sensitive]) -> Iterator[tuple[Check, str]]:
    for kind in dict.fromkeys(s.kind for s in found):
        first, *more = (s for s in found if s.kind == kind)
        told = f"has {_a(kind)}" + (f" and {len(more):,} more" if more else "")
        yield SECRET if first.secret else PERSONAL, f"{told}: {excerpt(text, found, first)}"


def _hidden(text: str) -> Iterator[tuple[Check, str]]:
    ascii_only = text.isascii()
    if not ascii_only or not text.isprintable():
        yield from _characters(CONTROL, _CONTROL, text, "control character")
    if not ascii_only:
        yield from _characters(BIDI, _BIDI, text, "bidirectional control")
        yield from _characters(INVISIBLE, _INVISIBLE, text, "invisible character")
        if match := _MOJIBAKE.search(text):
            what = "lost characters (U+FFFD)" if match[0] == "\ufffd" else f"what looks like text read in the wrong encoding: {match[0]!r}"
            yield MOJIBAKE, f"has {what} at character {match.start() + 1:,}"


def _characters(check: Check, pattern: re.Pattern[str], text: str, noun: str) -> Iterator[tuple[Check, str]]:
    if match := pattern.search(text):
        n = len(pattern.findall(text))
        at = f"U+{ord(match[0]):04X} at character {match.start() + 1:,}"
        yield check, f"has {_a(noun) if n == 1 else f'{n:,} {noun}s'}, {'' if n == 1 else 'the first '}{at}"


def _leftovers(text: str) -> Iterator[tuple[Check, str]]:
    if ("<" in text or "[/" in text or "[I" in text) and (match := _SPECIAL.search(text)):
        yield SPECIAL, f"has the token {match[0]} as text"
    if ("{{" in text or "[" in text) and (match := _PLACEHOLDER.search(text)):
        yield PLACEHOLDER, f"has a place that wasn't filled in: {match[0]}"


def _of_reply(example: Example) -> Iterator[tuple[Check, str]]:
    reply = example.reference.strip()
    asked = next((m.content for m in reversed(example.prompt) if m.role == "user"), "")
    if reply and reply.casefold() == asked.strip().casefold():
        yield ECHO, "the reply is the question again"
    if reply.endswith(_UNFINISHED):
        yield CUT_OFF, f"the reply ends with {reply[-1]!r}; is it cut off?"
    elif reply.count("```") % 2:
        yield CUT_OFF, "the reply ends inside a code block; is it cut off?"


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'eiI' else 'a'} {noun}"
