"""Writes tiny GGUF files, by the format's own words: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

DEFAULT_ALIGNMENT_BYTES = 32
F32, F16, Q4_0, Q4_1, Q8_0 = 0, 1, 2, 3, 8


@dataclass(frozen=True)
class Raw:
    """A tensor as it lies in the file; `shape` in numpy's order."""

    type_number: int
    shape: tuple[int, ...]
    data: bytes


def write_gguf(path: Path, metadata: Mapping[str, object], tensors: Mapping[str, Raw], version: int = 3) -> Path:
    """A metadata value that is bytes is written as it stands: type number and content."""
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT_BYTES)
    assert isinstance(alignment, int)
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    head += b"".join(_text(key) + _typed(value) for key, value in metadata.items())
    body = b""
    for name, raw in tensors.items():
        head += _text(name) + struct.pack(f"<I{len(raw.shape)}QIQ", len(raw.shape), *reversed(raw.shape), raw.type_number, len(body))
        body += _padded(raw.data, alignment)
    path.write_bytes(_padded(head, alignment) + body)
    return path


def tiny_llama(path: Path, metadata: Mapping[str, object] | None = None) -> Path:
    """Two layers of random weights, hidden size 32, 300 tokens: every single byte, 3 control tokens, 41 merges."""
    return write_gguf(path, {**_LLAMA, **_tokenizer(), **(metadata or {})}, _weights())


_LLAMA: dict[str, object] = {
    "general.architecture": "llama",
    "general.organization": "Tiny Models",
    "general.license": "apache-2.0",
    "llama.block_count": 2,
    "llama.context_length": 64,
    "llama.embedding_length": 32,
    "llama.feed_forward_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "llama.attention.layer_norm_rms_epsilon": 1e-5,
    "llama.rope.dimension_count": 8,
    "llama.rope.freq_base": 10000.0,
}


def _tokenizer() -> dict[str, object]:
    from tokenizers import pre_tokenizers

    control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    pairs = [("Ġ", "Ġ"), *product("abcdefgh", repeat=2)][:41]
    tokens = [*control, *sorted(pre_tokenizers.ByteLevel.alphabet()), *("".join(pair) for pair in pairs)]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3 if token in control else 1 for token in tokens],
        "tokenizer.ggml.merges": [" ".join(pair) for pair in pairs],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.padding_token_id": 2,
        "tokenizer.chat_template": "{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}",
    }


def _weights() -> dict[str, Raw]:
    rng = np.random.default_rng(0)
    shapes = {"attn_q": (32, 32), "attn_k": (16, 32), "attn_v": (16, 32), "attn_output": (32, 32)}
    shapes |= {"ffn_gate": (64, 32), "ffn_up": (64, 32), "ffn_down": (32, 64)}
    ones = Raw(F32, (32,), np.ones(32, "<f4").tobytes())
    weights = {"token_embd.weight": _random(rng, Q8_0, (300, 32)), "output_norm.weight": ones}
    for layer in range(2):
        weights |= {f"blk.{layer}.{name}.weight": _random(rng, Q4_1, shape) for name, shape in shapes.items()}
        weights |= {f"blk.{layer}.{name}.weight": ones for name in ("attn_norm", "ffn_norm")}
    return weights


def _random(rng: np.random.Generator, type_number: int, shape: tuple[int, int]) -> Raw:
    head = np.array([0.02, -0.15] if type_number == Q4_1 else [0.002], "<f2").tobytes()
    content_bytes = {Q4_1: 16, Q8_0: 32}[type_number]
    return Raw(type_number, shape, b"".join(head + rng.bytes(content_bytes) for _ in range(shape[0] * shape[1] // 32)))


def _padded(data: bytes, alignment: int) -> bytes:
    return data + bytes(-len(data) % alignment)


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _typed(value: object) -> bytes:
    match value:
        case bytes():
            return value
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + _text(value)
        case list():
            items = [_typed(item) for item in value]
            return struct.pack("<I", 9) + items[0][:4] + struct.pack("<Q", len(items)) + b"".join(item[4:] for item in items)
    raise TypeError(f"no GGUF type for {type(value).__name__}")
