"""The eval group of the config."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from ftexp.backends.results import Generation
from ftexp.evaluation.gates import Gate
from ftexp.evaluation.items import TEST, VALIDATION, SubjectName
from ftexp.evaluation.metrics.kinds import Metric
from ftexp.evaluation.metrics.measured import BaseLikelihood, HeldOutLoss
from ftexp.evaluation.power import ASSUMED_DISCORDANCE
from ftexp.values import Value

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]  # becomes a part of an MLflow metric's name
Generated = Literal["general", "instructions", "refusal", "privacy", "twins", "open"]
Shipped = Literal["ability", "instructions", "fluency", "creativity", "refusal", "bias", "privacy", "canaries"]
ShippedLanguage = Literal["en", "zh-Hant"]


class TestItems(Value):
    """The dataset's test split; the first `count` of it where that is given."""

    __test__ = False  # no test class, whatever pytest makes of the name

    kind: Literal["test"] = "test"
    count: int | None = Field(default=None, ge=1, description="a whole number from 1, or null for all")


class GeneratedItems(Value):
    """Items made from templates by a seed: `ftexp.evaluation.generated`."""

    kind: Literal["generated"]
    suite: Generated = Field(description="general, instructions, refusal, privacy, twins or open")
    count: int = Field(default=300, ge=1, le=100_000, description="a whole number from 1 to 100000")
    seed: int = Field(default=0, ge=0, description="a whole number from 0")


class ShippedItems(Value):
    """Items written by hand, which come with the package: `ftexp.evaluation.shipped`. `version` is the one that is meant."""

    kind: Literal["shipped"]
    suite: Shipped = Field(description="ability, instructions, fluency, creativity, refusal, bias, privacy or canaries")
    language: ShippedLanguage = Field(description="en or zh-Hant")
    version: int = Field(ge=1, description="a whole number from 1")


class FileItems(Value):
    """One's own items, a JSONL file of chat examples: `ftexp.evaluation.item_files`."""

    kind: Literal["file"] = "file"
    path: str = Field(min_length=1, description="the path of a JSONL file")


def _spelled_out(value: Any) -> Any:
    """`test`, or the path of a file."""
    if not isinstance(value, str):
        return value
    return {"kind": "test"} if value == TEST else {"kind": "file", "path": value}


Items = Annotated[
    TestItems | GeneratedItems | ShippedItems | FileItems,
    Field(discriminator="kind"),
    BeforeValidator(_spelled_out, json_schema_input_type=Any),
]


class Suite(Value):
    """Items and the metrics that judge the answers to them.

    `generation` is the suite's own way of generating, None: that of the whole evaluation. `subjects` are who answers; None: all
    for items of the test split, base and tuned for others.
    """

    items: Items = Field(description="test, the path of a JSONL file, or an object of kind generated or shipped")
    metrics: dict[Name, Metric] = Field(min_length=1, description="at least one metric, by a name of small letters, digits and _")
    generation: Generation | None = Field(default=None, description="max_new_tokens and batch_size, or null")
    subjects: tuple[SubjectName, ...] | None = Field(default=None, description="some of base, few_shot and tuned, or null")

    @model_validator(mode="after")
    def _asks_the_tuned_model(self) -> Suite:
        if self.subjects is not None and "tuned" not in self.subjects:
            raise ValueError(f"found subjects {list(self.subjects)}, expected tuned among them")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what isn't said: a record from before there was more to say is the same text."""
        written = {name: value for name, value in handler(self).items() if value is not None}
        return written | ({"items": TEST} if self.items == TestItems() else {})

    @property
    def is_plain(self) -> bool:
        """Whether it shares the answers to the whole test split."""
        return self.items == TestItems() and self.generation is None and self.subjects is None


class Evaluation(Value):
    name: str = Field(min_length=1, description="text")
    few_shot: int = Field(ge=0, le=32, description="a whole number from 0 to 32")
    generation: Generation
    suites: dict[Name, Suite] = Field(min_length=1, description="at least one suite, by a name of small letters, digits and _")
    headline: str = Field(description="SUITE/METRIC, one of the metrics above")
    confidence: float = Field(gt=0.5, lt=1, description="a share above 0.5 and below 1, like 0.95")
    measure_validation: bool = Field(default=False, description="true or false")
    assumed_discordance: float = Field(default=ASSUMED_DISCORDANCE, gt=0, le=1, description="a share above 0, up to 1")
    gates: dict[Name, Gate] = Field(default_factory=dict, description="gates by a name of small letters, digits and _")

    @model_validator(mode="after")
    def _headline_is_measured(self) -> Evaluation:
        measured = [f"{suite}/{metric}" for suite, s in self.suites.items() for metric in s.metrics if s.is_plain]
        if self.headline not in measured:
            raise ValueError(f"found headline {self.headline!r}, expected one of {', '.join(measured)} (a metric of test items)")
        for own in (TEST, VALIDATION):
            if own in self.suites and not self.suites[own].is_plain:
                raise ValueError(f"found a suite {own!r} of other items, expected another name for it")
        return self

    @model_validator(mode="after")
    def _gates_are_measured(self) -> Evaluation:
        for name, gate in self.gates.items():
            if gate.metric not in self.by_name:
                raise ValueError(f"found metric {gate.metric!r} in gates.{name}, expected one of {', '.join(self.by_name)}")
            answering = self.answering(gate.metric.partition("/")[0])
            if gate.against != "value" and gate.against not in answering:
                raise ValueError(f"found against {gate.against} in gates.{name}, expected one that answers: {', '.join(answering)}")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without gates where there are none: a record from before them is the same text."""
        return {name: value for name, value in handler(self).items() if value or name != "gates"}

    @property
    def headline_metric(self) -> Metric:
        return self.by_name[self.headline]

    @property
    def by_name(self) -> dict[str, Metric]:
        """Every metric as SUITE/METRIC."""
        return {f"{suite}/{name}": metric for suite, s in self.suites.items() for name, metric in s.metrics.items()}

    @property
    def headline_is_loss(self) -> bool:
        """Whether the headline metric is measured on the references instead of read off answers."""
        return isinstance(self.headline_metric, HeldOutLoss)

    def answering(self, suite: str) -> tuple[SubjectName, ...]:
        """The subjects that answer a suite's items."""
        s = self.suites[suite]
        every: tuple[SubjectName, ...] = ("base", "few_shot", "tuned") if isinstance(s.items, TestItems) else ("base", "tuned")
        return tuple(name for name in s.subjects or every if name != "few_shot" or self.few_shot)

    def asked_in(self, questions: str) -> dict[str, Suite]:
        """The suites whose items are these questions."""
        return {name: s for name, s in self.suites.items() if self.questions_of(name) == questions}

    def questions_of(self, suite: str) -> str:
        """The name of the questions that a suite judges the answers to."""
        return TEST if self.suites[suite].is_plain else suite

    def needs_losses(self, questions: str = TEST) -> bool:
        """Whether a metric asks for the likelihood of the references."""
        return any(isinstance(m, HeldOutLoss) for s in self.asked_in(questions).values() for m in s.metrics.values())

    def needs_reply_losses(self, questions: str = TEST) -> bool:
        """Whether a metric asks for the likelihood of the replies under the base."""
        return any(isinstance(m, BaseLikelihood) for s in self.asked_in(questions).values() for m in s.metrics.values())
