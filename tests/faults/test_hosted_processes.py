"""Two processes with one sweep at a service: each job once, each answer once, and one budget."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosted_parts import RUN_WORDS, VARIABLE
from provider import Life, Manners, Provider, provider
from tiny import write_chats

pytestmark = pytest.mark.faults
SWEEP = ("-m", "seed=0,1,2", "--yes")
# As conf/prices/openai.yaml has them for the model of these runs.
PRICES = Manners(usd_per_trained_token=3e-6, usd_per_prompt_token=0.3e-6, usd_per_completion_token=1.2e-6)


@pytest.fixture
def service() -> Iterator[Provider]:
    with provider(Life(seconds=1), PRICES) as found:
        yield found
        assert found.violations == []


def project(path: Path, database: Path) -> Path:
    path.mkdir()
    write_chats(path / "chats.jsonl")
    shutil.copy(database, path / "mlflow.db")
    return path


def start(path: Path, service: Provider, *words: str) -> subprocess.Popen[str]:
    all_words = ["run", *RUN_WORDS, f"model.provider.base_url={service.base_url}", *SWEEP, *words]
    key = {VARIABLE: "sk-laboratory-0123456789abcdef", f"{VARIABLE}_HOST": "127.0.0.1"}
    caches = {"FTEXP_CACHE": str(path / "cache"), "TIKTOKEN_CACHE_DIR": str(path / "cache" / "tiktoken"), "COLUMNS": "240"}
    command, pipe = [sys.executable, "-m", "ftexp", *all_words], subprocess.PIPE
    return subprocess.Popen(command, cwd=path, env={**os.environ, **key, **caches}, text=True, stdout=pipe, stderr=pipe)


def test_two_processes_with_one_sweep_pay_what_one_pays_and_no_more_than_its_budget(
    service: Provider, tmp_path: Path, mlflow_database: Path
) -> None:
    alone = project(tmp_path / "alone", mlflow_database)
    refused = start(alone, service, "budget.usd=0.0001")
    limit = re.findall(r"budget\.usd=([0-9.]+) would let all of it start", refused.communicate()[1])[-1]
    assert refused.returncode == 4 and service.counts.jobs == []
    one = start(alone, service, f"budget.usd={limit}")
    table = ranking(one.communicate()[0])
    assert one.returncode == 0
    paid, asked = service.counts.dollars, chats(service)
    assert 0 < paid < float(limit)

    service.script(reset=True, life=Life(seconds=1), manners=PRICES)
    shared = project(tmp_path / "shared", mlflow_database)
    both = [start(shared, service, f"budget.usd={limit}") for _ in range(2)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted(service.counts.jobs_by_key.values()) == [1, 1, 1]
    assert (service.counts.dollars, chats(service), service.counts.uploads) == (paid, asked, 2)
    assert ranking(said[0][0]) == ranking(said[1][0]) == table


def chats(service: Provider) -> int:
    return sum(count for name, count in service.counts.requests.items() if "chat/completions" in name)


def ranking(out: str) -> list[str]:
    """Without times and ids."""
    return [line.strip().rsplit("  ", 1)[0].strip() for line in out.splitlines() if re.match(r"\s+\d\s+\d\s", line)]
