from __future__ import annotations

import importlib.metadata
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny import chat, chats

from ftexp.backends.local.machine import Machine, resolve_machine
from ftexp.backends.local.model import LocalModel
from ftexp.backends.opening import Opening, open_model
from ftexp.backends.providers import LocalProvider, Model
from ftexp.compose import compose
from ftexp.config import RunConfig, Training
from ftexp.data.messages import Splits
from ftexp.errors import ConfigError, DataError, MissingExtraError, ModelError
from ftexp.presets import Resolved

SPLITS = Splits(chats()[:20], chats()[20:24], chats()[24:30])
SUPERVISED = Training(method="supervised")


def config(model: Path | str, *overrides: str) -> RunConfig:
    return compose(["model=local", f"model.provider.path='{model}'", *overrides], Path.cwd()).config


def opened(model: Path | str, *overrides: str, splits: Splits = SPLITS) -> Opening:
    found = config(model, *overrides)
    return open_model(found.model, found.prices, splits)


def local(model: Path, *overrides: str) -> LocalModel:
    found = opened(model, *overrides).local
    assert found
    return found


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def test_a_directory_is_opened_without_loading_weights(tiny_model: Path) -> None:
    found = opened(tiny_model)
    assert found.obstacles == ()
    assert found.local and found.tokens
    assert (found.local.name, found.local.directory) == ("tiny-llama", tiny_model.resolve())
    assert found.tokens.train == sum(len(e.ids) for e in found.local.encoded_train)
    assert found.price is None


def test_the_revision_follows_the_files_that_a_result_depends_on(copy: Path) -> None:
    before = local(copy).revision
    (copy / "README.md").write_text("words", encoding="utf-8")
    assert local(copy).revision == before
    (copy / "generation_config.json").write_text("{}", encoding="utf-8")
    assert local(copy).revision != before


@pytest.mark.parametrize("position", [-1, 2000])
def test_the_revision_changes_with_one_byte_of_a_weight_file(position: int, copy: Path) -> None:
    before = local(copy).revision
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[position] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert local(copy).revision != before


def test_the_revision_is_the_same_wherever_the_directory_stands(tiny_model: Path, copy: Path) -> None:
    assert local(copy).revision == local(tiny_model).revision


def test_a_path_that_is_no_directory_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"model\.provider\.path: found .*gone, which is no directory; expected .* a hub id like OWNER/NAME"
    ):
        opened(tmp_path / "gone")


