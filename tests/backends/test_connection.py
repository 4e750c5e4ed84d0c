"""What goes out to a service and what comes in: the key on the wire alone, nothing else of the environment, no key in an answer."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import replace

import httpx2
import pytest
from chat_server import ChatServer, Request, Response, completion, failure, serving
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, OpenAI

from ftexp.backends.hosted import connection
from ftexp.backends.hosted.connection import TooLargeError, async_client, client
from ftexp.backends.hosted.endpoint import Endpoint

KEY = "-".join(("key", "0123456789abcdef" * 2))
ENVIRONMENT = {
    "OPENAI_API_KEY": "openai-own-key-of-somebody",
    "OPENAI_ADMIN_KEY": "openai-admin-key-of-somebody",
    "OPENAI_ORG_ID": "org-of-somebody",
    "OPENAI_PROJECT_ID": "project-of-somebody",
    "OPENAI_WEBHOOK_SECRET": "webhook-secret-of-somebody",
    "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
    "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer of-somebody\nX-Team: team-of-somebody\nCookie: of-somebody",
}


def endpoint(server: ChatServer, key: str = KEY) -> Endpoint:
    return Endpoint(server.base_url, "m", "SOME_API_KEY" if key else None, key)


def ask(sdk: OpenAI) -> bytes:
    with sdk:
        return sdk.post("/chat/completions", body={"messages": []}, cast_to=httpx2.Response).content


def ask_async(sdk: AsyncOpenAI) -> bytes:
    async def work() -> bytes:
        async with sdk:
            return (await sdk.post("/chat/completions", body={"messages": []}, cast_to=httpx2.Response)).content

    return asyncio.run(work())


def asked(server: ChatServer, asynchronous: bool, key: str = KEY) -> bytes:
    return ask_async(async_client(endpoint(server, key), 2)) if asynchronous else ask(client(endpoint(server, key), 5.0))


both = pytest.mark.parametrize("asynchronous", [False, True], ids=["one after another", "many at a time"])


@both
@pytest.mark.parametrize("key", [KEY, ""], ids=["with a key", "without a key"])
def test_nothing_that_the_environment_has_for_openai_goes_to_another_host(
    asynchronous: bool, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with serving(lambda r: completion("Yes")) as server:
        asked(server, asynchronous, key)
    (request,) = server.requests
    assert request.headers.get("authorization") == (f"Bearer {key}" if key else None)
    assert "somebody" not in repr(request)


def test_at_openai_the_users_organisation_and_project_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    guard = connection._Guard(Endpoint("https://api.openai.com/v1", "m", "OPENAI_API_KEY", KEY))
    headers = {"OpenAI-Organization": "o", "OpenAI-Project": "p", "Authorization": "Bearer of-somebody", "Cookie": "c"}
    request = guard.outgoing(httpx2.Request("GET", "https://api.openai.com/v1/models", headers=headers))
    assert (request.headers["openai-organization"], request.headers["openai-project"]) == ("o", "p")
    assert request.headers["authorization"] == f"Bearer {KEY}" and "cookie" not in request.headers


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1/x", "https://evil.example/v1/x"])
def test_a_request_to_another_host_never_leaves(url: str) -> None:
    with serving(lambda r: completion("Yes")) as server, client(endpoint(server), 5.0) as sdk, pytest.raises(APIConnectionError):
        sdk.get(url, cast_to=httpx2.Response)
    assert server.requests == []


def test_the_sdk_never_has_the_key() -> None:
    with serving(lambda r: completion("Yes")) as server, client(endpoint(server), 5.0) as sdk:
        response = sdk.post("/chat/completions", body={}, cast_to=httpx2.Response)
        assert KEY not in repr(vars(sdk)) + repr(response.request.headers.raw) and sdk.api_key == "none"


ECHOES: dict[str, Callable[[Request], Response]] = {
    "text": lambda r: completion(f"Your key is {KEY}."),
    "escaped text": lambda r: Response(json.dumps({"said": KEY}).replace("-", "\\u002d").encode()),
    "base64": lambda r: Response(base64.b64encode(f"step,train_loss\n1,{KEY}\n".encode())),
    "header": lambda r: Response(b"{}", headers={"x-request-id": KEY, f"x-{KEY}": "1", "set-cookie": f"k={KEY}"}),
    "address": lambda r: Response(b"{}", headers={"location": f"https://evil.example/?k={KEY.replace('-', '%2D')}"}),
}


@both
@pytest.mark.parametrize("echo", ECHOES)
def test_a_key_that_a_service_says_does_not_come_in(echo: str, asynchronous: bool) -> None:
    with serving(ECHOES[echo]) as server:
        body = asked(server, asynchronous)
        with client(endpoint(server), 5.0) as sdk:
            response = sdk.post("/chat/completions", body={}, cast_to=httpx2.Response)
    for found in (body.decode(), response.text, repr(response.headers.raw)):
        assert KEY not in found and KEY.replace("-", "%2D") not in found and KEY not in found.replace("\\u002d", "-")
    assert base64.b64encode(KEY.encode())[4:-4] not in body


def test_an_error_has_neither_the_key_nor_the_words_beside_its_status() -> None:
    with serving(lambda r: failure(401, f"You sent {KEY}")) as server, pytest.raises(APIStatusError) as caught:
        asked(server, False)
    assert KEY not in f"{caught.value} {caught.value.body} {vars(caught.value.response)}"


@both
def test_an_answer_without_end_is_not_taken_in(asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST_BYTES", 2**20)
    with serving(lambda r: Response(b" " * (2**20 + 1))) as server, pytest.raises(APIConnectionError) as caught:
        asked(server, asynchronous)
    assert isinstance(caught.value.__cause__, TooLargeError) and "over 1 MiB" in str(caught.value.__cause__)


@both
def test_what_is_packed_is_not_unpacked(asynchronous: bool) -> None:
    with serving(lambda r: Response(b"\x1f\x8b", headers={"content-encoding": "gzip"})) as server, pytest.raises(APIConnectionError):
        asked(server, asynchronous)
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_a_key_that_can_not_be_sent_opens_no_connection() -> None:
    from ftexp.errors import ConfigError

    with serving(lambda r: completion("Yes")) as server, pytest.raises(ConfigError, match="SOME_API_KEY"):
        client(replace(endpoint(server), key=f"{KEY}\n"), 5.0)
