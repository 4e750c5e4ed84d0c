"""What lies in the state directory without being needed: by a record, or by a run that can go on."""

from __future__ import annotations

from pathlib import Path

from ftexp.backends.results import TrainingResult
from ftexp.state import State


def leftovers(state: State, with_checkpoints: bool) -> list[tuple[Path, str]]:
    """Each with the reason why it isn't needed. What a process is at work on is never among them."""
    found = [(p, why) for p in _inside(state, "training") if (why := _training(p, state, with_checkpoints))]
    found += [(p, why) for p in _inside(state, "answers") if (why := _answers(p, state, with_checkpoints))]
    kept = _kept_adapters(state)
    found += [(p, "no record names this adapter") for p in _inside(state, "adapters") if p.name not in kept and not _is_training(state)]
    found += [(p, "Hydra's own folder") for p in _inside(state, "hydra")]
    return found


def _inside(state: State, kind: str) -> list[Path]:
    directory = state.directory / kind
    return sorted(directory.iterdir()) if directory.is_dir() else []


def _training(folder: Path, state: State, with_checkpoints: bool) -> str | None:
    if state.is_locked(folder.name):
        return None
    if state.journal.result(folder.name) is not None:
        return "its training has ended, and the result is kept"
    return "checkpoints of a training that was cut off" if with_checkpoints else None


def _answers(folder: Path, state: State, with_checkpoints: bool) -> str | None:
    if state.is_locked(folder.name):
        return None
    if state.journal.result(folder.name) is not None:
        return "all of its answers are there, and kept"
    return "answers that were cut off" if with_checkpoints else None


def _kept_adapters(state: State) -> set[str]:
    trained = map(TrainingResult.model_validate_json, state.journal.results("train"))
    return {Path(t.adapter.path).name for t in trained if t.adapter}


def _is_training(state: State) -> bool:
    """Whether some training may be about to keep its adapter."""
    return any(state.is_locked(folder.name) for folder in _inside(state, "training"))
