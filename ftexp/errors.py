"""One tree of errors. Each becomes one clear message and one exit code at the command line.

FtexpError                    5  the run failed
├── ConfigError               2  configuration or usage
├── DataError                 4  the data was refused
├── BudgetError               4  it doesn't fit the budget, or the budget is used up
├── MissingExtraError         2  a package of an optional extra isn't installed
├── NotThereYetError          2  asked for by name, not built yet
├── ModelError                5  a model can't be fetched, read or converted
├── TrainingError             5  a training broke off
│   └── JobEndedError         5  a service's job failed, was cancelled or is gone
├── ServiceError              5  a service refuses what is wanted, or says what can't be understood
│   └── NothingBeganError     5  it refused a job, so that surely none was created
├── WaitingError              5  a service's job goes on by itself; the run waits to be taken up
│   └── SubmittedError        0  as was asked for
├── StateError                5  the state directory or its journal can't be used
├── TrackingError             5  the MLflow store can't be used
└── RunNotFoundError          2  no such run on record

`ftexp.cli` alone turns them into text. A message says where, what was found, what was expected and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process returns; scripts and CI rely on these numbers."""

    OK = 0
    GATE_FAILED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    REFUSED = 4
    FAILED = 5
    INTERRUPTED = 130


class FtexpError(Exception):
    """Something a person can act on. `faults` holds one line for each thing that is wrong, never empty."""

    exit_code = ExitCode.FAILED

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults: Sequence[str] = faults


class ConfigError(FtexpError):
    exit_code = ExitCode.USAGE


class DataError(FtexpError):
    exit_code = ExitCode.REFUSED


class BudgetError(FtexpError):
    exit_code = ExitCode.REFUSED


class MissingExtraError(FtexpError):
    exit_code = ExitCode.USAGE

    def __init__(self, extra: str, wanted_by: str) -> None:
        super().__init__(f"{wanted_by} needs packages that are not installed; install them with: pip install 'ftexp[{extra}]'")
        self.extra = extra


class NotThereYetError(FtexpError):
    exit_code = ExitCode.USAGE


class ModelError(FtexpError):
    pass


class TrainingError(FtexpError):
    pass


class JobEndedError(TrainingError):
    pass


class ServiceError(FtexpError):
    pass


class NothingBeganError(ServiceError):
    pass


class WaitingError(FtexpError):
    pass


class SubmittedError(WaitingError):
    exit_code = ExitCode.OK


class StateError(FtexpError):
    pass


class TrackingError(FtexpError):
    pass


class RunNotFoundError(FtexpError):
    exit_code = ExitCode.USAGE
