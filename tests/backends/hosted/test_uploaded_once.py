from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hosted_parts import lines, parts
from provider import Rule, provider

SEND = {"method": "POST", "path": "/files"}


def test_the_same_content_is_sent_once_whoever_asks(tmp_path: Path) -> None:
    with provider() as p:
        file = parts(p.base_url, tmp_path / "one").uploaded()
        assert parts(p.base_url, tmp_path / "one", "again").uploaded() == file
        assert parts(p.base_url, tmp_path / "two").uploaded() == file  # by its name: the journal is another
        assert (p.counts.uploads, p.violations) == (1, [])


def test_equal_files_that_are_set_apart_dont_get_into_each_others_way(tmp_path: Path) -> None:
    with provider(validates=False, rules=[Rule("slow", **SEND, times=0, seconds=0.2)]) as p, ThreadPoolExecutor(4) as threads:
        runs = [parts(p.base_url, tmp_path, f"r{n}", uploads={"whole_bytes": 10, "part_bytes": 100}) for n in range(4)]
        files = list(threads.map(lambda n: runs[n].uploaded(apart=f"job {n}"), range(4)))
        assert len(set(files)) == 4


@pytest.mark.parametrize("uploads", [{}, {"whole_bytes": 100, "part_bytes": 500}], ids=["whole", "parts"])
@pytest.mark.parametrize("fault", ["reset", "malformed", "html", "status"])
@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_leads_to_one_file(fault: str, after: bool, uploads: dict[str, int], tmp_path: Path) -> None:
    path = "/uploads/[^/]*/complete" if uploads else "/files"
    with provider(rules=[Rule(fault, method="POST", path=path, after=after)]) as p:  # type: ignore[arg-type]
        run = parts(p.base_url, tmp_path, uploads=uploads)
        file = run.uploaded()
        assert (p.counts.fired, [f["id"] for f in p.counts.files], p.violations) == ([1], [file], [])
        assert run.service.content(f"/files/{file}/content") == lines()
