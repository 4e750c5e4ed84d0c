"""Addresses in the MLflow UI that show something at once, and the saved views they open in. Pure.

Without a view the chart page sorts its sections by name, so that the curves of train/ and validation/ come after every
score (seen in MLflow 3.17). A saved view is an experiment tag, which the UI lists under Views. Opened from an address it
counts once: reloading the page loses its charts, opening the address again brings them back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

Chart = dict[str, object]

VIEW = "ftexp-curves"
VIEW_TAG = f"mlflow.sharedViewState.{VIEW}"
CURVES = ("train/loss", "validation/loss", "train/token_accuracy", "validation/token_accuracy")
_ORDER = {"orderByKey": "metrics.`validation/loss`", "orderByAsc": True}


def view_value(created_at: int) -> str:
    """The tag's value. `created_at` is in milliseconds since 1970."""
    return _saved("curves", created_at, [_line(metric) for metric in CURVES], _ORDER)


def sweep_view(sweep: str) -> str:
    """The key of the sweep's view, which is kept in the tag `mlflow.sharedViewState.<key>`."""
    return f"ftexp-sweep-{sweep}"


def sweep_view_value(sweep: str, created_at: int, axes: Sequence[str], metrics: Sequence[str]) -> str:
    """The tag's value: the curves of the sweep's runs, beside them what every choice came to.

    `axes` are names of params. The last of `metrics` colours the choices and is set against the time of training, so the
    score goes last.
    """
    losses, accuracies = CURVES[:2], CURVES[2:]
    charts = [
        *(_line(metric) for metric in losses),
        _parallel(axes, metrics),
        *(_line(metric) for metric in accuracies),
        _scatter("time/train_seconds", metrics[-1]),
    ]
    shown: Chart = {
        # Here and not in the address: where an address has a filter or an order, the UI leaves the view's charts aside.
        "searchFilter": f"tags.`ftexp.sweep.{sweep}` LIKE '%'",
        "runsHiddenMode": "SHOW_ALL",  # the default draws the first ten runs
    }
    return _saved(f"sweep {sweep}", created_at, charts, _ORDER | shown)


def _saved(name: str, created_at: int, charts: Sequence[Chart], shown: Chart) -> str:
    section: Chart = {
        "uuid": "ftexp-charts",
        "name": name,
        "display": True,
        "isReordered": True,
        "deleted": False,
        "isGenerated": False,
        "columns": 3,
        "cardHeight": 300,  # pixels: two rows fit on a screen of 1080
    }
    state = {
        "compareRunCharts": [chart | {"metricSectionId": section["uuid"]} for chart in charts],
        "compareRunSections": [section],
        "isAccordionReordered": True,
        **shown,
    }
    return json.dumps({"name": name, "createdAt": created_at, "updatedAt": created_at, "state": json.dumps(state)})


def _line(metric: str) -> Chart:
    return _chart("LINE", metric.replace("/", "-")) | {
        "metricKey": metric,
        "displayName": metric,
        "runsCountToCompare": 20,
        "lineSmoothness": 0,
        "xAxisKey": "step",
        "xAxisScaleType": "linear",
        "scaleType": "linear",
        "yAxisKey": "metric",
        "yAxisExpressions": [],
        "range": {},
        "ignoreOutliers": False,
        "useGlobalXaxisKey": True,
        "useGlobalLineSmoothing": True,
    }


def _parallel(params: Sequence[str], metrics: Sequence[str]) -> Chart:
    """Leaves out a run that lacks one of these, and one with a word where half of the runs or more have a number."""
    return _chart("PARALLEL", "parallel") | {"selectedParams": list(params), "selectedMetrics": list(metrics), "showAllRuns": False}


def _scatter(x: str, y: str) -> Chart:
    axes = {"xaxis": {"key": x, "type": "METRIC"}, "yaxis": {"key": y, "type": "METRIC"}}
    return _chart("SCATTER", "scatter") | axes | {"runsCountToCompare": 100}


def _chart(kind: str, name: str) -> Chart:
    return {"uuid": f"ftexp-{name}", "type": kind, "deleted": False, "isGenerated": False}


def addresses(root: str, experiment: str, run: str) -> dict[str, str]:
    """By title. Without `workflowType` an experiment opens on an empty page, without `compareRunsMode` on a table."""
    here = f"{root}/#/experiments/{experiment}"
    return {
        "curves": f"{here}/runs?workflowType=machine_learning&compareRunsMode=CHART&viewStateShareKey={VIEW}",
        "this run": f"{here}/runs/{run}?workflowType=machine_learning",
        "answers": f"{here}/runs?workflowType=machine_learning&compareRunsMode=ARTIFACT",
    }


def sweep_addresses(root: str, experiment: str, sweep: str, mlflow_runs: Sequence[str], summary_run: str | None) -> dict[str, str]:
    """By title. Of `mlflow_runs` the page `compare` plots the metrics that all of them have, so leave out runs that failed."""
    runs = f"{root}/#/experiments/{experiment}/runs"
    shown = f"workflowType=machine_learning&viewStateShareKey={sweep_view(sweep)}"
    compared = f"runs={_listed(mlflow_runs)}&experiments={_listed([experiment])}"
    found = {
        "curves": f"{runs}?{shown}&compareRunsMode=CHART",
        "compare": f"{root}/#/compare-runs?{compared}&workflowType=machine_learning",
        "answers": f"{runs}?{shown}&compareRunsMode=ARTIFACT",
    }
    return found if summary_run is None else found | {"summary": f"{runs}/{summary_run}?workflowType=machine_learning"}


def _listed(values: Sequence[str]) -> str:
    return quote(json.dumps(list(values), separators=(",", ":")))
