"""Pages that load nothing and run no script: every text is escaped, and what can't be seen is made visible."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


@cache  # to compile one takes longer than to fill it in
def template(name: str, **filters: Callable[..., object]) -> Template:
    """One of the `.j2` files of this room. `head.html.j2` has the colours, and the policy that forbids scripts and loading."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(loader=PackageLoader("ftexp.report", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    pages.filters |= {"visible": visible} | filters
    return pages.get_template(name)


def visible(text: str, longest: int = 400) -> str:
    """One line of at most about `longest` characters; a control, an invisible character or half a pair as in ⟨U+202E⟩."""
    start = text[:longest].replace("\n", " ⏎ ")
    shown = "".join(c if c.isprintable() else f"⟨U+{ord(c):04X}⟩" for c in start)
    return shown + ("…" if len(text) > longest else "")
