"""What a chat template on this machine doesn't show the model."""

from __future__ import annotations

from collections.abc import Sequence

from ftexp.data.messages import Example
from ftexp.validation.findings import Check, Finding, counted

NAMES_UNSEEN = Check("names_unseen", "template", "warning", "Chat templates on this machine leave names out; a hosted model sees them.")
CHECKS = (NAMES_UNSEEN,)


def unseen_names(examples: Sequence[Example]) -> tuple[Finding, ...]:
    """One finding, at the first of the examples with a name."""
    named = [e for e in examples if any(m.name is not None for m in e.messages)]
    if not named:
        return ()
    message = f"has a message with a name, as {counted(len(named), 'example')}; the model on this machine doesn't see names"
    return (NAMES_UNSEEN.found(named[0].origin, message),)
