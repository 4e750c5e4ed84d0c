"""A recognisable key, and a service that says it wherever it can: not one byte of it is in anything that is written or shown."""

from __future__ import annotations

import base64
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request as Asked
from urllib.request import urlopen

import pytest
from chat_server import ChatServer, Request, Response, failure, serving
from provider import Life, Manners, Provider, provider
from tiny import Said, ftexp, new_project

CANARY = "/".join(("canary", "+key=" + "Q7x_" * 8))
VARIABLE = "CANARY_API_KEY"
ECHOING = Life(seconds=0.2, echoes_key=True)
CHATTY = Manners(chat_echoes_key=True)
ESCAPED = "".join(f"\\u{ord(c):04x}" for c in CANARY)


def shapes() -> list[bytes]:
    """As it is, as in an address, as in JSON, and the part of its base64 that doesn't depend on what stands beside it."""
    packed = [encode(b"\0" * n + CANARY.encode())[4:-4] for n in range(3) for encode in (base64.b64encode, base64.urlsafe_b64encode)]
    return [CANARY.encode(), quote(CANARY, safe="").encode(), ESCAPED.encode(), CANARY.replace("/", "\\/").encode(), *packed]


def has_canary(data: bytes) -> bool:
    return any(shape in data for shape in shapes())


def test_the_search_finds_every_shape() -> None:
    for text in (CANARY, quote(CANARY, safe=""), ESCAPED, *(base64.b64encode(f"{b}{CANARY}.".encode()).decode() for b in ("", "a", "ab"))):
        assert has_canary(f"x {text} y".encode())
    assert not has_canary(b"canary key " * 9)


@dataclass
class Parrot:
    """Stands before a provider: says the key in every header and object, and fails the first request of each kind with it."""

    behind: str
    seen: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, request: Request) -> Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        kind = (request.method, request.path.split("?")[0].rpartition("/")[2][:7])
        if kind not in self.seen:
            self.seen.add(kind)
            return failure(503, f"busy with {key} and {quote(key, safe='')}", x_request_id=key)
        status, body, content_type = self._asked(request)
        if content_type.startswith("application/json") and body.endswith(b"}"):
            body = body[:-1] + f', "heard": "{ESCAPED}", "{key}": "{base64.b64encode(key.encode()).decode()}"}}'.encode()
        told = {"x-request-id": key, "openai-organization": quote(key), "set-cookie": f"k={key}", f"x-{quote(key, safe='')}": "1"}
        return Response(body, status, {"Content-Type": content_type, **told})

    def _asked(self, request: Request) -> tuple[int, bytes, str]:
        headers = {name: request.headers[name] for name in ("authorization", "content-type") if name in request.headers}
        asked = Asked(self.behind + request.path.removeprefix("/v1"), request.body or None, headers, method=request.method)
        try:
            with urlopen(asked) as found:
                return found.status, found.read(), found.headers["content-type"]
        except HTTPError as error:
            return error.code, error.read(), error.headers["content-type"]


@dataclass
class Cage:
    """A project directory whose commands talk to a service that repeats the key. `said` is all that they have shown."""

    path: Path
    service: Provider
    parrot: ChatServer
    said: list[Said] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return [
            "model=compatible",
            f"model.provider.base_url={self.parrot.base_url}",
            "model.provider.model=gpt-4.1-mini-2025-04-14",
            f"model.provider.api_key_env={VARIABLE}",
            "model.provider.billed=false",
            "model.provider.poll_seconds=0.05",
            "model.provider.listed_within_seconds=0.2",
            "dataset=jsonl",
            "dataset.path=chats.jsonl",
            "eval.headline=chat/chrf",
            "hyperparameters.n_epochs=1",
            "hyperparameters.batch_size=8",
            "hyperparameters.learning_rate_multiplier=1.0",
        ]

    def ftexp(self, *words: str) -> Said:
        self.said.append(ftexp(*words))
        return self.said[-1]

    def run(self, *words: str) -> Said:
        return self.ftexp("run", *self.words, *words)

    def assert_clean(self) -> None:
        held = {path: path.read_bytes() for path in self.path.rglob("*") if path.is_file()}
        held |= {Path(f"{path}, row by row"): _rows(path) for path in held if path.suffix == ".db"}
        assert len(held) > 10, "a run leaves more than that"
        assert [str(path) for path, data in held.items() if has_canary(data) or has_canary(str(path).encode())] == []
        for said in self.said:
            assert not has_canary((said.out + said.err).replace("\n", "").encode())


def _rows(database: Path) -> bytes:
    """A text may lie on several pages of the file."""
    with sqlite3.connect(database) as db:
        return "\n".join(db.iterdump()).encode("utf-8", "replace")


