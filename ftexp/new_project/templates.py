"""The files of a new project, as text with comments. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ftexp.new_project.answers import Answers
from ftexp.new_project.format import Format

GITIGNORE = """\
# what ftexp, MLflow and Hydra write here
.ftexp/
mlartifacts/
mlflow.db*
outputs/
report-*.html
"""


def dataset_yaml(name: str, path: str, found: Format) -> str:
    columns = {key: value for key, value in found.columns.items()}
    lines = [
        "# What is learned from. Shares, seeds and more keys: ftexp config dataset=" + name,
        "defaults:",
        f"  - {found.kind}",
        "  - _self_",
        "",
        f"name: {name}",
        f"path: {_text(path)}",
        *([f"columns: {json.dumps(columns, ensure_ascii=False)}"] if columns else []),
        "task_type: task               # style | task | domain | reasoning: how many examples are advised",
        "license: null                 # say it when you know it; kept with the run",
        "source: null",
    ]
    return "\n".join(lines) + "\n"


def experiment_yaml(name: str, found: Format, own_eval: bool) -> str:
    method = (
        ["", "training:", "  method: dpo                 # the data has preferred and rejected answers"] if found.method == "dpo" else []
    )
    lines = [
        "# @package _global_",
        "# One run under one name; every key here, and every other, can be said on the command line for once:",
        "#",
        f"#   ftexp run experiment={name} hyperparameters.n_epochs=5",
        "#",
        "# A sweep is -m and several values: ftexp run -m experiment=NAME hyperparameters.n_epochs=1,3,5".replace("NAME", name),
        "defaults:",
        f"  - override /dataset: {name}",
        "  - override /model: smollm2-135m    # small, on this machine; local: a directory or hub id; azure, compatible, ...: a service",
        "  - override /preset: auto           # by the number of training examples; ftexp plan says which",
        f"  - override /eval: {name if own_eval else 'chat'}"
        + ("" if own_eval else "             # how near the replies come; your own: copy it into conf/eval/"),
        "",
        f"name: {name}",
        "goal: null                    # what the fine-tune is for, in a sentence; kept with the run",
        *method,
        "",
        "budget:",
        "  usd: null                   # a service needs a limit; null is enough on this machine",
        "  minutes: null               # of training and answering here",
    ]
    return "\n".join(lines) + "\n"


def eval_yaml(name: str, answers: Answers) -> str:
    metrics = list(_json_metrics(answers) if answers.kind == "json" else _label_metrics(answers))
    lines = [
        "# How answers are judged, by what those in the data look like. More metrics: conf/eval/ that comes with ftexp.",
        f"name: {name}",
        "few_shot: 3                   # training examples shown in the prompt; 0: leave that row out",
        "generation:",
        f"  max_new_tokens: {answers.longest_tokens:<12} # room for the longest answer of the data",
        "  batch_size: 16",
        "suites:",
        f"  {name}:",
        "    items: test               # the dataset's test split",
        "    metrics:",
        *(f"      {line}" for line in metrics),
        f"headline: {name}/exact_match",
        "confidence: 0.95",
        "measure_validation: false",
    ]
    return "\n".join(lines) + "\n"


def _json_metrics(answers: Answers) -> Iterator[str]:
    properties = {key: {"type": types[0] if len(types) == 1 else list(types)} for key, types in answers.fields.items()}
    schema = {"type": "object", "properties": properties, "required": list(answers.fields)}
    yield "format:                   # 1 when the whole answer is JSON of this schema"
    yield "  kind: json_schema"
    yield f"  schema: {json.dumps(schema, ensure_ascii=False)}"
    for key in answers.fields:
        yield f"{metric_name(key)}: {{kind: json_field, field: {_text(key)}}}"
    yield "exact_match: {kind: exact_match}   # 1 when the answer, parsed as JSON, equals the reference"


def _label_metrics(answers: Answers) -> Iterator[str]:
    yield "exact_match:              # 1 when the reply is the right label"
    yield "  kind: label"
    yield f"  labels: {json.dumps(answers.labels, ensure_ascii=False)}"
    yield "macro_f1: {kind: macro_f1}   # a rare label counts as much as a frequent one"


def metric_name(key: str) -> str:
    """Small letters, digits and _, as metrics are called; not one of those that stand beside it."""
    plain = re.sub(r"[^a-z0-9_]+", "_", key.lower()).strip("_")
    return f"field_{plain}" if not re.match(r"[a-z]", plain) or plain in ("format", "exact_match") else plain


def _text(value: str) -> str:
    """As YAML reads it back."""
    return value if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", value) else json.dumps(value, ensure_ascii=False)
