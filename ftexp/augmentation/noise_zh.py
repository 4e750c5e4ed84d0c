"""How people type Traditional Chinese in chats. Each rule takes a veiled text, and gives None where it has nothing to do there."""

from __future__ import annotations

import re
from random import Random

_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
_PREFIXES = ("欸，", "嗯，", "呃，", "那個…", "那個...", "不好意思，", "想問一下，", "話說，", "就是，")
_ASKING = ("請問，", "請問一下，", "想請問，")
_GREETINGS = ("你好，", "您好，", "哈囉，", "嗨，", "安安，")
_GREETED = re.compile(r"\W*(?:你好|您好|哈囉|嗨|安安|請問|不好意思|欸|想問|想請問)")
_ASKS = re.compile(r"嗎|呢|什麼|甚麼|怎麼|怎樣|如何|哪|誰|幾|多少|多久|能不能|可不可以|是不是|有沒有|會不會|為何|何時")
_PARTICLE = "嗎呢吧啊呀喔哦啦耶欸囉了嘛"
_SAYS, _WONDERS = ("啦", "喔", "耶", "欸", "啊", "囉"), ("啊", "呢", "呀", "咧")
_SUFFIXES = ("謝謝", "感謝", "謝謝喔", "感恩", "麻煩了", "拜託了")
_WIDTH = {"，": ",", "？": "?", "！": "!", "：": ":", "；": ";", "（": "(", "）": ")"}
_WIDE = {half: wide for wide, half in _WIDTH.items()}
# Mistyped by sound, as in Zhuyin input, and what is said in a chat instead.
_SOUNDS = {
    "應該": "因該", "已經": "以經", "一直": "一值", "什麼": "甚麼", "怎麼": "怎摸", "知道": "之道", "時候": "時後", "為什麼": "為啥",
    "但是": "但", "一下": "一下下", "再": "在", "您": "你", "的話": "ㄉ話", "收到": "收道", "確認": "確任", "麻煩": "麻凡",
    "嗎": "ㄇ", "吧": "ㄅ", "謝謝": "謝啦", "不好意思": "歹勢",
}  # fmt: skip
_SOUND = re.compile("|".join(sorted(_SOUNDS, key=lambda w: -len(w))))
_END = "。！？!?.…~～"


def prefix(text: str, rng: Random) -> str | None:
    """A filler, a greeting where there is none yet, and 請問 only before what asks."""
    if _GREETED.match(text):
        return rng.choice(("欸，", "嗯，", "那個…", "呃，")) + text
    found: str = rng.choice((*_PREFIXES, *_GREETINGS, *(_ASKING if _ASKS.search(text) else ())))
    return found + text


def suffix(text: str, rng: Random) -> str | None:
    body = text.rstrip()
    if re.search(r"謝|感恩|麻煩|拜託", body[-8:]):
        return None
    return body + ("" if body.endswith(tuple(_END)) else rng.choice(("，", " "))) + rng.choice(_SUFFIXES)


def particle(text: str, rng: Random) -> str | None:
    """A final particle (語氣詞) behind the last word."""
    match = re.search(rf"({_HAN})([{re.escape(_END)}]*)\s*$", text)
    if not match or match[1] in _PARTICLE:
        return None
    asks = bool(re.search("[?？]", match[2])) or bool(_ASKS.search(text))
    return text[: match.end(1)] + rng.choice(_WONDERS if asks else _SAYS) + text[match.end(1) :]


def question_mark(text: str, rng: Random) -> str | None:
    """One dropped or doubled at the end, or set behind what asks and has none."""
    body = text.rstrip()
    if body.endswith(("？", "?")):
        return body.rstrip("？?") if rng.random() < 0.6 else body + body[-1]
    last = re.split("[。！？!?]", body.rstrip("。"))[-1]
    return body.rstrip("。") + "？" if _ASKS.search(last) else None


def full_stop(text: str, rng: Random) -> str | None:
    """The one at the end, or all of them, with a space instead of those inside."""
    if "。" not in text:
        return None
    if text.rstrip().endswith("。") and rng.random() < 0.6:
        return text.rstrip().removesuffix("。")
    return re.sub("。(?=.)", " ", text).rstrip().removesuffix("。")


def comma(text: str, rng: Random) -> str | None:
    """Spaces for commas, as many type."""
    changed = text.replace("，", " " if rng.random() < 0.7 else "")
    return changed if changed != text else None


def half_width(text: str, rng: Random) -> str | None:
    changed = re.sub("|".join(map(re.escape, _WIDTH)), lambda m: _WIDTH[m[0]], text)
    return changed if changed != text else None


def full_width(text: str, rng: Random) -> str | None:
    """Of marks behind a Chinese character."""
    changed = re.sub(rf"(?<={_HAN})[{re.escape(''.join(_WIDE))}]", lambda m: _WIDE[m[0]], text)
    return changed if changed != text else None


def mark(text: str, rng: Random) -> str | None:
    """Another mark at the end of what says something."""
    body = text.rstrip()
    return body.removesuffix("。") + rng.choice(("~", "！", "...", "…")) if body.endswith("。") else None


def sound(text: str, rng: Random) -> str | None:
    found = list(_SOUND.finditer(text))
    if not found:
        return None
    match = rng.choice(found)
    said: str = _SOUNDS[match[0]]
    return text[: match.start()] + said + text[match.end() :]


def doubled_character(text: str, rng: Random) -> str | None:
    """As where a key was hit twice: one of the small words."""
    found = list(re.finditer("[我的是有要了想在]", text))
    if not found:
        return None
    at = rng.choice(found).start()
    return text[:at] + text[at] + text[at:]


def space(text: str, rng: Random) -> str | None:
    """Missing between Chinese and Latin letters."""
    changed = re.sub(rf"(?<={_HAN}) (?=[A-Za-z])|(?<=[A-Za-z]) (?={_HAN})", "", text)
    return changed if changed != text else None


def politeness(text: str, rng: Random) -> str | None:
    """Without the word that makes it polite."""
    changed = re.sub("(?:請問|麻煩您?|可以請[您你]?)(?:一下)?[，,]?", "", text, count=1)
    return changed if changed != text and re.search(rf"{_HAN}{{3}}", changed) else None


RULES = {
    rule.__name__: rule
    for rule in (
        *(prefix, suffix, particle, question_mark, full_stop, comma, half_width, full_width, mark, sound, doubled_character),
        *(space, politeness),
    )
}
SLIPS = frozenset({"sound", "doubled_character"})
