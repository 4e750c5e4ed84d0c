"""Read a GGUF file, version 3, into numpy, and name a Llama's tensors as Hugging Face does.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; block layouts: ggml-common.h in the same repository.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from ftexp.errors import ModelError

MetadataValue: TypeAlias = "bool | int | float | str | list[MetadataValue]"
Blocks: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]
T = TypeVar("T", bool, int, float, str, list[MetadataValue])

SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9
DEFAULT_ALIGNMENT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Packing:
    """How a tensor type lies in the file: rows of blocks. `unpack` takes (blocks, block_bytes) to (blocks, block_elements)."""

    name: str
    block_elements: int
    block_bytes: int
    unpack: Callable[[Blocks], Floats]


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where one tensor lies. `shape` is in numpy's order, the reverse of the file's; `begin` counts bytes from the file's start."""

    name: str
    packing: Packing
    shape: tuple[int, ...]
    begin: int

    @property
    def size_bytes(self) -> int:
        return prod(self.shape) // self.packing.block_elements * self.packing.block_bytes


@dataclass(frozen=True, slots=True)
class GgufFile:
    path: Path
    metadata: Mapping[str, MetadataValue]
    tensors: Mapping[str, Tensor]
    data: memoryview

    def get(self, key: str, kind: type[T]) -> T:
        """A metadata value of the wanted kind; raises ModelError when it is absent or of another kind."""
        value = self.metadata.get(key)
        if not isinstance(value, kind):
            found = "absent" if value is None else f"of type {type(value).__name__}"
            raise ModelError(f"{self.path}: metadata '{key}' is {found}; expected {kind.__name__}. Take another GGUF of the model")
        return value

    def floats(self, name: str) -> Floats:
        """One tensor, dequantised to float32."""
        tensor = self.tensors[name]
        raw = np.frombuffer(self.data, np.uint8, tensor.size_bytes, tensor.begin)
        return tensor.packing.unpack(raw.reshape(-1, tensor.packing.block_bytes)).reshape(tensor.shape)


