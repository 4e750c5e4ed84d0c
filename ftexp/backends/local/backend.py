"""One model on this machine: trains adapters for it, and answers with or without one."""

from __future__ import annotations

import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftexp.backends.kept import Batch, KeptBatches
from ftexp.backends.local.chat import ChatTokenizer
from ftexp.backends.local.job import Job, Pair
from ftexp.backends.local.machine import Machine, require_local_extra
from ftexp.backends.results import Answers, Generation, Losses, PairMargins, Point, Reply
from ftexp.data.messages import Example, Message
from ftexp.errors import ModelError, TrainingError

if TYPE_CHECKING:
    from ftexp.backends.local.generation import Continuation
    from ftexp.backends.local.training import Trained

LOSS_BATCH = 16

Reached = Callable[[int, str], None]  # told how many items are done so far, and a remark


class LocalBackend:
    """`directory` holds a Hugging Face model with safetensors weights. torch is imported when something has to be computed.

    Raises ModelError where the model can't be loaded here. Evaluation is in float32, since in bfloat16 an answer
    depends on the batch it sits in; training is in the machine's dtype.
    """

    def __init__(self, directory: Path, machine: Machine, tokenizer: ChatTokenizer) -> None:
        self.directory, self.machine, self.tokenizer = directory, machine, tokenizer

    def train(self, job: Job, folder: Path, report: Callable[[Point], None], used_up: Callable[[], str] = str) -> Trained:
        """Trains in `folder`, which holds checkpoints and the adapter with the lowest validation loss.

        `used_up` says why the budget lets it go on no longer, empty while it does; it then stops with a checkpoint and BudgetError.
        """
        self._settle()
        import torch

        from ftexp.backends.local import training

        model = self._load(self.machine.dtype, training=True)
        try:
            return training.train(model, job, self._pad_id, self.machine.device, folder, report, used_up)
        except (MemoryError, torch.OutOfMemoryError) as error:
            raise TrainingError(
                "training: out of memory; the same command goes on from the last checkpoint once there is more. "
                "To need less: a lower hyperparameters.batch_size, model.provider.lora.layers or model.provider.max_tokens"
            ) from error

    def answers(
        self,
        adapter: Path | None,
        prompts: Sequence[Sequence[Message]],
        generation: Generation,
        reached: Reached,
        kept: KeptBatches | None = None,
    ) -> Answers:
        """Greedy answers of the base, or of the model tuned with `adapter`; batches that were `kept` are not generated again."""
        from ftexp.backends.local.generation import Stops, batch_plan, greedy

        self._settle()
        ids = [self.tokenizer.prompt_ids(p) for p in prompts]
        plan = batch_plan(ids, generation.batch_size)
        known = kept.read() if kept else {}
        left = [number for number in range(len(plan)) if number not in known]
        started = time.monotonic()

        def done(found: Sequence[Continuation], seconds: float) -> None:
            number = next(n for n in left if n not in known)
            replies = tuple(self._reply(ids[i], each) for i, each in zip(plan[number], found, strict=True))
            known[number] = Batch(number=number, replies=replies, seconds=seconds)
            if kept:
                kept.keep(known[number])
            tokens = sum(r.tokens_out for n in left if n in known for r in known[n].replies)
            reached(sum(len(b.replies) for b in known.values()), f"{tokens / (time.monotonic() - started):.0f} tokens/s")

        if left:
            stops = Stops(self._end_ids, self._pad_id, generation.max_new_tokens)
            with self._subject(adapter) as model:
                greedy(model, ids, [plan[number] for number in left], stops, done)
        return _in_order(plan, known)

    def _reply(self, prompt: Sequence[int], found: Continuation) -> Reply:
        return Reply(
            text=self.tokenizer.decode(found.ids),
            tokens_in=len(prompt),
            tokens_out=len(found.ids),
            seconds=found.seconds,
            first_token_seconds=found.first_token_seconds,
        )

    def losses(self, adapter: Path | None, examples: Sequence[Example], reached: Reached) -> Losses:
        """How well the base, or the model tuned with `adapter`, predicts the last reply of each example."""
        self._settle()
        import torch

        from ftexp.backends.local.answers_only import padded, token_losses

        started = time.monotonic()
        encoded = [self.tokenizer.encode(e).last_reply_only() for e in examples]
        values: list[float] = []
        with self._subject(adapter) as model, torch.inference_mode():
            for i in range(0, len(encoded), LOSS_BATCH):
                batch = padded(encoded[i : i + LOSS_BATCH], self._pad_id).to(model.device)
                found = token_losses(model, batch)
                values += [found.losses[found.rows == row].double().mean().item() for row in range(len(batch.ids))]
                reached(len(values), "")
        return Losses(values=tuple(values), seconds=time.monotonic() - started)

    def margins(self, adapter: Path, start: Path | None, pairs: Sequence[Pair], beta: float, reached: Reached) -> PairMargins:
        """Against what training began with: the base, or the adapter in `start`."""
        from ftexp.backends.local.objective import preferences

        self._settle()
        started, found = time.monotonic(), []
        for done, one in enumerate((start, adapter)):
            nats: list[float] = []
            with self._subject(one) as model:
                for batch in preferences(model, pairs, self._pad_id):
                    nats += batch
                    reached(done * len(pairs) + len(nats), "")
            found.append(nats)
        values = tuple(beta * (after - before) for before, after in zip(*found, strict=True))
        return PairMargins(values=values, seconds=time.monotonic() - started)

    def merge(self, adapter: Path, target: Path) -> None:
        """Writes base and adapter as one model with its tokenizer, in float32 safetensors."""
        from peft import PeftModel

        base = self._load("float32", training=False)  # a copy of its own: merging changes the weights of the one that answers
        PeftModel.from_pretrained(base, str(adapter)).merge_and_unload().save_pretrained(str(target))
        for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"):
            if (self.directory / name).is_file():
                shutil.copy(self.directory / name, target / name)

    @property
    def _end_ids(self) -> frozenset[int]:
        return frozenset({self.tokenizer.end_of_turn()})

    @property
    def _pad_id(self) -> int:
        """Any id but the end of turn: attention and loss masks, not the id, say what is padding."""
        return 0 if self.tokenizer.end_of_turn() != 0 else 1

    @contextmanager
    def _subject(self, adapter: Path | None) -> Iterator[Any]:
        from peft import PeftModel

        if adapter is None:
            yield self._base.eval()
            return
        tuned = PeftModel.from_pretrained(self._base, str(adapter))
        try:
            yield tuned.eval()
        finally:
            tuned.unload()

    @cached_property
    def _base(self) -> Any:
        return self._load("float32", training=False)

    def _load(self, dtype: str, training: bool) -> Any:
        """Eager attention to train with on a CPU: the fused one's backward pass is slower there in bfloat16."""
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModelForCausalLM

        attention = "eager" if training and self.machine.device == "cpu" else "sdpa"
        model: Any
        try:
            model = AutoModelForCausalLM.from_pretrained(
                str(self.directory),
                dtype=getattr(torch, dtype),
                attn_implementation=attention,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
            )
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise ModelError(f"{self.directory}: the model can't be loaded ({' '.join(str(error).split())[:300]})") from error
        return model.to(self.machine.device)

    def _settle(self) -> None:
        """Everything that the same numbers depend on, set before the first number is made.

        Raises MissingExtraError without torch and its kin, ModelError where a GPU is asked for and there is none.
        """
        require_local_extra()
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        import torch
        from transformers.utils import logging as quiet

        logging: Any = quiet  # untyped

        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated")  # peft 0.21 asks transformers 5 for it
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        torch.set_num_threads(self.machine.threads)
        if self.machine.device == "cuda":
            if not torch.cuda.is_available():
                raise ModelError(
                    "model.provider.device: found cuda, but torch sees no GPU here; "
                    "set model.provider.device=cpu, or install a CUDA build of torch"
                )
            torch.use_deterministic_algorithms(True)


def _in_order(plan: tuple[tuple[int, ...], ...], batches: Mapping[int, Batch]) -> Answers:
    by_item = {i: reply for number, places in enumerate(plan) for i, reply in zip(places, batches[number].replies, strict=True)}
    seconds = sum(batch.seconds for batch in batches.values())
    return Answers(replies=tuple(by_item[i] for i in range(len(by_item))), batch_plan=plan, seconds=seconds)
