from __future__ import annotations

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from math import log, log1p
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import chats, pairs

from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.local.chat import Encoded
from ftexp.backends.local.job import Job, Pair
from ftexp.backends.local.objective import Preference
from ftexp.backends.local.training import Trained
from ftexp.backends.providers import Lora
from ftexp.backends.results import Point
from ftexp.backends.stopping import EarlyStopping
from ftexp.data.messages import Example, Message
from ftexp.errors import TrainingError

LORA = Lora(
    rank=4,
    alpha=8,
    dropout=0.1,
    layers=1,
    target_modules=("q_proj", "v_proj", "down_proj"),
    learning_rate=0.02,
    warmup_share=0.0,
    weight_decay=0.0,
    max_gradient_norm=1.0,
)
TRAIN, HELD_OUT = pairs()[:14], pairs()[40:50]


def silent(point: Point) -> None:
    """For who doesn't want to be told."""


def encoded(backend: LocalBackend, examples: tuple[Example, ...]) -> tuple[Pair, ...]:
    return tuple(Pair(backend.tokenizer.encode(e), backend.tokenizer.encode(e.turned)) for e in examples)


@pytest.fixture(scope="module")
def job(backend: LocalBackend) -> Job:
    """Three epochs of four steps."""
    train, held_out = encoded(backend, TRAIN), encoded(backend, HELD_OUT)
    return Job(train, held_out, n_epochs=3, batch_size=4, learning_rate=0.02, seed=7, lora=LORA, validate_every=3)


