"""Questions of the suite `general` that are worked out, each with its answers. No answer stands in its question."""

from __future__ import annotations

from collections.abc import Callable, Iterator

Question = tuple[str, str]  # the question, and `8/eight`

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_THINGS = ("apples", "books", "pens", "coins", "eggs", "cards", "stamps", "shells")
_NAMES = ("Tom", "Anna", "Ben", "Mia")


def in_words(number: int) -> str:
    """From 0 to 99."""
    if number < 20:
        return _SMALL.split()[number]
    tens, ones = divmod(number, 10)
    return _TENS.split()[tens - 2] + (f"-{in_words(ones)}" if ones else "")


def _either(number: int) -> str:
    return f"{number}/{in_words(number)}" if number < 100 else str(number)


def small_sums() -> Iterator[Question]:
    return ((f"What is {a} + {b}?", _either(a + b)) for a in range(1, 10) for b in range(1, 10))


def sums() -> Iterator[Question]:
    return ((f"What is {a} + {b}?", _either(a + b)) for a in range(11, 50, 3) for b in range(12, 50, 3))


def sums_of_three() -> Iterator[Question]:
    return ((f"What is {a} + {b} + {c}?", _either(a + b + c)) for a in range(2, 7) for b in range(3, 8) for c in range(1, 6))


def small_differences() -> Iterator[Question]:
    return ((f"What is {a} - {b}?", _either(a - b)) for a in range(5, 15) for b in range(1, 5) if a != 2 * b)


def products() -> Iterator[Question]:
    return ((f"What is {a} times {b}?", _either(a * b)) for a in range(2, 10) for b in range(2, 10))


def doubles() -> Iterator[Question]:
    return ((f"What is twice {a}?", _either(2 * a)) for a in range(2, 50))


def halves() -> Iterator[Question]:
    return ((f"What is half of {2 * a}?", _either(a)) for a in range(2, 50))


def counting() -> Iterator[Question]:
    return ((f"Which number comes next: {a}, {a + 1}, {a + 2}, {a + 3}?", _either(a + 4)) for a in range(1, 90))


def series() -> Iterator[Question]:
    return (
        (f"Which number comes next: {a}, {a + by}, {a + 2 * by}, {a + 3 * by}?", _either(a + 4 * by))
        for by in (2, 5, 10)
        for a in range(by, 31)
    )


def in_digits() -> Iterator[Question]:
    return ((f"Write the number {in_words(a)} in digits.", str(a)) for a in range(3, 100))


def gained() -> Iterator[Question]:
    return (
        (f"{name} has {a} {things} and gets {b} more. How many {things} has {name} now?", _either(a + b))
        for name in _NAMES
        for things in _THINGS
        for a, b in ((2, 3), (4, 2), (5, 4), (6, 3), (7, 5))
    )


def lost() -> Iterator[Question]:
    return (
        (f"{name} has {a} {things} and loses {b} of them. How many {things} has {name} now?", _either(a - b))
        for name in _NAMES
        for things in _THINGS
        for a, b in ((5, 2), (6, 2), (9, 4), (8, 3), (10, 4))
    )


CALCULATIONS: dict[str, Callable[[], Iterator[Question]]] = {
    "small_sum": small_sums,
    "sum": sums,
    "sum_of_three": sums_of_three,
    "small_difference": small_differences,
    "product": products,
    "double": doubles,
    "half": halves,
    "counting": counting,
    "series": series,
    "digits": in_digits,
    "gained": gained,
    "lost": lost,
}
