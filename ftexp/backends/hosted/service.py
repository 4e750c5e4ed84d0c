"""One connection to a service's files and jobs. What only reads is tried until it succeeds; what changes anything is sent once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

from ftexp.backends.hosted.endpoint import Endpoint
from ftexp.backends.hosted.patience import NO_MONEY, Patience, asked_wait
from ftexp.backends.providers import OpenAIProvider
from ftexp.errors import ServiceError, WaitingError

if TYPE_CHECKING:
    import httpx2
    from openai import APIStatusError, OpenAI

REQUEST_SECONDS = 120.0  # of silence, not of the whole
PAGE = 100
R = TypeVar("R")
TOLD_AFTER_FAILURES = 3
LONGEST_WAIT_SECONDS = 3600.0  # that a service may ask for
_PASSING = frozenset({408, 409, 425, 429})
_ID = re.compile(r"[A-Za-z0-9_:.\-]{1,200}")


class GoneError(Exception):
    """The service knows nothing of this name, or nothing of the kind."""


@dataclass(frozen=True)
class Sent:
    """What became of what was sent once. `unknown`: it may have been done; `not_yet`: surely not, and another try may fare better."""

    outcome: Literal["done", "refused", "unknown", "not_yet"]
    body: Mapping[str, Any]
    reason: str = ""
    status: int = 0
    code: str = ""
    wait_seconds: float | None = None


class Service:
    """`pause` waits, and raises KeyboardInterrupt where the command is to stop; `say` tells the user."""

    def __init__(self, provider: OpenAIProvider, endpoint: Endpoint, pause: Callable[[float], None], say: Callable[[str], None]) -> None:
        self.provider, self.endpoint, self.pause, self.say = provider, endpoint, pause, say
        self._patience, self._rng = Patience(longest_wait_seconds=60.0), Random()

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint.base_url).netloc

    @cached_property
    def client(self) -> OpenAI:
        from ftexp.backends.hosted.connection import client

        return client(self.endpoint, REQUEST_SECONDS)

    def close(self) -> None:
        if "client" in self.__dict__:
            self.client.close()

    # What only reads

    def read(self, path: str, **query: Any) -> dict[str, Any]:
        """A JSON object. Raises GoneError for what isn't there, WaitingError where the key isn't taken, ServiceError for other refusals."""
        return self._until_it_succeeds(lambda: _object(self._get(path, query).content))

    def content(self, path: str, tries: int | None = None) -> bytes:
        """As `read`, of a file. With `tries` it ends in a ServiceError after so many of them."""
        return self._until_it_succeeds(lambda: self._get(path, {}).content, tries)

    def listed(self, path: str, tries: int | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """The objects of all pages, in the service's order. A service that ignores `after` is found out. `tries` are for each page."""
        asked = {"limit": PAGE, **query}
        seen = set[str]()
        while True:
            page = self._until_it_succeeds(lambda: _page(self._get(path, asked).content), tries)
            new = {name: each for each in page["data"] if (name := name_of(each)) not in seen}
            yield from new.values()
            seen |= set(new)
            last = page["data"][-1].get("id") if new else None
            if page.get("has_more") is False or not isinstance(last, str):  # a service may leave it out
                return
            asked["after"] = last

    def _get(self, path: str, query: Mapping[str, Any]) -> httpx2.Response:
        import httpx2

        return self.client.get(path, cast_to=httpx2.Response, options={"params": dict(query)})

    def _until_it_succeeds(self, work: Callable[[], R], tries: int | None = None) -> R:
        """However long the network is away, unless there are only so many `tries`; said once when it is, and once when it is back."""
        from openai import OpenAIError

        failures = 0
        while True:
            try:
                found = work()
            except (OpenAIError, ValueError) as error:
                reason, wait_seconds = self._passing(error)
            else:
                if failures >= TOLD_AFTER_FAILURES:
                    self.say(f"{self.host}: answers again")
                return found
            failures += 1
            if failures == tries:
                raise ServiceError(f"{self.host}: no answer in {tries} tries ({reason})")
            if failures == TOLD_AFTER_FAILURES:
                self.say(f"{self.host}: no answer ({reason}); trying on. Ctrl-C leaves what goes on there to itself")
            self.pause_after(wait_seconds, failures)

    def pause_after(self, wait_seconds: float | None, failures: int) -> None:
        """As long as the service asks, where that can be meant; else longer after each failure in a row."""
        mine = self._patience.wait_seconds(failures, self._rng)
        self.pause(mine if wait_seconds is None else min(wait_seconds, LONGEST_WAIT_SECONDS))

    def _passing(self, error: Exception) -> tuple[str, float | None]:
        """Why another try may fare better, and how long to wait where the service says. Raises what no other try changes."""
        from openai import APIConnectionError, APIStatusError

        from ftexp.backends.hosted.connection import TooLargeError

        if isinstance(error.__cause__, TooLargeError):
            raise ServiceError(f"{self.host}: {error.__cause__}")
        if isinstance(error, APIConnectionError):
            return "the connection failed or took too long", None
        if not isinstance(error, APIStatusError):
            return "what came isn't whole JSON", None
        status, said = error.status_code, self.said(error)
        if _code(error) in NO_MONEY:
            raise WaitingError(f"{self.host}: {said}; the account has no money or quota left. With some, the same command goes on")
        if status in _PASSING or (status >= 500 and status != 501):
            return said, asked_wait(error.response.headers, datetime.now(UTC))
        if status in (404, 405, 410, 501):
            raise GoneError(said)
        if status in (401, 403):
            raise WaitingError(f"{self.host}: {said}; check the key in {self.endpoint.key_env}, then go on with what is under way")
        where = " (redirects aren't followed: set the address it leads to)" if 300 <= status < 400 else ""
        raise ServiceError(f"{self.host}: {said}{where}")

    def said(self, error: APIStatusError) -> str:
        """Status and message, fit to be shown."""
        body = error.body if isinstance(error.body, dict) else {}
        message = body.get("message") if isinstance(body.get("message"), str) else error.response.text
        return f"{error.status_code}: {self.endpoint.shown(str(message or error.response.reason_phrase))}"

    # What changes something there

    def send(self, path: str, body: Mapping[str, Any] | None = None) -> Sent:
        """Once."""
        import httpx2

        return self.sent(lambda: self.client.post(path, body=dict(body) if body is not None else None, cast_to=httpx2.Response).content)

    def delete(self, path: str) -> Sent:
        import httpx2

        return self.sent(lambda: self.client.delete(path, cast_to=httpx2.Response).content)

    def sent(self, work: Callable[[], bytes]) -> Sent:
        """`work` sends something once, and gives the answer's body."""
        from openai import APIConnectionError, APIStatusError, OpenAIError

        try:
            return Sent("done", _object(work()))
        except APIStatusError as error:
            return self._of_status(error)
        except APIConnectionError as error:
            return Sent("not_yet" if _never_left(error) else "unknown", {}, "the connection failed or took too long")
        except (OpenAIError, ValueError):
            return Sent("unknown", {}, "what came isn't whole JSON")

    def _of_status(self, error: APIStatusError) -> Sent:
        status = error.status_code
        outcome: Literal["refused", "unknown"] = "unknown" if status in _PASSING or status >= 500 else "refused"
        wait_seconds = asked_wait(error.response.headers, datetime.now(UTC))
        return Sent(outcome, {}, self.said(error), status, _code(error), wait_seconds)


def checked_id(found: object) -> str:
    """An id of a service, which becomes part of addresses and of file names. Raises ServiceError for one that is fit for neither."""
    if not isinstance(found, str) or not is_id(found):
        raise ServiceError("the service named something by an id that isn't one; expected letters, digits and _ : . -")
    return found


def is_id(found: str) -> bool:
    return _ID.fullmatch(found) is not None and ".." not in found


def _code(error: APIStatusError) -> str:
    return str(error.code or error.type or "")


def _never_left(error: Exception) -> bool:
    """No connection came about, so nothing was sent over it."""
    import httpx2

    return isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)


def name_of(row: Mapping[str, Any]) -> str:
    """Of what stands in a list: its id, or all of it where it has none."""
    return row["id"] if isinstance(row.get("id"), str) else json.dumps(row, sort_keys=True)


def _page(body: bytes) -> dict[str, Any]:
    """Raises ValueError for what is no list: that nothing is there must not be read out of anything else."""
    found = _object(body)
    rows = found.get("data")
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise ValueError("no list of objects")
    return found


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body.decode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found
