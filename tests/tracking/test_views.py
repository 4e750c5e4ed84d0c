from __future__ import annotations

import json
import shutil
from typing import Any
from urllib.parse import parse_qs

import pytest
from mlflow import MlflowClient

from ftexp.tracking.views import CURVES, addresses, sweep_addresses, sweep_view, sweep_view_value, view_value

AXES = ["hyperparameters.n_epochs", "hyperparameters.learning_rate_multiplier"]
METRICS = ["validation/loss", "score/tuned/tickets/exact_match"]
VALUE = sweep_view_value("abc", 1_700_000_000_000, AXES, METRICS)


def state(value: str) -> dict[str, Any]:
    found = json.loads(json.loads(value)["state"])
    assert isinstance(found, dict)
    return found


def charts(value: str, kind: str) -> list[dict[str, Any]]:
    return [chart for chart in state(value)["compareRunCharts"] if chart["type"] == kind]


def queries(found: dict[str, str]) -> dict[str, dict[str, list[str]]]:
    return {title: parse_qs(address.split("?")[1]) for title, address in found.items()}


@pytest.mark.parametrize("value", [view_value(1), VALUE])
def test_a_view_draws_the_four_curves_in_a_section_it_has(value: str) -> None:
    assert [chart["metricKey"] for chart in charts(value, "LINE")] == list(CURVES)
    (section,) = state(value)["compareRunSections"]
    assert {chart["metricSectionId"] for chart in state(value)["compareRunCharts"]} == {section["uuid"]}


@pytest.mark.parametrize("value", [view_value(1), VALUE])
def test_every_chart_of_a_view_has_an_id_of_its_own(value: str) -> None:
    ids = [chart["uuid"] for chart in state(value)["compareRunCharts"]]
    assert len(set(ids)) == len(ids)


def test_a_view_says_its_name_and_when_it_was_made() -> None:
    saved = json.loads(VALUE)
    assert (saved["name"], saved["createdAt"], saved["updatedAt"]) == ("sweep abc", 1_700_000_000_000, 1_700_000_000_000)


def test_a_sweep_s_view_sets_its_axes_against_its_metrics() -> None:
    (parallel,) = charts(VALUE, "PARALLEL")
    assert (parallel["selectedParams"], parallel["selectedMetrics"]) == (AXES, METRICS)


def test_a_sweep_s_view_sets_the_score_against_the_time_of_training() -> None:
    (scatter,) = charts(VALUE, "SCATTER")
    assert (scatter["xaxis"]["key"], scatter["yaxis"]["key"]) == ("time/train_seconds", "score/tuned/tickets/exact_match")


def test_a_sweep_s_view_finds_its_runs_and_neither_the_summary_nor_another_sweep_s(mlflow_database, tmp_path) -> None:
    client = MlflowClient(f"sqlite:///{shutil.copy(mlflow_database, tmp_path)}")
    experiment = client.create_experiment("tickets", artifact_location=tmp_path.as_uri())
    cells = {client.create_run(experiment, tags={"ftexp.sweep.abc": str(cell)}).info.run_id for cell in range(2)}
    for tags in ({"ftexp.summary": "abc"}, {"ftexp.sweep.abcd": "0"}, {}):
        client.create_run(experiment, tags=tags)
    assert {run.info.run_id for run in client.search_runs([experiment], state(VALUE)["searchFilter"])} == cells


def test_a_sweep_s_view_draws_more_runs_than_the_ten_that_mlflow_would() -> None:
    assert state(VALUE)["runsHiddenMode"] == "SHOW_ALL"


@pytest.mark.parametrize("title", ["curves", "answers"])
def test_an_address_that_names_a_view_has_no_filter_or_order_for_which_mlflow_would_leave_it_aside(title: str) -> None:
    query = queries(sweep_addresses("http://127.0.0.1:5000", "7", "abc", ["r1"], "s"))[title]
    assert query.keys() == {"workflowType", "compareRunsMode", "viewStateShareKey"}
    assert query["viewStateShareKey"] == [sweep_view("abc")]


def test_the_addresses_of_a_sweep_compare_its_runs_and_open_its_summary() -> None:
    found = sweep_addresses("http://127.0.0.1:5000", "7", "abc", ["r1", "r2"], "s")
    assert list(found) == ["curves", "compare", "answers", "summary"]
    compared = queries(found)["compare"]
    assert (json.loads(compared["runs"][0]), json.loads(compared["experiments"][0])) == (["r1", "r2"], ["7"])
    assert found["summary"] == "http://127.0.0.1:5000/#/experiments/7/runs/s?workflowType=machine_learning"


def test_the_addresses_of_a_sweep_are_one_word_each_for_a_terminal() -> None:
    found = sweep_addresses("http://127.0.0.1:5000", "7", "abc", ["r1", "r2"], "s")
    assert not [address for address in found.values() if set(address) & set(" \"'[]`")]


def test_a_sweep_without_a_summary_run_has_no_address_of_it() -> None:
    assert "summary" not in sweep_addresses("http://127.0.0.1:5000", "7", "abc", ["r1"], None)


def test_a_single_run_s_curves_open_in_the_view_of_the_experiment() -> None:
    assert queries(addresses("http://127.0.0.1:5000", "7", "r"))["curves"]["viewStateShareKey"] == ["ftexp-curves"]
