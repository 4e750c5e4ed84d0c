"""What the suites are made of: templates, each with all the items that it can make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ftexp.data.messages import Message
from ftexp.evaluation.items import Item

Unit = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """All items made in one way, which makes them one cluster. Those of a unit, as twins, stand together in a suite."""

    name: str
    units: tuple[Unit, ...]


def template(name: str, units: Iterable[Sequence[Item]]) -> Template:
    """`name` as in `general/sum`; each item gets it as its cluster, and the number of its unit as its origin."""
    return Template(
        name, tuple(tuple(replace(i, cluster=name, origin=f"{name} {n}") for i in unit) for n, unit in enumerate(units, start=1))
    )


def asked(text: str, reference: str = "", accepted: Sequence[str] = (), system: str = "") -> Item:
    """An item with one question, and a system message where there is one."""
    before = (Message("system", system),) if system else ()
    return Item((*before, Message("user", text)), reference, origin="", accepted=tuple(accepted))


def rows(text: str) -> tuple[tuple[str, ...], ...]:
    """The cells of a table that is written as `hot = cold, dog = bark/woof`."""
    return tuple(tuple(cell.strip() for cell in row.split("=")) for row in text.split(","))
