"""What a run is made with here against what is on record of it: what can change its numbers, and nothing else. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ftexp.config import RunConfig
from ftexp.provenance import InputDifference, Inputs, differences

# What is trained on and with stands under data, model and machine; names, prices and where results go change no number.
_NO_NUMBERS = (
    "budget.",
    "checks.",
    "dataset.",
    "eval.gates",
    "eval.headline",
    "eval.measure_validation",
    "goal",
    "model.license",
    "model.name",
    "model.provider.answers_within_minutes",
    "model.provider.api_key_env",
    "model.provider.billed",
    "model.provider.deployments.",
    "model.provider.device",
    "model.provider.dtype",
    "model.provider.job_metadata",
    "model.provider.jobs_at_once",
    "model.provider.listed_within_seconds",
    "model.provider.method_object",
    "model.provider.package",
    "model.provider.path",
    "model.provider.poll_seconds",
    "model.provider.requests_in_flight",
    "model.provider.threads",
    "model.provider.token_limit",
    "model.provider.tuned_answers",
    "model.provider.uploads.",
    "model.provider.usd_per_hour",
    "model.provider.wait",
    "model.revision",
    "model.source",
    "name",
    "prices.",
    "replicate",
    "suitability.",
    "tracking.",
    "training.start_from",
)
_LATER = "instructions"  # of the machine; older records don't have it
# Packages that compute, read weights or text, or score; and those that transformers takes up where they are installed.
_COMPUTING = {
    "accelerate",
    "bitsandbytes",
    "deepspeed",
    "flash-attn",
    "intel-openmp",
    "jinja2",
    "kernels",
    "liger-kernel",
    "mkl",
    "numpy",
    "peft",
    "sacrebleu",
    "safetensors",
    "scipy",
    "tokenizers",
    "torch",
    "torchao",
    "transformers",
    "triton",
    "trl",
    "xformers",
}


def changed_inputs(recorded: Inputs, config: RunConfig, now: Inputs) -> tuple[InputDifference, ...]:
    """`config` is the recorded one, with today's defaults for keys that came later."""
    machine = {**{key: value for key, value in now.machine.items() if key == _LATER}, **recorded.machine}
    then = replace(recorded, config=_as_now(recorded.config, flattened(config), now.config), machine=machine)
    if recorded.code:  # ftexp's own source tells more than the commit of the project directory
        then, now = _without_commit(then), _without_commit(now)
    else:
        then, now = replace(then, code=None), replace(now, code=None)
        if then.commit is None or now.commit is None:
            then, now = _without_commit(then), _without_commit(now)
    return differences(_computing(then), _computing(now))


def flattened(config: RunConfig) -> dict[str, str]:
    """Dotted keys and texts, as MLflow's params have them."""
    flat = _flat(config.model_dump(mode="json", by_alias=True))
    return {key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for key, value in flat.items()}


def _as_now(recorded: Mapping[str, str], completed: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """The recorded config with the keys that there are now."""
    later = {key: completed[key] for key in now if key not in recorded and key in completed}
    return later | {key: value for key, value in recorded.items() if key in now}


def _without_commit(inputs: Inputs) -> Inputs:
    return replace(inputs, commit=None, dirty=None, patch=None)


def _computing(inputs: Inputs) -> Inputs:
    packages = {name: version for name, version in inputs.packages.items() if _computes(name)}
    config = {key: value for key, value in inputs.config.items() if not key.startswith(_NO_NUMBERS)}
    machine = {key: _without_kernel(value) if key == "system" else value for key, value in inputs.machine.items()}
    return replace(inputs, packages=packages, config=config, machine=machine)


def _computes(package: str) -> bool:
    name = package.lower().replace("_", "-")
    return name in _COMPUTING or name.startswith("nvidia-")


def _without_kernel(system: str) -> str:
    """`Linux-6.1.0-x86_64-with-glibc2.36` without the kernel's version: the mathematics is in the C library."""
    name, _, library = system.partition("-with-")
    return f"{name.partition('-')[0]}, {library}" if library else system


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in _flat(inner, f"{prefix}.{key}" if prefix else str(key)).items()}
    return {prefix: value}
