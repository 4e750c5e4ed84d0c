"""From the model group to what can be counted, priced and, on this machine, trained. Loads no weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ftexp.backends.embedded import cache_root, locate
from ftexp.backends.hosted.model import ServiceModel
from ftexp.backends.local.chat import ChatTokenizer
from ftexp.backends.local.job import Lesson, Pair, longest_of, tokens_of
from ftexp.backends.local.machine import require_local_extra, resolve_machine
from ftexp.backends.local.model import LocalModel
from ftexp.backends.providers import LocalProvider, Model, OpenAIProvider
from ftexp.data.messages import Example, Splits
from ftexp.errors import ConfigError, DataError, FtexpError, ModelError, NotThereYetError
from ftexp.prices import ModelPrice, Prices
from ftexp.tokens import TokenCounts, hosted_counter, total
from ftexp.validation.findings import Finding, counted
from ftexp.validation.template import unseen_names
from ftexp.values import digest

_CONTENT = ("*.safetensors", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


@dataclass(frozen=True)
class Opening:
    """What is known of a model before anything is spent.

    `obstacles` stand in the way of running it, not of planning. `opened` is None for a model that isn't on this machine yet;
    `tokens` is None where no tokenizer is at hand, `price` where no table has the model. `remarks` are warnings: what of the examples this
    model doesn't see.
    """

    opened: LocalModel | ServiceModel | None
    tokens: TokenCounts | None
    price: ModelPrice | None
    obstacles: tuple[FtexpError, ...]
    remarks: tuple[Finding, ...] = ()

    @property
    def is_billed(self) -> bool:
        """Whether a service sends a bill."""
        return isinstance(self.opened, ServiceModel) and self.opened.provider.is_billed

    @property
    def local(self) -> LocalModel | None:
        """None for a service's."""
        return self.opened if isinstance(self.opened, LocalModel) else None


def open_model(model: Model, prices: Prices, splits: Splits) -> Opening:
    """Raises DataError for examples over the model's length."""
    match model.provider:
        case LocalProvider() as provider:
            examples = (*splits.train, *splits.validation, *splits.test)
            remarks = unseen_names(examples)
            with_tools = [e for e in examples if e.tools or any(m.tool_calls or m.role == "tool" for m in e.messages)]
            if with_tools:
                return Opening(None, None, None, (_no_tools_here(with_tools),), remarks)
            try:
                local = _open_local(model, provider, splits)
            except ModelError as error:
                return Opening(None, None, None, (error,), remarks)
            return Opening(local, _local_tokens(local), None, _missing_extra(), remarks)
        case OpenAIProvider() as provider:
            return _open_hosted(ServiceModel(model.name, provider), prices, splits)


def _no_tools_here(examples: Sequence[Example]) -> NotThereYetError:
    return NotThereYetError(
        f"{examples[0].origin}: has tools or tool messages, as {counted(len(examples), 'example')} of this data; training with tools on "
        "this machine isn't there yet. A hosted model can be planned with them: model=gpt-4.1-mini"
    )


def _open_hosted(model: ServiceModel, prices: Prices, splits: Splits) -> Opening:
    provider, price = model.provider, prices.of(model.provider.model)
    obstacles = _no_key(model)
    if price is None:
        return Opening(model, None, None, obstacles)
    count = hosted_counter(price.encoding, cache_root() / "tiktoken")
    sizes = [count(e) for e in splits.train], [count(e) for e in splits.validation]
    if price.max_tokens is not None:
        key = f"prices.models.{prices.name_of(provider.model)}.max_tokens"
        _refuse_long((*splits.train, *splits.validation), sizes[0] + sizes[1], price.max_tokens, key)
    return Opening(model, total(*sizes), price, obstacles)


def _no_key(model: ServiceModel) -> tuple[FtexpError, ...]:
    try:
        model.endpoint(model.provider.model)
    except ConfigError as error:
        return (error,)
    return ()