def test_a_directory_without_safetensors_is_an_obstacle(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    (obstacle,) = opened(copy).obstacles
    assert isinstance(obstacle, ModelError)
    assert "found no .safetensors file" in str(obstacle)


def test_a_hub_id_that_can_not_be_a_name_is_an_obstacle() -> None:
    (obstacle,) = opened("my models/my model").obstacles
    assert isinstance(obstacle, ModelError)
    assert "my models/my model is no directory here and can't be had from the hub" in str(obstacle)


def test_a_hub_that_can_not_be_reached_is_an_obstacle_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        command = [sys.executable, "-m", "ftexp", "plan", "model=local", "model.provider.path=owner/name"]
        environment = os.environ | {"HF_ENDPOINT": nobody, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_TELEMETRY": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("  first: ")]
    assert "owner/name is no directory here and can't be had from the hub" in line


def test_examples_that_are_too_long_are_refused_by_where_they_stand(tiny_model: Path) -> None:
    long = [chat("word " * 100, "yes", f"mine.jsonl line {n}") for n in range(1, 8)]
    with pytest.raises(DataError) as caught:
        opened(tiny_model, "model.provider.max_tokens=60", splits=replace(SPLITS, train=(*SPLITS.train, *long)))
    first, *_, more, advice = caught.value.faults
    assert first.startswith("mine.jsonl line 1: has ")
    assert first.endswith("expected at most 60 (model.provider.max_tokens)")
    assert (len(caught.value.faults), more) == (7, "2 more examples are too long")
    assert "nothing is cut in silence" in advice


def test_a_too_long_test_example_is_no_matter(tiny_model: Path) -> None:
    test = (chat("word " * 100, "yes"),)
    assert opened(tiny_model, "model.provider.max_tokens=60", splits=replace(SPLITS, test=test)).local


def test_a_hosted_model_can_be_priced_without_a_key_and_not_trained(bare_project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    found = compose(["model=gpt-4o-mini"], Path.cwd()).config
    opening = open_model(found.model, found.prices, SPLITS)
    (obstacle,) = opening.obstacles
    assert str(obstacle).startswith("OPENAI_API_KEY: not set")
    assert opening.local is None
    assert opening.price and opening.tokens and opening.tokens.train > 0


def test_a_hosted_model_without_a_price_has_none() -> None:
    found = compose(["model=gpt-4o-mini", "model.provider.model=gpt-x"], Path.cwd()).config
    opening = open_model(found.model, found.prices, SPLITS)
    assert (opening.price, opening.tokens) == (None, None)


@pytest.mark.parametrize("missing", ["torch", "transformers", "peft"])
def test_a_missing_package_is_an_obstacle_with_the_command_that_installs_it(missing: str, tiny_model: Path, without: Any) -> None:
    without(missing)
    opening = opened(tiny_model, "model.provider.device=cpu")
    (obstacle,) = opening.obstacles
    assert isinstance(obstacle, MissingExtraError)
    assert str(obstacle).endswith("install them with: pip install 'ftexp[local]'")
    assert opening.tokens, "what can be planned without it still is"


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a package look as if it weren't installed."""
    from ftexp.backends.local import machine

    def hide(name: str) -> None:
        def version(wanted: str) -> str:
            if wanted == name:
                raise importlib.metadata.PackageNotFoundError(wanted)
            return importlib.metadata.version(wanted)

        monkeypatch.setattr(machine, "version", version)

    return hide


def provider(model: Model) -> LocalProvider:
    assert isinstance(model.provider, LocalProvider)
    return model.provider


def test_a_machine_is_what_was_wished_for_and_auto_is_found_out(tiny_model: Path) -> None:
    wished = config(tiny_model, "model.provider.device=cuda", "model.provider.dtype=float32", "model.provider.threads=3")
    assert resolve_machine(provider(wished.model)) == Machine(device="cuda", dtype="float32", threads=3)
    found = resolve_machine(provider(config(tiny_model, "model.provider.device=cpu").model))
    assert found.threads == len(os.sched_getaffinity(0))


def test_a_gpu_gets_bfloat16_when_nothing_is_said(tiny_model: Path) -> None:
    assert resolve_machine(provider(config(tiny_model, "model.provider.device=cuda").model)).dtype == "bfloat16"


def test_a_gpu_that_is_not_there_is_refused(tiny_model: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(ModelError, match=r"torch sees no GPU here; set model\.provider\.device=cpu"):
        local(tiny_model, "model.provider.device=cuda").backend().losses(None, SPLITS.test, lambda *_: None)


def test_weights_that_can_not_be_loaded_are_one_model_error(copy: Path) -> None:
    (copy / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(ModelError, match=r"copy: the model can't be loaded"):
        local(copy, "model.provider.device=cpu").backend().losses(None, SPLITS.test, lambda *_: None)


def test_a_value_left_to_a_service_is_refused_for_a_local_job(tiny_model: Path) -> None:
    left = Resolved(n_epochs=1, batch_size=1, learning_rate_multiplier="provider_auto")
    with pytest.raises(ConfigError, match="found provider_auto, which is for hosted services"):
        local(tiny_model).job(left, 0, SUPERVISED)


def test_a_job_has_the_rate_the_steps_and_the_tokens_of_every_pass(tiny_model: Path) -> None:
    model = local(tiny_model, "model.provider.lora.learning_rate=0.01")
    job = model.job(Resolved(n_epochs=3, batch_size=8, learning_rate_multiplier=0.5), 4, SUPERVISED)
    assert (job.learning_rate, job.seed, job.steps) == (0.005, 4, 9)
    assert job.tokens == 3 * sum(len(e.ids) for e in model.encoded_train)