def read_gguf(path: Path) -> GgufFile:
    """The metadata and where the tensors lie; the weights stay on disk until asked for.

    Raises ModelError for a file that is missing, truncated, not GGUF version 3 or of an unknown tensor type.
    """
    cursor = _Cursor(path, _mapped(path))
    _check_head(cursor)
    tensor_count, value_count = cursor.scalar("<Q"), cursor.scalar("<Q")
    metadata = {cursor.string(): cursor.value(cursor.scalar("<I")) for _ in range(value_count)}
    entries = [_read_entry(cursor) for _ in range(tensor_count)]
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT_BYTES)
    if not isinstance(alignment, int) or alignment < 1:
        raise ModelError(f"{path}: metadata 'general.alignment' is {alignment!r}; expected a positive integer. {_AGAIN}")
    start = -(-cursor.position // alignment) * alignment
    tensors = {entry.name: _placed(entry, start, cursor) for entry in entries}
    return GgufFile(path, metadata, tensors, cursor.data)


def llama_tensors(file: GgufFile) -> dict[str, Floats]:
    """Every tensor in float32 under its Hugging Face Llama name; raises ModelError for a tensor that a Llama doesn't have."""
    heads = {
        "attn_q": file.get("llama.attention.head_count", int),
        "attn_k": file.get("llama.attention.head_count_kv", int),
    }
    return {_llama_name(file, name): _unpermuted(file.floats(name), heads.get(name.split(".")[-2])) for name in file.tensors}


_AGAIN = "The file is truncated or corrupt: download it again"


class _Cursor:
    """Reads the head of a GGUF file from front to back."""

    def __init__(self, path: Path, data: memoryview) -> None:
        self.path = path
        self.data = data
        self.position = 0

    def require(self, begin: int, count: int, what: str) -> None:
        if begin + count > len(self.data):
            raise ModelError(f"{self.path}: {what} at byte {begin} takes {count} bytes; the file ends at byte {len(self.data)}. {_AGAIN}")

    def take(self, count: int, what: str = "a value") -> memoryview:
        self.require(self.position, count, what)
        self.position += count
        return self.data[self.position - count : self.position]

    # The struct format decides what comes out; the callers name the one they mean.
    def scalar(self, code: str) -> int:
        value: int = struct.unpack(code, self.take(struct.calcsize(code)))[0]
        return value

    def string(self) -> str:
        try:
            return str(self.take(self.scalar("<Q"), "a text"), "utf-8")
        except UnicodeDecodeError as error:
            raise ModelError(f"{self.path}: the text before byte {self.position} is not UTF-8 ({error.reason}). {_AGAIN}") from error

    def value(self, kind: int) -> MetadataValue:
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            item_kind, count = self.scalar("<I"), self.scalar("<Q")
            return [self.value(item_kind) for _ in range(count)]
        if kind in SCALARS:
            return self.scalar(SCALARS[kind])
        raise ModelError(f"{self.path}: value type {kind} before byte {self.position}; expected 0 to 12. {_AGAIN}")


def _mapped(path: Path) -> memoryview:
    try:
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except ValueError as error:  # mmap refuses an empty file
        raise ModelError(f"{path}: the file is empty; expected GGUF. Download it again") from error
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; expected a GGUF file. Check the path") from error


def _check_head(cursor: _Cursor) -> None:
    magic = bytes(cursor.data[:4])
    if magic != b"GGUF":
        raise ModelError(f"{cursor.path}: begins with {magic!r}; expected b'GGUF'. Check the path or download it again")
    cursor.take(4)
    version = cursor.scalar("<I")
    if version != 3:
        raise ModelError(f"{cursor.path}: GGUF version {version}; expected 3, little-endian. Take a newer file of the model")


def _read_entry(cursor: _Cursor) -> Tensor:
    """As it stands in the file: `begin` still counts from the start of the tensor data."""
    name = cursor.string()
    shape = tuple(reversed([cursor.scalar("<Q") for _ in range(cursor.scalar("<I"))]))
    number = cursor.scalar("<I")
    if number not in PACKINGS:
        known = ", ".join(packing.name for packing in PACKINGS.values())
        raise ModelError(f"{cursor.path}: tensor '{name}' has type number {number}; expected one of {known}. Take such a file")
    packing = PACKINGS[number]
    if not shape or shape[-1] % packing.block_elements:
        raise ModelError(f"{cursor.path}: tensor '{name}' has shape {shape}; expected rows of whole {packing.name} blocks. {_AGAIN}")
    return Tensor(name, packing, shape, cursor.scalar("<Q"))


def _placed(entry: Tensor, start: int, cursor: _Cursor) -> Tensor:
    placed = Tensor(entry.name, entry.packing, entry.shape, start + entry.begin)
    cursor.require(placed.begin, placed.size_bytes, f"tensor '{placed.name}'")
    return placed


def _half(two_bytes: Blocks) -> Floats:
    return two_bytes.view("<f2").astype(np.float32)


def _nibbles(packed: Blocks) -> Floats:
    # The first half of a block sits in the low four bits, the second half in the high four.
    return np.concatenate([packed & 0x0F, packed >> 4], axis=1).astype(np.float32)


def _f32(blocks: Blocks) -> Floats:
    return blocks.view("<f4").astype(np.float32)


def _q4_0(blocks: Blocks) -> Floats:
    return _half(blocks[:, :2]) * (_nibbles(blocks[:, 2:]) - np.float32(8))


def _q4_1(blocks: Blocks) -> Floats:
    return _half(blocks[:, :2]) * _nibbles(blocks[:, 4:]) + _half(blocks[:, 2:4])


def _q8_0(blocks: Blocks) -> Floats:
    return _half(blocks[:, :2]) * blocks[:, 2:].view(np.int8).astype(np.float32)


PACKINGS = {
    0: Packing("F32", 1, 4, _f32),
    1: Packing("F16", 1, 2, _half),
    2: Packing("Q4_0", 32, 18, _q4_0),
    3: Packing("Q4_1", 32, 20, _q4_1),
    8: Packing("Q8_0", 32, 34, _q8_0),
}

_LLAMA_NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def _llama_name(file: GgufFile, name: str) -> str:
    parts = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.weight", name)
    if parts is None or parts[2] not in _LLAMA_NAMES:
        raise ModelError(f"{file.path}: tensor '{name}' has no place in a Llama. Take a GGUF of a plain Llama")
    layer = "" if parts[1] is None else f"model.layers.{parts[1]}."
    return f"{layer}{_LLAMA_NAMES[parts[2]]}.weight"


def _unpermuted(rows: Floats, heads: int | None) -> Floats:
    """Query and key rows as Hugging Face orders them: halves of a head after one another. Other tensors have `heads` None.

    GGUF interleaves the halves for its rotary embedding: `LlamaModel.permute` in llama.cpp's convert_hf_to_gguf.py.
    """
    if heads is None:
        return rows
    return np.ascontiguousarray(rows.reshape(heads, -1, 2, rows.shape[1]).swapaxes(1, 2)).reshape(rows.shape)