def _open_local(model: Model, provider: LocalProvider, splits: Splits) -> LocalModel:
    """Raises ModelError where the model isn't here; a hub id is fetched once, into the hub's own cache."""
    if provider.package is not None:
        directory = locate(model.name, provider.package)
        revision = digest(provider.package.sha256, directory.name)
    else:
        assert provider.path is not None, "a provider has a path or a package"
        directory = _directory(provider.path, model.revision)
        revision = _fingerprint(directory)
    tokenizer = ChatTokenizer(directory)
    train, validation = (tuple(_encoded(tokenizer, e) for e in part) for part in (splits.train, splits.validation))
    pairs = [e for e in splits.test if e.rejected]
    test = tuple(Pair(tokenizer.encode(e), tokenizer.encode(e.turned)) for e in pairs)
    local = LocalModel(model.name, directory, revision, provider, resolve_machine(provider), tokenizer, train, validation, test)
    lengths = [longest_of(one) for one in (*train, *validation, *test)]
    _refuse_long((*splits.train, *splits.validation, *pairs), lengths, provider.max_tokens, "model.provider.max_tokens")
    return local


def _encoded(tokenizer: ChatTokenizer, example: Example) -> Lesson:
    if example.rejected is None:
        return tokenizer.encode(example)
    return Pair(tokenizer.encode(example), tokenizer.encode(example.turned))


def _local_tokens(local: LocalModel) -> TokenCounts:
    """Of a preference pair both conversations count: the input with the better answer, and with the other."""
    train, validation = tokens_of(local.encoded_train), tokens_of(local.encoded_validation)
    return TokenCounts(train=train, validation=validation, longest=max((n for part in local.lengths.values() for n in part), default=0))


def _missing_extra() -> tuple[FtexpError, ...]:
    try:
        require_local_extra()
    except FtexpError as error:
        return (error,)
    return ()


def _refuse_long(examples: tuple[Example, ...], lengths: list[int], limit: int, key: str) -> None:
    long = [
        f"{e.origin}: has {n:,} tokens; expected at most {limit:,} ({key})" for e, n in zip(examples, lengths, strict=True) if n > limit
    ]
    if long:
        more = [f"{len(long) - 5} more examples are too long"] if len(long) > 5 else []
        raise DataError(*long[:5], *more, f"shorten them, leave them out, or raise {key}; nothing is cut in silence")


def _directory(path: str, revision: str | None) -> Path:
    directory = Path(path).expanduser()
    if directory.is_dir():
        return directory.resolve()
    if directory.is_absolute() or path.startswith((".", "~")) or path.count("/") != 1:
        raise ConfigError(
            f"model.provider.path: found {path}, which is no directory; "
            "expected a directory with safetensors weights, or a hub id like OWNER/NAME"
        )
    return _from_hub(path, revision)


def _from_hub(model_id: str, revision: str | None) -> Path:
    """Weights as safetensors, tokenizer and config; nothing that could run code."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model_id, revision=revision, allow_patterns=[*_CONTENT, "LICENSE*", "*.index.json"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"model.provider.path: {model_id} is no directory here and can't be had from the hub ({reason})") from error


def _fingerprint(directory: Path) -> str:
    """A digest of the files that matter: the small ones whole, of weights the size and the first and last MiB.

    Reading gigabytes at every start would cost more than it tells: a fine-tune changes both ends.
    """
    files = sorted({p for pattern in _CONTENT for p in directory.glob(pattern)})
    if not any(p.suffix == ".safetensors" for p in files):
        raise ModelError(
            f"{directory}: found no .safetensors file; expected a model directory with safetensors weights (pickled ones are not loaded)"
        )
    return digest([(p.name, p.stat().st_size, _ends(p)) for p in files])


def _ends(path: Path, size: int = 1 << 20) -> str:
    with path.open("rb") as file:
        first = file.read(size)
        file.seek(max(path.stat().st_size - size, 0))
        return hashlib.sha256(first + file.read()).hexdigest()
