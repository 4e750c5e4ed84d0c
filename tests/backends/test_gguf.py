from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from gguf_writer import F16, F32, Q4_0, Q4_1, Q8_0, Raw, tiny_llama, write_gguf

from ftexp.backends.gguf import llama_tensors, read_gguf
from ftexp.errors import ModelError

HALF, MINUS_TWO = np.array([0.5], "<f2").tobytes(), np.array([-2], "<f2").tobytes()
# Low four bits are the first sixteen elements (0 to 15), high four bits the last sixteen (15 to 0).
NIBBLES = bytes(low | (15 - low) << 4 for low in range(16))
COUNTED = np.array([*range(16), *reversed(range(16))], np.float32)
CASES = {
    "F32": (Raw(F32, (2, 2), np.array([1, -2, 0.25, 1e-30], "<f4").tobytes()), np.array([[1, -2], [0.25, 1e-30]], np.float32)),
    "F16": (Raw(F16, (2, 2), np.array([1, -2, 0.25, 65504], "<f2").tobytes()), np.array([[1, -2], [0.25, 65504]], np.float32)),
    "Q4_0": (Raw(Q4_0, (1, 32), HALF + NIBBLES), 0.5 * (COUNTED - 8).reshape(1, 32)),
    "Q4_1": (Raw(Q4_1, (1, 32), HALF + MINUS_TWO + NIBBLES), 0.5 * COUNTED.reshape(1, 32) - 2),
    "Q8_0": (Raw(Q8_0, (1, 32), HALF + bytes(range(112, 144))), 0.5 * np.array([[*range(112, 128), *range(-128, -112)]], np.float32)),
}


@pytest.mark.parametrize("kind", CASES)
def test_each_tensor_type_becomes_the_float32_values_it_stands_for(kind: str, tmp_path: Path) -> None:
    raw, expected = CASES[kind]
    found = read_gguf(write_gguf(tmp_path / "t.gguf", {}, {"before": CASES["F16"][0], "t": raw})).floats("t")
    assert found.dtype == np.float32
    assert found.tolist() == expected.tolist()


def test_every_metadata_type_is_read(tmp_path: Path) -> None:
    codes = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
    numbers = {str(kind): struct.pack("<I", kind) + struct.pack(code, 1) for kind, code in codes.items()}
    nested = struct.pack("<IIQIQBB", 9, 9, 1, 0, 2, 7, 8)
    file = read_gguf(write_gguf(tmp_path / "m.gguf", {**numbers, "text": "你好", "list": ["a", "b"], "nested": nested}, {}))
    assert file.metadata == {**dict.fromkeys(numbers, 1), "text": "你好", "list": ["a", "b"], "nested": [[7, 8]]}


def test_another_alignment_of_the_tensors_is_respected(tmp_path: Path) -> None:
    tensors = {"t": Raw(F16, (4,), np.arange(4, dtype="<f2").tobytes())}
    for alignment in (8, 64):
        path = write_gguf(tmp_path / "t.gguf", {"general.alignment": alignment}, tensors)
        assert read_gguf(path).floats("t").tolist() == [0, 1, 2, 3]


def test_query_and_key_rows_come_in_the_order_of_hugging_face(tmp_path: Path) -> None:
    interleaved = np.array([[0], [2], [1], [3], [4], [6], [5], [7]], "<f4")  # two heads of four rows
    heads = {"llama.attention.head_count": 2, "llama.attention.head_count_kv": 1}
    query, key = Raw(F32, (8, 1), interleaved.tobytes()), Raw(F32, (4, 1), interleaved[:4].tobytes())
    tensors = {"blk.0.attn_q.weight": query, "blk.0.attn_k.weight": key, "blk.0.attn_v.weight": query}
    file = read_gguf(write_gguf(tmp_path / "t.gguf", heads, tensors))
    found = {name: rows.ravel().tolist() for name, rows in llama_tensors(file).items()}
    assert found["model.layers.0.self_attn.q_proj.weight"] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert found["model.layers.0.self_attn.k_proj.weight"] == [0, 1, 2, 3]
    assert found["model.layers.0.self_attn.v_proj.weight"] == interleaved.ravel().tolist()


def test_a_file_cut_anywhere_is_refused_as_truncated(tmp_path: Path) -> None:
    whole = tiny_llama(tmp_path / "whole.gguf").read_bytes()
    cut = tmp_path / "cut.gguf"
    for size in (4, 10, 30, 200, 5000, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:size])
        with pytest.raises(ModelError, match=rf"cut\.gguf.*the file ends at byte {size}.*download it again"):
            read_gguf(cut)


def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_text("<!DOCTYPE html>", encoding="utf-8")
    with pytest.raises(ModelError, match=r"page\.gguf: begins with b'<!DO'; expected b'GGUF'"):
        read_gguf(path)


def test_an_empty_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.gguf").touch()
    with pytest.raises(ModelError, match="is empty"):
        read_gguf(tmp_path / "empty.gguf")
    with pytest.raises(ModelError, match=r"absent\.gguf: No such file"):
        read_gguf(tmp_path / "absent.gguf")


def test_another_version_of_the_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="GGUF version 2; expected 3"):
        read_gguf(write_gguf(tmp_path / "old.gguf", {}, {}, version=2))


def test_an_unknown_tensor_type_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tensor 'odd' has type number 14; expected one of F32, F16, Q4_0, Q4_1, Q8_0"):
        read_gguf(write_gguf(tmp_path / "t.gguf", {}, {"odd": Raw(14, (1, 256), bytes(210))}))


def test_rows_that_are_no_whole_blocks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tensor 't' has shape \(2, 16\); expected rows of whole Q4_0 blocks"):
        read_gguf(write_gguf(tmp_path / "t.gguf", {}, {"t": Raw(Q4_0, (2, 16), bytes(18))}))


def test_an_unknown_metadata_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="value type 99"):
        read_gguf(write_gguf(tmp_path / "m.gguf", {"k": struct.pack("<I", 99)}, {}))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not UTF-8"):
        read_gguf(write_gguf(tmp_path / "m.gguf", {"k": struct.pack("<IQ", 8, 1) + b"\xff"}, {}))


def test_a_tensor_that_no_llama_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.gguf"
    heads = {"llama.attention.head_count": 1, "llama.attention.head_count_kv": 1}
    write_gguf(path, heads, {"blk.0.ssm_a.weight": Raw(F32, (1,), bytes(4))})
    with pytest.raises(ModelError, match=r"'blk\.0\.ssm_a\.weight' has no place in a Llama"):
        llama_tensors(read_gguf(path))


def test_metadata_that_is_absent_or_of_another_kind_is_named(tmp_path: Path) -> None:
    file = read_gguf(write_gguf(tmp_path / "m.gguf", {"llama.block_count": "two"}, {}))
    with pytest.raises(ModelError, match=r"'llama\.block_count' is of type str; expected int"):
        file.get("llama.block_count", int)
    with pytest.raises(ModelError, match=r"'llama\.context_length' is absent; expected int"):
        file.get("llama.context_length", int)
