"""What may go wrong with a request, by script."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from provider.refusing import RefusedError
from provider.requests import Answer, Request, said

Fault = Literal["status", "reset", "hang", "cut", "malformed", "html", "slow", "redirect", "content_type", "echo"]


@dataclass(frozen=True)
class Rule:
    """From the `nth` request that matches on, `times` of them go wrong; all, where `times` is 0. `path` is a regular expression for the
    whole path without /v1, empty for any; so is `method`.

    `after`: the request has its effect first, and only the answer is lost. `cut`, `slow` and `content_type` always come after.
    `hang` holds for `seconds`, or until it is released, and then goes on as if nothing were, though nobody may listen any more.
    `slow` spreads the body over `seconds`. `echo` is an error that has the key in its message.
    """

    fault: Fault
    method: str = ""
    path: str = ""
    nth: int = 1
    times: int = 1
    after: bool = False
    status: int = 500
    code: str | None = None
    message: str = "The server had an error while processing your request."
    retry_after: str | None = None
    seconds: float | None = None

    def matches(self, request: Request) -> bool:
        return self.method in ("", request.method) and (not self.path or re.fullmatch(self.path, request.path) is not None)

    def strikes(self, number: int) -> bool:
        """At the request of this number among those that match."""
        return number >= self.nth and (not self.times or number < self.nth + self.times)


def answer_with(
    rule: Rule, request: Request, do: Callable[[], Answer], hold: Callable[[float | None], None], elsewhere: Callable[[], str]
) -> Answer:
    """`do` has the effect; `elsewhere` gives another base address."""
    match rule.fault:
        case "hang":
            return _held(rule, do, hold)
        case "cut":
            return replace(do(), sending="half")
        case "slow":
            return replace(do(), sending="slowly", seconds=rule.seconds or 1.0)
        case "content_type":
            return replace(do(), content_type="text/plain")
    if rule.after:
        do()
    match rule.fault:
        case "reset":
            return Answer(0, b"", sending="not")
        case "malformed":
            return Answer(200, b'{"id": "ftjob-')
        case "html":
            return Answer(200, b"<html><body>Welcome to our hotel's network</body></html>", content_type="text/html")
        case "redirect":
            query = f"?{request.query_text}" if request.query_text else ""
            return Answer(307, b"", {"Location": f"{elsewhere()}{request.path}{query}"})
        case "echo":
            return _refused(rule, f"Incorrect API key provided: {request.key}.")
        case "status":
            return _refused(rule, rule.message)
    raise AssertionError(rule.fault)


def _held(rule: Rule, do: Callable[[], Answer], hold: Callable[[float | None], None]) -> Answer:
    if not rule.after:
        hold(rule.seconds)
        return do()
    answer = do()
    hold(rule.seconds)
    return answer


def _refused(rule: Rule, message: str) -> Answer:
    refused = said(RefusedError(rule.status, message, rule.code).body, rule.status)
    return replace(refused, headers={"Retry-After": rule.retry_after} if rule.retry_after else {})
