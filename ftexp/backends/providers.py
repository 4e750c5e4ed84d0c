"""The model group of the config: what to train, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ftexp.backends.hosted.key_hosts import OWN_HOSTS
from ftexp.values import Value


class PackagedWeights(Value):
    """Weights that travel inside a package of the Python package index, as a GGUF file."""

    package: str = Field(description="the name of a package")
    version: str = Field(description="the version of the package, as text")
    member: str = Field(description="the path of a GGUF file inside the package's wheel")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="64 hexadecimal digits")


class Lora(Value):
    """Low-rank updates of the last layers (Hu et al. 2021, arXiv 2106.09685)."""

    rank: int = Field(ge=1, le=1024, description="a whole number from 1 to 1024")
    alpha: float = Field(gt=0, description="a number above 0")
    dropout: float = Field(ge=0, lt=1, description="a number from 0, below 1")
    layers: Annotated[int, Field(ge=1)] | Literal["all"] = Field(description="a whole number from 1, or all")
    target_modules: tuple[str, ...] = Field(min_length=1, description="a list of module names")
    learning_rate: float = Field(gt=0, lt=1, description="a number above 0 and below 1")
    warmup_share: float = Field(ge=0, lt=1, description="a share from 0, below 1")
    weight_decay: float = Field(ge=0, description="a number from 0")
    max_gradient_norm: float = Field(gt=0, description="a number above 0")


class LocalProvider(Value):
    """Training on this machine."""

    kind: Literal["local"]
    path: str | None = Field(description="a directory or a hub id, or null where package is given")
    package: PackagedWeights | None = Field(description="package, version, member and sha256, or null where path is given")
    device: Literal["auto", "cpu", "cuda"] = Field(description="auto, cpu or cuda")
    dtype: Literal["auto", "float32", "bfloat16"] = Field(description="auto, float32 or bfloat16")
    threads: Annotated[int, Field(ge=1, le=1024)] | Literal["auto"] = Field(description="a whole number from 1, or auto")
    max_tokens: int = Field(ge=8, description="a whole number from 8")
    lora: Lora
    validate_every: int = Field(ge=1, le=20, description="a whole number from 1 to 20")
    usd_per_hour: float | None = Field(default=None, ge=0, description="US dollars from 0, or null")

    @model_validator(mode="after")
    def _one_source(self) -> LocalProvider:
        if self.path is None and self.package is None:
            raise ValueError("found neither path nor package; set model.provider.path=DIRECTORY_OR_HUB_ID")
        if self.path is not None and self.package is not None:
            raise ValueError(
                f"found both a path ({self.path}) and a package ({self.package.package}); for weights of your own use model=local"
            )
        return self


class Uploads(Value):
    """What becomes of files at the service, and how large ones get there."""

    part_bytes: int = Field(ge=1, le=64 * 2**20, description="bytes from 1 to 67108864")
    whole_bytes: int = Field(ge=1, description="bytes from 1")
    expire_after_days: Annotated[int, Field(ge=1, le=30)] | None = Field(description="days from 1 to 30, or null")
    delete_afterwards: bool = Field(description="true or false")


class Deployments(Value):
    """Names under which the models answer, where those aren't their own."""

    base: str | None = Field(description="a name, or null")
    tuned: str | None = Field(description="a name, or null")


class OpenAIProvider(Value):
    """A service that speaks OpenAI's fine-tuning API. What one does otherwise than others stands here, not in code."""

    kind: Literal["openai"]
    model: str = Field(min_length=1, description="the name of a model")
    base_url: str = Field(pattern=r"^https?://", description="an address that starts with https://")
    api_key_env: str | None = Field(
        pattern=r"^[A-Z][A-Z0-9_]*$",
        description="the name of an environment variable, like OPENAI_API_KEY, never the key; or null",
    )
    billed: bool = Field(description="true or false")
    wait: bool = Field(description="true or false")
    token_limit: Literal["max_completion_tokens", "max_tokens"] = Field(description="max_completion_tokens or max_tokens")
    method_object: bool = Field(description="true or false")
    job_metadata: bool = Field(description="true or false")
    learning_rate: Annotated[float, Field(gt=0, lt=1)] | None = Field(description="a number above 0 and below 1, or null")
    best_checkpoint: bool = Field(default=True, description="true or false")
    more_hyperparameters: dict[str, str | int | float | bool] = Field(description="names and values")
    tuned_answers: Literal["by_itself", "once_deployed"] = Field(description="by_itself or once_deployed")
    deployments: Deployments
    uploads: Uploads
    jobs_at_once: int = Field(ge=1, le=1000, description="a whole number from 1 to 1000")
    requests_in_flight: int = Field(ge=1, le=1000, description="a whole number from 1 to 1000")
    poll_seconds: float = Field(gt=0, le=3600, description="seconds above 0, up to 3600")
    listed_within_seconds: float = Field(ge=0, le=3600, description="seconds from 0 to 3600")
    answers_within_minutes: float = Field(ge=0, le=1440, description="minutes from 0 to 1440")

    @property
    def is_billed(self) -> bool:
        """Whether it costs money, whatever the config says of a service that is known to send bills."""
        return self.billed or self.api_key_env in OWN_HOSTS


class Model(Value):
    given_name: str | None = Field(alias="name", description="text or null")
    license: str | None = Field(description="text or null")
    source: str | None = Field(description="text or null")
    revision: str | None = Field(description="text or null")
    provider: Annotated[LocalProvider | OpenAIProvider, Field(discriminator="kind", description="local or openai")]

    @property
    def name(self) -> str:
        """Short enough for the name of a run."""
        if self.given_name:
            return self.given_name
        match self.provider:
            case LocalProvider(path=str(path)):
                return Path(path).name
            case LocalProvider(package=PackagedWeights() as package):
                return package.package
            case OpenAIProvider(model=model):
                return model
        raise AssertionError("a local provider has a path or a package")
