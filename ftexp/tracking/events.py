"""What MLflow is to show, as data: a step's result becomes events, the journal keeps them, `mlflow_store` tells them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ftexp.backends.results import Point, TrainingResult
from ftexp.evaluation.scoring import Comparison
from ftexp.values import Value, digest


class Params(Value):
    kind: Literal["params"] = "params"
    values: dict[str, str]

    @property
    def ident(self) -> str:
        return "params"


class Tags(Value):
    kind: Literal["tags"] = "tags"
    values: dict[str, str]

    @property
    def ident(self) -> str:
        return f"tags/{digest(self.values)}"  # another value is another event: a later attempt may fail for another reason


class Figures(Value):
    """Metrics at one step. One event for each set of names at a step, so that a resumed curve is told once."""

    kind: Literal["figures"] = "figures"
    step: int
    values: dict[str, float]
    of_model: bool = False  # link them with the tuned model

    @property
    def ident(self) -> str:
        return f"figures/{self.step}/" + ",".join(sorted(self.values))


class Text(Value):
    """A small artifact. `private` text (examples, answers) stays out of a remote store unless the config allows it."""

    kind: Literal["text"] = "text"
    path: str
    content: str
    private: bool = False
    edition: str = ""  # another edition is told again and replaces the one before

    @property
    def ident(self) -> str:
        return f"text/{self.path}/{self.edition}".removesuffix("/")


class Table(Value):
    """Columns of texts that MLflow shows side by side between runs."""

    kind: Literal["table"] = "table"
    path: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]
    private: bool = True

    @property
    def ident(self) -> str:
        return f"table/{self.path}"


class Folder(Value):
    """Files of the state directory, by their path from the project directory."""

    kind: Literal["folder"] = "folder"
    path: str
    into: str
    edition: str = ""
    private: bool = False

    @property
    def ident(self) -> str:
        return f"folder/{self.into}/{self.edition}".removesuffix("/")


class Input(Value):
    """A split as an MLflow dataset."""

    kind: Literal["input"] = "input"
    name: str
    split: str
    sha256: str
    examples: int
    source: str

    @property
    def ident(self) -> str:
        return f"input/{self.split}"


class TunedModel(Value):
    """The model that came out, by name and content; one at a service by `external`, the name under which it answers there."""

    kind: Literal["model"] = "model"
    name: str
    sha256: str = ""
    base: str
    external: str = ""
    service: str = ""

    @property
    def ident(self) -> str:
        return "model"


class ExperimentTag(Value):
    """A tag of the experiment that the run is in."""

    kind: Literal["experiment_tag"] = "experiment_tag"
    key: str
    value: str

    @property
    def ident(self) -> str:
        return f"experiment_tag/{self.key}/{digest(self.value)[:8]}"


class Registered(Value):
    """The tuned model as a version of a registered model. `verdict` is that of its gates; `reason` why it was registered in spite of it."""

    kind: Literal["registered"] = "registered"
    name: str
    alias: str | None
    verdict: str
    reason: str = ""
    at: float  # in seconds since 1970: an alias may move away and come back

    @property
    def ident(self) -> str:
        return f"registered/{self.name}/{self.at}"


class Ended(Value):
    """`attempt` is another number for each end of one run, since only the last one counts, with its error or none."""

    kind: Literal["ended"] = "ended"
    state: Literal["FINISHED", "FAILED", "KILLED"]
    attempt: int
    error: str = ""

    @property
    def ident(self) -> str:
        return f"ended/{self.attempt}"


Event = Params | Tags | Figures | Text | Table | Folder | Input | TunedModel | ExperimentTag | Registered | Ended
_ANY: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def parse(body: str) -> Event:
    return _ANY.validate_json(body)


def events_of(step: str, result: Value) -> Iterator[Event]:
    """What a step's result adds to the run in MLflow. Steps that only feed others add nothing."""
    match result:
        case TrainingResult():
            for point in result.curve:
                yield from figures_of(point, one_by_one=result.hosted is not None)
            yield Text(path="training/curve.csv", content=_curve_csv(result.curve))
            rate = result.tokens_per_second
            pace = {"train/tokens_per_second": rate} if rate is not None else {}
            yield Figures(step=0, values={"time/train_seconds": result.seconds, **pace})
            yield Tags(values={**_model_tags(result), "ftexp.best_step": str(result.best_step)})
            if result.adapter:
                yield Folder(path=result.adapter.path, into="training/adapter")
    seconds = getattr(result, "seconds", None)
    if seconds is not None and not isinstance(result, TrainingResult):
        yield Figures(step=0, values={f"time/{step}_seconds": seconds})


def _model_tags(result: TrainingResult) -> dict[str, str]:
    if result.adapter:
        return {"ftexp.adapter_sha256": result.adapter.sha256}
    assert result.hosted, "a training has one of them"
    found = result.hosted
    tags = {"ftexp.job": found.job, "ftexp.tuned_model": found.model, "ftexp.service": found.service, "ftexp.curve_partial": found.partial}
    return {name: value for name, value in tags.items() if value}


def figures_of(point: Point, one_by_one: bool = False) -> Iterator[Figures]:
    """Training and validation figures come one after the other, so each is an event of its own; `one_by_one` each figure is.

    A service tells the same step in several ways, by events and by a file, with other figures in each.
    """
    prefixes = sorted(point.figures) if one_by_one else ["train/", "validation/"]
    for prefix in prefixes:
        values = {name: v for name, v in point.figures.items() if name.startswith(prefix)}
        if values:
            yield Figures(step=point.step, values=values)


def score_figures(comparison: Comparison) -> Iterator[tuple[str, float]]:
    for metric, subjects in comparison.means.items():
        for subject, found in subjects.items():
            yield from with_interval(f"score/{subject}/{metric}", found.value, found.low, found.high, found.n)
    for metric, against in comparison.differences.items():
        for other, difference in against.items():
            yield from with_interval(f"score/delta_{other}/{metric}", difference.value, difference.low, difference.high, difference.n)


def with_interval(name: str, value: float, low: float | None, high: float | None, n: int) -> Iterator[tuple[str, float]]:
    yield name, value
    yield f"{name}/n", n
    if low is not None and high is not None:
        yield f"{name}/ci_low", low
        yield f"{name}/ci_high", high


def _curve_csv(curve: tuple[Point, ...]) -> str:
    names = sorted({name for point in curve for name in point.figures})
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["step", "epoch", *names])
    for point in curve:
        rows.writerow([point.step, point.epoch, *(json.dumps(point.figures[n]) if n in point.figures else "" for n in names)])
    return text.getvalue()