@contextmanager
def cage(path: Path, mlflow_database: Path, life: Life, answer: Callable[[str], Callable[[Request], Response]] = Parrot) -> Iterator[Cage]:
    with (
        provider(life, CHATTY) as service,
        serving(answer(service.base_url)) as parrot,
        new_project(path, path, mlflow_database),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv(VARIABLE, CANARY)
        patch.setenv(f"{VARIABLE}_HOST", "127.0.0.1")
        yield Cage(path, service, parrot)


AFTER = (
    ["list"],
    ["status"],
    ["report"],
    ["report", "--markdown"],
    ["gate", "last"],
    ["sync"],
    ["freeze", "last", "kept"],
    ["reproduce", "kept", "--dry-run"],
    ["clean", "--dry-run"],
)


def test_nothing_that_a_run_leaves_or_shows_has_the_key(tmp_path: Path, mlflow_database: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for logger in logging.root.manager.loggerDict.values():  # a sweep before this test may have switched all of them off
        if isinstance(logger, logging.Logger):
            logger.disabled = False
    with cage(tmp_path / "project", mlflow_database, ECHOING) as caged:
        said = caged.run("goal=Be brief.")
        assert said.code == 0, said.err
        run = said.run
        for words in (*AFTER, ["plan", *caged.words], ["config", *caged.words], ["evaluate", run, "eval.few_shot=0"]):
            caged.ftexp(*(run if word == "last" else word for word in words))
        sent = [r.headers.get("authorization") for r in caged.parrot.requests]
        assert set(sent) == {f"Bearer {CANARY}"} and len(caged.parrot.requests) > 40, "the key was there to be repeated"
        caged.assert_clean()
        assert "[redacted key]" in said.out + said.err
    assert "httpcore2" in caplog.text and not has_canary(caplog.text.encode())


def test_neither_has_what_a_failed_job_leaves(tmp_path: Path, mlflow_database: Path) -> None:
    life = Life(seconds=0.2, ends="failed", ends_at=0.6, error_message=f"It was {CANARY}", echoes_key=True)
    with cage(tmp_path / "project", mlflow_database, life) as caged:
        said = caged.run()
        assert said.code == 5 and "[redacted key]" in said.err
        caged.ftexp("status")
        caged.ftexp("list")
        caged.assert_clean()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 307])
def test_neither_has_what_a_refusal_leaves(status: int, tmp_path: Path, mlflow_database: Path) -> None:
    def refusing(behind: str) -> Callable[[Request], Response]:
        return lambda r: failure(status, f"not {CANARY}", location=f"https://evil.example/{quote(CANARY)}")

    with cage(tmp_path / "project", mlflow_database, ECHOING, refusing) as caged:
        said = caged.run()
        assert said.code != 0
        caged.assert_clean()


def test_neither_has_what_a_sweep_leaves(tmp_path: Path, mlflow_database: Path) -> None:
    with cage(tmp_path / "project", mlflow_database, ECHOING) as caged:
        said = caged.run("-m", "seed=0,1", "eval.few_shot=0")
        assert said.code == 0, said.err
        caged.ftexp("list")
        caged.assert_clean()


def test_the_key_on_the_command_line_is_refused_and_not_repeated(tmp_path: Path, mlflow_database: Path) -> None:
    with cage(tmp_path / "project", mlflow_database, ECHOING) as caged:
        for word in (f"goal={CANARY}", f"model.provider.api_key_env={CANARY}", f"name=x{CANARY}x"):
            assert caged.run(word).code == 2
        said = caged.said[-1]
        assert "found what looks like an API key" in said.err
        assert not any(has_canary((s.out + s.err).encode()) for s in caged.said) and not (caged.path / ".ftexp").exists()


def test_a_config_that_asks_for_the_key_elsewhere_sends_nothing(tmp_path: Path, mlflow_database: Path) -> None:
    with cage(tmp_path / "project", mlflow_database, ECHOING) as caged, pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"{VARIABLE}_HOST", "api.example.com")
        said = caged.run()
        assert said.code == 2 and f"export {VARIABLE}_HOST=127.0.0.1:" in said.err
        patch.setenv("OPENAI_API_KEY", CANARY)
        said = caged.run("model.provider.api_key_env=OPENAI_API_KEY")
        assert said.code == 2 and "goes nowhere else" in said.err
        assert caged.parrot.requests == []


def test_what_is_json_in_the_journal_is_json_still(tmp_path: Path, mlflow_database: Path) -> None:
    with cage(tmp_path / "project", mlflow_database, ECHOING) as caged:
        assert caged.run().code == 0
        with sqlite3.connect(caged.path / ".ftexp" / "journal.db") as db:
            texts = [t for (t,) in db.execute("SELECT body FROM events UNION ALL SELECT result FROM steps WHERE result IS NOT NULL")]
    assert len(texts) > 20 and all(json.loads(text) for text in texts)
