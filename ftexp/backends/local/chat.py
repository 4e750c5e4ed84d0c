"""From messages to token ids with a loss mask, by the model's own tokenizer and chat template, without loading the model.

Renders as transformers' `apply_chat_template` does, and knows besides which characters the assistant wrote.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ftexp.data.messages import Example, Message
from ftexp.errors import ModelError

if TYPE_CHECKING:
    from jinja2 import Template
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as a model sees it. `learned[i]` is true where token i counts in the loss; same length as `ids`."""

    ids: tuple[int, ...]
    learned: tuple[bool, ...]

    @property
    def learned_count(self) -> int:
        return sum(self.learned)

    def last_reply_only(self) -> Encoded:
        """Only the last assistant message counts."""
        end = len(self.learned)
        while end and not self.learned[end - 1]:
            end -= 1
        start = end
        while start and self.learned[start - 1]:
            start -= 1
        return Encoded(self.ids, tuple(start <= i < end for i in range(len(self.learned))))


class ChatTokenizer:
    """The tokenizer and chat template of a model directory. Raises ModelError where one is missing."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._config = _json(directory / "tokenizer_config.json")

    def __reduce__(self) -> tuple[type[ChatTokenizer], tuple[Path]]:
        """To another process it goes by its directory: what was compiled from that can't travel."""
        return ChatTokenizer, (self.directory,)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        path = self.directory / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises bare Exception for a missing and for a broken file
            raise ModelError(f"{path}: no usable tokenizer ({error}); expected the tokenizer.json of a Hugging Face model") from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _template(self) -> Template:
        from jinja2.ext import loopcontrols
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _raise
        environment.globals["strftime_now"] = lambda pattern: datetime.now().strftime(pattern)
        return environment.from_string(self._template_text())

    def _template_text(self) -> str:
        beside = self.directory / "chat_template.jinja"
        if beside.is_file():
            return beside.read_text(encoding="utf-8")
        template = self._config.get("chat_template")
        if isinstance(template, list):  # several by name; the plain one is called default
            template = next((t["template"] for t in template if t["name"] == "default"), None)
        if not isinstance(template, str):
            raise ModelError(f"{self.directory}: has no chat template; expected an instruct model with one in tokenizer_config.json")
        return template

    def text(self, messages: Sequence[Message], answer_next: bool = False) -> str:
        """The conversation as the model reads it; with `answer_next` up to where the assistant starts to write."""
        from jinja2.exceptions import TemplateError

        special = {name: _token_text(self._config.get(name)) for name in ("bos_token", "eos_token", "pad_token", "unk_token")}
        plain = [{"role": "system" if m.role == "developer" else m.role, "content": m.content} for m in messages]
        try:
            return self._template.render(messages=plain, add_generation_prompt=answer_next, tools=None, **special)
        except TemplateError as error:  # broken, or it refuses the messages: some want roles to alternate, or no system message
            raise ModelError(f"{self.directory}: its chat template can't be used ({error})") from error

    def prompt_ids(self, messages: Sequence[Message]) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(self.text(messages, answer_next=True), add_special_tokens=False).ids)

    def count(self, text: str) -> int:
        """Tokens of a text by itself, without what the template puts around it."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def encode(self, example: Example) -> Encoded:
        """All tokens; learned are those of each assistant message, but of weight 0, and the token that ends its turn.

        Of a preference pair the conversation with the preferred answer, of which that answer alone is learned.
        """
        text = self.text(example.messages)
        spans = self._assistant_spans(example.messages, text)
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        part = [0] * (len(text) + 1)  # of each character, which assistant message it belongs to
        for number, (start, end) in enumerate(spans, start=1):
            part[start:end] = [number] * (end - start)
        learned = tuple(a < b and part[a] > 0 and part[a] == part[b - 1] for a, b in encoding.offsets)
        encoded = Encoded(tuple(encoding.ids), learned)
        return encoded.last_reply_only() if example.rejected else encoded

    def shown_mask(self, example: Example) -> str:
        """The exact text of an example with what is learned in it between ⟦ and ⟧."""
        text = self.text(example.messages)
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        marks: dict[int, str] = {}
        inside, end = False, 0
        for (start, stop), learned in zip(offsets, self.encode(example).learned, strict=True):
            if learned != inside:
                at = start if learned else end
                marks[at] = marks.get(at, "") + ("⟦" if learned else "⟧")
            inside, end = learned, stop
        if inside:
            marks[end] = marks.get(end, "") + "⟧"
        return "".join(marks.get(i, "") + text[i : i + 1] for i in range(len(text) + 1))

    def decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def end_of_turn(self) -> int:
        """The id that ends an assistant's turn, read off the template. Raises ModelError where nothing does."""
        probe = (Message("user", "a"), Message("assistant", "b"))
        encoded = self.encode(Example(probe, "probe"))
        return [token for token, learned in zip(encoded.ids, encoded.learned, strict=True) if learned][-1]

    def _assistant_spans(self, messages: Sequence[Message], text: str) -> list[tuple[int, int]]:
        """Character ranges of what the assistant wrote, each up to the end of the special token that ends the turn."""
        spans = []
        for i, message in enumerate(messages):
            if message.role != "assistant" or message.weight == 0:
                continue
            before = self.text(messages[:i], answer_next=True)
            after = text if i + 1 == len(messages) else self.text(messages[: i + 1])
            if not after.startswith(before) or not text.startswith(after.rstrip()):
                raise ModelError(f"{self.directory}: its chat template rewrites earlier turns, so the assistant's part can't be told apart")
            spans.append((len(before), self._end_of_turn_after(text, len(before), message.content, len(after))))
        return spans

    def _end_of_turn_after(self, text: str, start: int, content: str, end: int) -> int:
        written = text.find(content.strip(), start, end) + len(content.strip())
        closing = text[written:end]
        ends = [closing.find(token) + len(token) for token in self._special_texts if token in closing]
        if not ends:
            raise ModelError(
                f"{self.directory}: its chat template ends the assistant's turn with {closing!r}; "
                "expected a special token, without which the model would not learn to stop"
            )
        return written + min(ends)

    @cached_property
    def _special_texts(self) -> list[str]:
        return [t.content for t in self._tokenizer.get_added_tokens_decoder().values() if t.special]


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{path}: no such file; expected the directory of a Hugging Face chat model") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: can't be read as JSON ({error})") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path}: expected a JSON object")
    return value


def _token_text(token: Any) -> str | None:
    content = token["content"] if isinstance(token, dict) else token
    return None if content is None else str(content)


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _raise(message: str) -> NoReturn:
    from jinja2.exceptions import TemplateError

    raise TemplateError(message)
