"""Every kind of metric that a config may name."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from ftexp.evaluation.metrics.base import MetricKind
from ftexp.evaluation.metrics.behaviour import Constraints, Language, PiiLeak, Refusal, Repetition, SecretLeak
from ftexp.evaluation.metrics.equal import Contains, ExactMatch, Normalised, Number
from ftexp.evaluation.metrics.labels import Label, MacroF1
from ftexp.evaluation.metrics.measured import BaseLikelihood, HeldOutLoss
from ftexp.evaluation.metrics.overlap import Bleu, Chrf, RougeL, SetF1, TokenF1
from ftexp.evaluation.metrics.structured import JsonField, JsonSchema, JsonSchemaLenient, Regex
from ftexp.evaluation.metrics.taken import FirstTokenLatency, Latency, TokensIn, TokensOut
from ftexp.evaluation.metrics.together import DistinctN, LengthRatio, Twins, Variety

OfReply = (
    ExactMatch
    | Normalised
    | Contains
    | Regex
    | Number
    | SetF1
    | JsonSchema
    | JsonSchemaLenient
    | JsonField
    | TokenF1
    | RougeL
    | Chrf
    | Bleu
    | Label
    | MacroF1
    | Constraints
    | Refusal
    | PiiLeak
    | SecretLeak
    | Repetition
    | Language
    | DistinctN
    | Twins
    | Variety
    | LengthRatio
    | Latency
    | FirstTokenLatency
    | TokensOut
    | TokensIn
)
Measured = HeldOutLoss | BaseLikelihood
BY_KIND: dict[str, type[MetricKind]] = {get_args(c.model_fields["kind"].annotation)[0]: c for c in get_args(OfReply | Measured)}

Metric = Annotated[OfReply | Measured, Field(discriminator="kind", description=f"one of {', '.join(BY_KIND)}")]