@pytest.fixture(scope="module")
def undisturbed(backend: LocalBackend, job: Job, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return backend.train(job, tmp_path_factory.mktemp("undisturbed"), silent)


@pytest.fixture(scope="module")
def start(backend: LocalBackend, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that was trained on the preferred answers."""
    train, validation = (tuple(backend.tokenizer.encode(e) for e in part) for part in (chats()[:14], chats()[40:50]))
    supervised = Job(train, validation, n_epochs=2, batch_size=4, learning_rate=0.02, seed=1, lora=LORA, validate_every=3)
    return backend.train(supervised, tmp_path_factory.mktemp("start"), silent).adapter


def adapter_bytes(trained: Trained) -> bytes:
    return (trained.adapter / "adapter_model.safetensors").read_bytes()


def curve_of(trained: Trained, name: str) -> dict[int, float]:
    return {p.step: p.figures[name] for p in trained.curve if name in p.figures}


def load(backend: LocalBackend, adapter: Path | None = None) -> Any:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(str(backend.directory)).eval()
    return PeftModel.from_pretrained(base, str(adapter)).eval() if adapter else base


def likelihood(model: Any, answer: Encoded) -> float:
    """In nats, of the learned tokens, the long way."""
    with torch.no_grad():
        found = model(input_ids=torch.tensor([answer.ids])).logits[0].double().log_softmax(-1)
    return sum(found[i - 1, answer.ids[i]].item() for i, learned in enumerate(answer.learned) if learned)


def margin(policy: Any, reference: Any, pair: Pair, beta: float) -> float:
    preferred, rejected = (likelihood(policy, e) - likelihood(reference, e) for e in (pair.preferred, pair.rejected))
    return beta * (preferred - rejected)


@pytest.mark.parametrize("beta", [0.1, 1.0])
def test_the_loss_of_a_batch_is_the_formula(beta: float, backend: LocalBackend, job: Job, start: Path) -> None:
    policy, reference = load(backend, start), load(backend)
    before = {p: likelihood(reference, p.preferred) - likelihood(reference, p.rejected) for p in job.train}
    objective = Preference(pad_id=0, hidden=None, beta=beta, reference=before)
    with torch.no_grad():
        found = objective.measured(policy, objective.batch(job.train[:4]))
    margins = [margin(policy, reference, p, beta) for p in job.train[:4]]
    assert found.figures["reward_margin"].tolist() == pytest.approx(margins, rel=1e-3, abs=1e-4)
    assert found.losses.tolist() == pytest.approx([log1p(2.718281828459045**-m) for m in margins], rel=1e-3)
    assert found.figures["reward_accuracy"].tolist() == [float(m > 0) for m in margins]


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing:FutureWarning")  # of its own defaults
def test_the_loss_of_a_batch_is_that_of_trl(backend: LocalBackend, job: Job, start: Path, tmp_path: Path) -> None:
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    def row(pair: Pair) -> dict[str, list[int]]:
        prompt = pair.preferred.learned.index(True)
        chosen, rejected = (e.ids[prompt : len(e.ids) - e.learned[::-1].index(True)] for e in (pair.preferred, pair.rejected))
        return {"prompt_ids": list(pair.preferred.ids[:prompt]), "chosen_ids": list(chosen), "rejected_ids": list(rejected)}

    some = [{"prompt": "a", "chosen": "b", "rejected": "c"}]  # it wants some; the batch is ours
    how = DPOConfig(str(tmp_path), beta=0.3, use_cpu=True, bf16=False, report_to=[])
    trainer: Any = DPOTrainer(
        model=load(backend, start),
        ref_model=load(backend),
        args=how,
        train_dataset=Dataset.from_list(some),
        processing_class=AutoTokenizer.from_pretrained(str(backend.directory)),
    )
    trainer.model.eval()
    with torch.no_grad():
        theirs = trainer._compute_loss(trainer.model, trainer.data_collator([row(p) for p in job.train[:4]]), return_outputs=False)
    reference = load(backend)
    before = {p: likelihood(reference, p.preferred) - likelihood(reference, p.rejected) for p in job.train[:4]}
    objective = Preference(pad_id=0, hidden=None, beta=0.3, reference=before)
    with torch.no_grad():
        ours = objective.measured(load(backend, start), objective.batch(job.train[:4])).losses.mean()
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-4)


def test_only_the_last_answer_and_its_end_count(backend: LocalBackend) -> None:
    turns = (Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "Open?"), Message("assistant", "At nine."))
    pair = Example(turns, "two turns", rejected=Message("assistant", "No."))
    for example, said in ((pair, "At nine."), (pair.turned, "No.")):
        found = backend.tokenizer.encode(example)
        learned = [i for i, yes in zip(found.ids, found.learned, strict=True) if yes]
        assert backend.tokenizer.decode(learned) == said
        assert learned[-1] == backend.tokenizer.end_of_turn()


def test_held_out_pairs_are_ranked_better_with_every_pass(backend: LocalBackend, job: Job, undisturbed: Trained) -> None:
    for name in ("validation/reward_accuracy", "validation/reward_margin"):
        curve = curve_of(undisturbed, name)
        assert list(curve) == [0, 3, 4, 6, 8, 9, 12]
    accuracy, margins = (curve_of(undisturbed, f"validation/reward_{name}") for name in ("accuracy", "margin"))
    assert accuracy[0] == 0.5 and accuracy[12] >= 0.9
    assert margins[0] == 0.0 < margins[4] < margins[12]
    assert curve_of(undisturbed, "validation/loss")[0] == pytest.approx(log(2), abs=1e-7)
    assert [*curve_of(undisturbed, "train/reward_margin")] == [*curve_of(undisturbed, "train/reward_accuracy")] == list(range(1, 13))


def test_validation_is_the_formula_over_all_pairs(backend: LocalBackend, job: Job, undisturbed: Trained) -> None:
    policy, reference = load(backend, undisturbed.adapter), load(backend)
    margins = [margin(policy, reference, p, job.beta) for p in encoded(backend, HELD_OUT)]
    assert curve_of(undisturbed, "validation/reward_margin")[undisturbed.best_step] == pytest.approx(sum(margins) / 10, rel=1e-3)


def test_test_pairs_are_measured_as_validation_is(backend: LocalBackend, job: Job, undisturbed: Trained) -> None:
    found = backend.margins(undisturbed.adapter, None, encoded(backend, HELD_OUT), job.beta, lambda *_: None).values
    assert curve_of(undisturbed, "validation/reward_margin")[undisturbed.best_step] == pytest.approx(sum(found) / 10, rel=1e-4)


def test_the_same_seed_gives_the_same_bytes_and_another_beta_others(
    backend: LocalBackend, job: Job, undisturbed: Trained, tmp_path: Path
) -> None:
    again = backend.train(job, tmp_path / "again", silent)
    other = backend.train(replace(job, beta=0.5), tmp_path / "other", silent)
    assert (again.curve, adapter_bytes(again)) == (undisturbed.curve, adapter_bytes(undisturbed))
    assert adapter_bytes(other) != adapter_bytes(undisturbed)


class CutOffError(Exception):
    """Stands for a power cut."""


def cut_off_at(step: int, name: str) -> Callable[[Point], None]:
    def report(point: Point) -> None:
        if point.step == step and name in point.figures:
            raise CutOffError

    return report


@pytest.mark.parametrize("begins_with_start", [False, True])
def test_a_training_that_was_cut_off_goes_on_to_the_same_end(
    begins_with_start: bool, backend: LocalBackend, job: Job, start: Path, tmp_path: Path
) -> None:
    job = replace(job, start=start if begins_with_start else None)
    whole = backend.train(job, tmp_path / "whole", silent)
    with pytest.raises(CutOffError):
        backend.train(job, tmp_path / "cut", cut_off_at(8, "train/loss"))
    resumed = backend.train(job, tmp_path / "cut", silent)
    assert (resumed.curve, resumed.best_step, resumed.tokens) == (whole.curve, whole.best_step, whole.tokens)
    assert adapter_bytes(resumed) == adapter_bytes(whole)


def test_an_interrupt_leaves_a_checkpoint_and_changes_no_number(
    backend: LocalBackend, job: Job, undisturbed: Trained, tmp_path: Path
) -> None:
    def report(point: Point) -> None:
        if point.step == 4:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            backend.train(job, tmp_path, report)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (tmp_path / "checkpoint-4").is_dir()
    assert backend.train(job, tmp_path, silent).curve == undisturbed.curve


def test_training_begins_with_the_adapter_it_is_given_and_is_held_against_it(
    backend: LocalBackend, job: Job, start: Path, tmp_path: Path
) -> None:
    trained = backend.train(replace(job, start=start), tmp_path, silent)
    assert curve_of(trained, "validation/reward_margin")[0] == 0.0, "the start is the reference"
    policy, reference = load(backend, trained.adapter), load(backend, start)
    margins = [margin(policy, reference, p, job.beta) for p in encoded(backend, HELD_OUT)]
    assert curve_of(trained, "validation/reward_margin")[trained.best_step] == pytest.approx(sum(margins) / 10, rel=1e-3)


def test_where_nothing_gets_better_the_model_is_what_it_began_with(backend: LocalBackend, job: Job, start: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    trained = backend.train(replace(job, start=start, learning_rate=1e-30, n_epochs=1), tmp_path, silent)
    ours, theirs = (load_file(str(folder / "adapter_model.safetensors")) for folder in (trained.adapter, start))
    assert trained.best_step == 0
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_supervised_training_too_begins_with_an_adapter(backend: LocalBackend, job: Job, start: Path, tmp_path: Path) -> None:
    train, validation = (tuple(p.preferred for p in part if isinstance(p, Pair)) for part in (job.train, job.validation))
    trained = backend.train(replace(job, train=train, validation=validation, start=start, n_epochs=1), tmp_path, silent)
    model = load(backend, start)
    expected = -sum(likelihood(model, e) for e in validation) / sum(e.learned_count for e in validation)
    assert curve_of(trained, "validation/loss")[0] == pytest.approx(expected, rel=1e-5)


def test_an_adapter_of_another_shape_is_refused(backend: LocalBackend, job: Job, start: Path, tmp_path: Path) -> None:
    wider = replace(job, start=start, lora=LORA.model_copy(update={"layers": "all"}))
    with pytest.raises(TrainingError, match=r"training\.start_from: .* doesn't fit the adapters of model\.provider\.lora"):
        backend.train(wider, tmp_path, silent)


def test_the_best_by_rewards_is_kept_and_ends_the_training(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    rule = EarlyStopping(patience=2, min_delta=100.0)
    found = backend.train(replace(job, best_metric="validation/reward_margin", early_stopping=rule), tmp_path, silent)
    margins = curve_of(found, "validation/reward_margin")
    assert found.best_step == max(margins, key=lambda step: margins[step])
    assert found.steps == 4, "the third validation is the second in vain"
    log_history = json.loads((tmp_path / "checkpoint-4" / "trainer_state.json").read_text(encoding="utf-8"))["log_history"]
    assert found.tokens == job.reference_tokens + sum(e["tokens"] for e in log_history if "tokens" in e)


def test_both_answers_count_in_every_pass_and_once_for_the_reference(job: Job) -> None:
    a_pass = sum(len(p.preferred.ids) + len(p.rejected.ids) for p in job.train if isinstance(p, Pair))
    assert job.tokens == 3 * a_pass + a_pass
