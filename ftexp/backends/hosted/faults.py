"""What a failed request means: for its item, for the others, or for the whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError

from ftexp.backends.hosted.completion import MalformedError
from ftexp.backends.hosted.connection import TooLargeError
from ftexp.backends.hosted.endpoint import Endpoint
from ftexp.backends.hosted.patience import BUSY, NO_MONEY, asked_wait

UNAVAILABLE = 503
# Error codes of OpenAI's API that are the same for every item, whatever the status (its guide on error codes, read 2026-11).
_NO_SUCH_PARAMETER = frozenset({"unsupported_parameter", "unsupported_value"})
_AGAIN = frozenset({408, 409, 425})


@dataclass(frozen=True)
class Fault:
    """`stop` ends the whole, `refused` this item for good; `busy` makes all wait, `passing` is tried again."""

    kind: Literal["stop", "refused", "busy", "passing"]
    reason: str
    wait_seconds: float | None = None
    is_missing: bool = False  # the model, not just an answer


def fault_of(error: OpenAIError | MalformedError | TimeoutError | UnicodeError, endpoint: Endpoint) -> Fault:
    match error:
        case APIStatusError():
            return _of_status(error, endpoint)
        case UnicodeError():
            return Fault("refused", "the prompt has half of a character (a lone surrogate), which can't be sent")
        case APITimeoutError() | TimeoutError():
            return Fault("passing", "no whole answer came in time")
        case APIConnectionError(__cause__=TooLargeError() as cause):
            return Fault("refused", str(cause))
        case APIConnectionError():
            return Fault("passing", "the connection failed or was cut off")
        case MalformedError():
            return Fault("passing", str(error))
        case _:
            return Fault("passing", type(error).__name__)


def _of_status(error: APIStatusError, endpoint: Endpoint) -> Fault:
    status, codes = error.status_code, {error.code, error.type}
    said = f"{status}: {endpoint.shown(_message(error))}"
    advice = _advice(status, codes, endpoint)
    if advice:
        return Fault("stop", f"{said}; {advice}", is_missing=status == 404)
    wait_seconds = asked_wait(error.response.headers, datetime.now(UTC))
    if status == BUSY or (status == UNAVAILABLE and wait_seconds is not None):
        return Fault("busy", said, wait_seconds)
    return Fault("passing" if status >= 500 or status in _AGAIN else "refused", said)


def _advice(status: int, codes: set[str | None], endpoint: Endpoint) -> str:
    """Empty where another item, or another try, may fare better."""
    if codes & NO_MONEY or status == 402:
        return f"the account behind {endpoint.key_said} has no money or quota left; this is no rate limit and waiting doesn't help"
    if codes & _NO_SUCH_PARAMETER:
        return f"the service takes a request of another form; the limit of tokens was sent as {endpoint.limit_name}, temperature as 0"
    if status == 401:
        if not endpoint.key_env:
            return "the service wants a key; put it into an environment variable and name that one in model.provider.api_key_env"
        return f"expected a valid key in {endpoint.key_env}; set this environment variable to a key of this service"
    if status == 403:
        return f"{endpoint.key_said} may not use {endpoint.model}; ask for access, or set another key or model"
    if status == 404:
        return f"expected a model {endpoint.model} at this address; check the name, the base_url and {endpoint.key_said}"
    if 300 <= status < 400:
        return f"redirects aren't followed, so that {endpoint.key_said} reaches no other host; set the address it leads to"
    return ""


def _message(error: APIStatusError) -> str:
    if isinstance(error.body, dict) and isinstance(error.body.get("message"), str):
        return str(error.body["message"])
    return error.response.text or error.response.reason_phrase
