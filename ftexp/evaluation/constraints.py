"""Constraints on a reply that a program can verify: "in at most ten words", "all in capitals". Pure.

To add one: write the class here, put it into `Constraint`.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from ftexp.values import Value


class AtMostWords(Value):
    """Words are what white space parts."""

    kind: Literal["at_most_words"] = "at_most_words"
    count: int = Field(ge=1, description="a whole number from 1")

    def broken(self, reply: str) -> str:
        """How the reply breaks it; empty where it holds."""
        found = len(re.findall(r"\S+", reply))
        return f"{found} words, expected at most {self.count}" if found > self.count else ""


Constraint = AtMostWords
