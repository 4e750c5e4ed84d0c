"""Forms with files in them (RFC 7578)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provider.refusing import RefusedError

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME, _FILENAME = re.compile(r'[; ]name="([^"]*)"'), re.compile(r'[; ]filename="([^"]*)"')


@dataclass(frozen=True)
class Part:
    content: bytes
    filename: str | None = None


def form(content_type: str, body: bytes) -> dict[str, Part]:
    """By name."""
    boundary = _BOUNDARY.search(content_type)
    if not content_type.startswith("multipart/form-data") or not boundary:
        raise RefusedError(400, f"expected multipart/form-data, found {content_type or 'no content type'}")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise RefusedError(400, "the form has no end")
    return dict(_part(piece.removeprefix(b"\r\n")) for piece in pieces[1:-1])


def _part(piece: bytes) -> tuple[str, Part]:
    head, _, content = piece.partition(b"\r\n\r\n")
    said = head.decode("utf-8", "replace")
    name, filename = _NAME.search(said), _FILENAME.search(said)
    if not name:
        raise RefusedError(400, "a part of the form has no name")
    return name[1], Part(content, filename[1] if filename else None)
