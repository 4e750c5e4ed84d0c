"""What a job of the service goes through, and how long that takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ResultFile = Literal["base64", "plain", "bom", "nan", "double", "torn", "html", "empty", "missing"]
VALIDATED, QUEUED = 0.1, 0.2  # shares of the whole time at which these stages are over


@dataclass(frozen=True)
class Life:
    """`seconds` from creation to the end; with `up_to_seconds` each job has its own between the two, which its content decides.

    `ends` is a status, where it isn't `succeeded` reached at the share `ends_at` of the time and never left: failed, cancelled, paused,
    or one that nobody has heard of; `vanished` means that the job isn't known any more. `queued_as` is another word for queued.
    """

    seconds: float = 0.05
    up_to_seconds: float | None = None
    ends: str = "succeeded"
    ends_at: float = 1.0
    error_code: str = "training_failed"
    error_message: str = "The loss became infinite."
    queued_as: str = "queued"
    empty_error: Literal["null", "object", "nulls"] = "null"
    hyperparameters_null: bool = False
    data_null: bool = False
    result_file: ResultFile = "base64"
    every: int = 1  # steps from one event to the next
    not_found_first: int = 0  # requests to the finished model that get a 404
    says_tokens: bool = True
    echoes_key: bool = False  # in its events, its error and its result file

    def lasting(self, draw: float) -> float:
        """Seconds, for a number from 0 to 1."""
        return self.seconds if self.up_to_seconds is None else self.seconds + draw * (self.up_to_seconds - self.seconds)


@dataclass(frozen=True)
class Manners:
    """How the service behaves towards all. `usd_per_...` are prices of one token."""

    listed_after_seconds: float = 0.0  # until a new job is in the list
    metadata_filter: bool = True
    metadata: Literal["kept", "dropped", "refused"] = "kept"
    foreign_jobs: int = 0  # older ones of others, with metadata like ours
    has_events: bool = True
    has_checkpoints: bool = True
    has_file_list: bool = True
    chat_echoes_key: bool = False
    shutdown_dates: tuple[tuple[str, str], ...] = ()  # model, date
    usd_per_trained_token: float = 25e-6
    usd_per_prompt_token: float = 3e-6
    usd_per_completion_token: float = 12e-6
