"""Addresses in the MLflow UI that show something at once, and the saved view that puts the curves on top. Pure.

Without a view the chart page sorts its sections by name, so that the curves of train/ and validation/ come after every
score (seen in MLflow 3.17). A saved view is an experiment tag, which the UI lists under Views.
"""

from __future__ import annotations

import json

VIEW = "ftexp-curves"
VIEW_TAG = f"mlflow.sharedViewState.{VIEW}"
CURVES = ("train/loss", "validation/loss", "train/token_accuracy", "validation/token_accuracy")
_ORDER = {"orderByKey": "metrics.`validation/loss`", "orderByAsc": True}


def view_value(created_at: int) -> str:
    """The tag's value. `created_at` is in milliseconds since 1970."""
    section = {"uuid": "ftexp-curves", "name": "curves", "display": True, "isReordered": True, "deleted": False, "isGenerated": False}
    state = {
        "compareRunCharts": [_line(metric, section["uuid"]) for metric in CURVES],
        "compareRunSections": [section],
        "isAccordionReordered": True,
        **_ORDER,
    }
    return json.dumps({"name": "curves", "createdAt": created_at, "updatedAt": created_at, "state": json.dumps(state)})


def _line(metric: str, section: object) -> dict[str, object]:
    return {
        "uuid": f"ftexp-{metric.replace('/', '-')}",
        "type": "LINE",
        "metricSectionId": section,
        "metricKey": metric,
        "displayName": metric,
        "runsCountToCompare": 20,
        "deleted": False,
        "isGenerated": False,
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


def addresses(root: str, experiment: str, run: str) -> dict[str, str]:
    """By title. Without `workflowType` an experiment opens on an empty page, without `compareRunsMode` on a table."""
    here = f"{root}/#/experiments/{experiment}"
    return {
        "curves": f"{here}/runs?workflowType=machine_learning&compareRunsMode=CHART&viewStateShareKey={VIEW}",
        "this run": f"{here}/runs/{run}?workflowType=machine_learning",
        "answers": f"{here}/runs?workflowType=machine_learning&compareRunsMode=ARTIFACT",
    }
