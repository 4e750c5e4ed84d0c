"""Keys, passwords and personal data inside texts: where they stand, and the text without them. Pure and offline."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import translate
from functools import lru_cache

from ftexp.personal import has_digit, personal

# Values that stand for nobody: names reserved by RFC 2606 and RFC 6761, numbers that card networks and NANPA keep for tests and
# fiction, sample numbers that law or custom made famous. `*` is any text, `?` any character; spaces, dashes and brackets of a
# number may be left out. The same list stands in conf/checks/standard.yaml.
RESERVED = (
    "*@example.com",
    "*@example.org",
    "*@example.net",
    "*@*.example.com",
    "*@*.example.org",
    "*@*.example.net",
    "*@*.example",
    "*@*.test",
    "*@*.invalid",
    "*@localhost.*",
    "4242424242424242",
    "4000056655665556",
    "4111111111111111",
    "4012888888881881",
    "5555555555554444",
    "5105105105105100",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "3530111333300000",
    "*55501??",
    "A123456789",
    "123456789",
    "078051120",
    "219099999",
    "GB82WEST12345698765432",
    "DE89370400440532013000",
    "8.8.8.8",
    "8.8.4.4",
    "1.1.1.1",
    "1.2.3.4",
    "AKIAIOSFODNN7EXAMPLE",
)
REGIONS = ("TW", "US")

_START = r"(?<![A-Za-z0-9_-])"
# Shapes of keys in use in 2026. Before each: a character and texts of which every key of the shape has one, since looking for
# these first is far quicker.
KEYS = (
    ("-", ("sk-",), r"sk-(?=[A-Za-z_-]{0,99}[0-9])[A-Za-z0-9_-]{16,}"),  # OpenAI, Anthropic, OpenRouter
    ("_", ("hf_",), r"hf_[A-Za-z0-9]{20,}"),  # Hugging Face
    ("_", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{20,}"),  # GitHub
    ("_", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,}"),
    ("-", ("glpat-",), r"glpat-[A-Za-z0-9_-]{20,}"),  # GitLab
    ("I", ("AKIA", "ASIA"), r"A[KS]IA[0-9A-Z]{16}"),  # AWS
    ("z", ("AIza",), r"AIza[A-Za-z0-9_-]{30,}"),  # Google
    ("x", ("xox",), r"xox[abeprs]-[A-Za-z0-9-]{10,}"),  # Slack
    ("_", ("sk_live_", "sk_test_", "rk_live_", "rk_test_"), r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),  # Stripe
)
KEY_SHAPED = re.compile(f"{_START}(?:{'|'.join(pattern for _, _, pattern in KEYS)})")
_BEGIN = r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----"
_BEARER = r"(?<![A-Za-z]){}earer [A-Za-z0-9._~+/-]{{20,}}+={{0,2}}"
_URL = r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,30}+://[^\s:/@]{0,100}+:[^\s/@]{1,200}+@"
_PLACEHOLDER = re.compile(r"(?i)[<{$%\[].*|\*+|x+|\.+|pass(?:word|wd)?|pw|pwd|secret|example|changeme|your.*|密碼|密码")


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A stretch of a text that isn't shown to anybody."""

    kind: str
    secret: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A text without the character `rare`, or with none of the `hints`, has no match. `is_real` judges what the pattern found."""

    kind: str
    rare: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    is_real: Callable[[str], bool] = bool


def _has_a_password(url: str) -> bool:
    return not _PLACEHOLDER.fullmatch(url.rpartition("@")[0].partition("://")[2].partition(":")[2])


def _looks_random(bearer: str) -> bool:
    return any(c.isdigit() for c in bearer)


SECRETS = (
    # Up to its end, or to the end of the text where that is missing: single dashes go on, four of them stop.
    Shape("private key", "-", ("PRIVATE KEY-----",), re.compile(_BEGIN + r"(?:[^-]++|-(?!---))*+(?:-----END [A-Z0-9 ]{1,70}-----)?")),
    *(Shape("key", rare, hints, re.compile(_START + pattern)) for rare, hints, pattern in KEYS),
    Shape("token", "J", ("eyJ",), re.compile(_START + r"eyJ[A-Za-z0-9_-]{8,}+\.eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}")),
    Shape("token", "B", ("Bearer ",), re.compile(_BEARER.format("B")), _looks_random),
    Shape("token", "b", ("bearer ",), re.compile(_BEARER.format("b")), _looks_random),
    Shape("password", "@", ("://",), re.compile(_URL), _has_a_password),
)


def redacted(text: str, allow: Sequence[str] = RESERVED, regions: Sequence[str] = REGIONS) -> str:
    """The text with `[redacted KIND]` for every key, password and personal value that isn't allowed."""
    return without(text, sensitive(text, allow, regions))


def without(text: str, found: Sequence[Sensitive]) -> str:
    parts, at = [], 0
    for s in found:
        parts += [text[at : s.start], f"[redacted {s.kind}]"]
        at = s.end
    return "".join([*parts, text[at:]])


def excerpt(text: str, found: Sequence[Sensitive], which: Sensitive, around: int = 30) -> str:
    """One line with what stands around one of them, all of them redacted."""
    before = without(text[: which.start], [s for s in found if s.end <= which.start])
    behind = [replace(s, start=s.start - which.end, end=s.end - which.end) for s in found if s.start >= which.end]
    after = without(text[which.end :], behind)
    cut = ("…" if len(before) > around else "") + before[-around:] + f"[redacted {which.kind}]" + after[:around]
    return " ".join((cut + ("…" if len(after) > around else "")).split())


def sensitive(text: str, allow: Sequence[str] = RESERVED, regions: Sequence[str] = REGIONS) -> list[Sensitive]:
    """In the order of the text, none inside another. Numbers of phones in a national form are those of `regions`."""
    allowed = _allow_list(tuple(allow))
    apart: list[Sensitive] = []
    for s in sorted(_all(text, tuple(regions)), key=lambda s: (s.start, -s.end)):
        if apart and s.start < apart[-1].end:
            apart[-1] = replace(apart[-1], end=max(s.end, apart[-1].end))
        elif not allowed.has(text[s.start : s.end]):
            apart.append(s)
    return apart


def _all(text: str, regions: tuple[str, ...]) -> Iterator[Sensitive]:
    """Every secret has a digit, an @ or five dashes; a text without any of them is clean."""
    if not (has_digit(text) or "@" in text or "-----" in text):
        return
    for shape in SECRETS:
        if shape.rare in text and any(hint in text for hint in shape.hints):
            for match in shape.pattern.finditer(text):
                if shape.is_real(match[0]):
                    yield Sensitive(shape.kind, True, *match.span())
    yield from (Sensitive(p.kind, False, p.start, p.end) for p in personal(text, regions))


@dataclass(frozen=True)
class _AllowList:
    exact: frozenset[str]
    globs: re.Pattern[str]

    def has(self, value: str) -> bool:
        """As it stands, or without what makes a number readable."""
        plain = value.casefold()
        compact = plain if "@" in plain else plain.translate(_READABILITY)
        return any(form in self.exact or self.globs.fullmatch(form) for form in {plain, compact})


_READABILITY = {ord(c): None for c in " ().+-"}


@lru_cache(maxsize=16)
def _allow_list(allow: tuple[str, ...]) -> _AllowList:
    globs = [translate(glob.casefold()) for glob in allow if {"*", "?"} & set(glob)]
    return _AllowList(frozenset(glob.casefold() for glob in allow), re.compile("|".join(globs) or r"(?!)"))
