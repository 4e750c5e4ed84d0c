"""A GGUF file as the directory that transformers reads: weights, tokenizer, config, notice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ftexp.backends.gguf import GgufFile, llama_tensors, read_gguf
from ftexp.backends.providers import PackagedWeights
from ftexp.errors import ModelError

CONTROL_TOKEN = 3  # tokenizer.ggml.token_type: special, never made from plain text by merging
# The GGUF's own padding token is its end of turn: a loss that masks padding would then never teach the model to stop.
PAD_TOKEN = "<|endoftext|>"


def convert(gguf: Path, weights: PackagedWeights, into: Path) -> None:
    """Everything that transformers' `from_pretrained` reads; deterministic, so two fetches give the same bytes."""
    file = read_gguf(gguf)
    ids = _token_ids(file)
    _write_weights(file, into / "model.safetensors")
    (into / "tokenizer.json").write_text(_tokenizer_json(file), encoding="utf-8")
    # safetensors makes its file readable by its owner alone; the cache may be shared.
    shutil.copymode(into / "tokenizer.json", into / "model.safetensors")
    _write_json(into / "tokenizer_config.json", _tokenizer_config(file, ids))
    _write_json(into / "config.json", _model_config(file, ids))
    _write_json(into / "generation_config.json", ids)
    (into / "NOTICE").write_text(_notice(file, weights), encoding="utf-8")


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_weights(file: GgufFile, path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file(llama_tensors(file), path, metadata={"format": "pt"})  # transformers wants to read the framework there
    except SafetensorError as error:  # how it reports a full disk
        raise OSError(str(error)) from error


def _texts(file: GgufFile, key: str) -> list[str]:
    return [str(text) for text in file.get(key, list)]


def _token_ids(file: GgufFile) -> dict[str, int]:
    tokens = _texts(file, "tokenizer.ggml.tokens")
    if PAD_TOKEN not in tokens:
        raise ModelError(f"{file.path}: no token {PAD_TOKEN}; expected one for padding. Take a GGUF of the SmolLM2 family")
    return {
        "bos_token_id": file.get("tokenizer.ggml.bos_token_id", int),
        "eos_token_id": file.get("tokenizer.ggml.eos_token_id", int),
        "pad_token_id": tokens.index(PAD_TOKEN),
    }


def _model_config(file: GgufFile, ids: Mapping[str, int]) -> dict[str, Any]:
    if (found := file.get("general.architecture", str)) != "llama":
        raise ModelError(f"{file.path}: architecture '{found}'; expected 'llama', the only one converted here. Take another model")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "attention_bias": False,
        "mlp_bias": False,
        "hidden_act": "silu",
        "hidden_size": file.get("llama.embedding_length", int),
        "intermediate_size": file.get("llama.feed_forward_length", int),
        "max_position_embeddings": file.get("llama.context_length", int),
        "num_attention_heads": file.get("llama.attention.head_count", int),
        "num_key_value_heads": file.get("llama.attention.head_count_kv", int),
        "head_dim": file.get("llama.rope.dimension_count", int),
        "num_hidden_layers": file.get("llama.block_count", int),
        "rms_norm_eps": file.get("llama.attention.layer_norm_rms_epsilon", float),
        "rope_parameters": {"rope_type": "default", "rope_theta": file.get("llama.rope.freq_base", float)},
        "tie_word_embeddings": "output.weight" not in file.tensors,
        "vocab_size": len(_texts(file, "tokenizer.ggml.tokens")),
        **ids,
    }


def _tokenizer_json(file: GgufFile) -> str:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    if (found := file.get("tokenizer.ggml.pre", str)) != "smollm":
        raise ModelError(f"{file.path}: pre-tokenizer '{found}'; expected 'smollm'. Take a GGUF of the SmolLM2 family")
    tokens = _texts(file, "tokenizer.ggml.tokens")
    kinds = file.get("tokenizer.ggml.token_type", list)
    merges = [(left, right) for left, _, right in (merge.partition(" ") for merge in _texts(file, "tokenizer.ggml.merges"))]
    tokenizer = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=merges))
    # Digits first, as the model was trained (llama.cpp's 'smollm'). The GGUF reader in transformers 5.23 leaves them out, and
    # then "  7" splits as " " and " 7" instead of "  " and "7": other token ids wherever two spaces stand before a digit.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = [token for token, kind in zip(tokens, kinds, strict=True) if kind == CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return tokenizer.to_str(pretty=False)


def _tokenizer_config(file: GgufFile, ids: Mapping[str, int]) -> dict[str, Any]:
    tokens = _texts(file, "tokenizer.ggml.tokens")
    return {
        # Reads tokenizer.json as it stands; GPT2Tokenizer would put its own pre-tokenizer in place.
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[ids["bos_token_id"]],
        "eos_token": tokens[ids["eos_token_id"]],
        "pad_token": tokens[ids["pad_token_id"]],
        "unk_token": tokens[file.get("tokenizer.ggml.unknown_token_id", int)],
        "clean_up_tokenization_spaces": False,
        "model_max_length": file.get("llama.context_length", int),
        "chat_template": file.get("tokenizer.chat_template", str),
    }


def _notice(file: GgufFile, weights: PackagedWeights) -> str:
    model = PurePosixPath(weights.member).stem.partition(".")[0]
    packings = ", ".join(sorted({tensor.packing.name for tensor in file.tensors.values()}))
    return (
        f"{model} by {file.get('general.organization', str)}, licence {file.get('general.license', str)} (see LICENSE)."
        f" Changed from the original: its weights were quantised (to {packings}) by those who made {weights.member} in the Python"
        f" package {weights.package} {weights.version} (sha256 of that file: {weights.sha256}), and dequantised to float32 by"
        f" ftexp, so they are near the published ones and not equal to them. The padding token was set to {PAD_TOKEN}.\n"
    )
