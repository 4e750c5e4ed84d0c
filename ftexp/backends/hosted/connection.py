"""Connections that send a key to its own host and nowhere else, and let no key come back in what a service says."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, urlsplit

import httpx2
from openai import AsyncOpenAI, OpenAI

from ftexp.backends.hosted.endpoint import Endpoint, check

CONNECT_SECONDS = 20.0
MOST_BYTES = 256 * 2**20  # of one answer
_REDACTED = b"[redacted key]"
# Everything else that the SDK would take from the environment (OPENAI_CUSTOM_HEADERS, OPENAI_ORG_ID, ...) stays here, but at OpenAI's own.
_SENT = frozenset(
    {"accept", "accept-encoding", "authorization", "connection", "content-length"}
    | {"content-type", "host", "transfer-encoding", "user-agent"}
)
_AT_OPENAI = frozenset({"openai-organization", "openai-project"})


class TooLargeError(Exception):
    """An answer that no honest service gives."""


def async_client(endpoint: Endpoint, in_flight: int) -> AsyncOpenAI:
    """For many requests at a time. Follows no redirect, takes no proxy from the environment and tries nothing twice by itself.

    Raises ConfigError where the address or the key isn't fit to be used.
    """
    check(endpoint)
    limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    web = httpx2.AsyncClient(
        transport=_GuardedAsync(endpoint, httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)),
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),  # the whole of a request has a limit of its own
    )
    return AsyncOpenAI(api_key=endpoint.key, base_url=endpoint.base_url, max_retries=0, http_client=web)


def client(endpoint: Endpoint, seconds: float) -> OpenAI:
    """For one request after another, each step of which takes at most `seconds`; otherwise as `async_client`."""
    check(endpoint)
    web = httpx2.Client(
        transport=_Guarded(endpoint, httpx2.HTTPTransport(trust_env=False)),
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(seconds, connect=CONNECT_SECONDS),
    )
    return OpenAI(api_key=endpoint.key, base_url=endpoint.base_url, max_retries=0, http_client=web, timeout=httpx2.Timeout(seconds))


class _Guard:
    """What goes out, and what comes in."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._host = urlsplit(endpoint.base_url).hostname
        self._sent = _SENT | (_AT_OPENAI if self._host == "api.openai.com" else frozenset())
        self._forms = _forms(endpoint.key) if endpoint.is_secret else ()

    def check(self, request: httpx2.Request) -> None:
        """Drops headers that aren't meant for this service. Encoded answers would have to be decoded to be looked at."""
        assert request.url.host == self._host, "redirects aren't followed, and every path is ours"
        for name in [n for n in request.headers if n.lower() not in self._sent and not n.lower().startswith("x-stainless-")]:
            del request.headers[name]
        request.headers["accept-encoding"] = "identity"

    def add(self, body: bytearray, part: bytes) -> None:
        body += part
        if len(body) > MOST_BYTES:
            raise TooLargeError(f"an answer of more than {MOST_BYTES:,} bytes")

    def cleaned(self, request: httpx2.Request, response: httpx2.Response, body: bytes) -> httpx2.Response:
        """The answer with the key nowhere in it."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise httpx2.DecodingError("an encoded answer, though none was asked for")
        headers = [(name, self._without_key(value)) for name, value in response.headers.raw if name.lower() != b"transfer-encoding"]
        cleaned = self._without_key(body)
        kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        return httpx2.Response(response.status_code, headers=kept, content=cleaned, request=request, extensions=response.extensions)

    def _without_key(self, found: bytes) -> bytes:
        for form in self._forms:
            found = found.replace(form, _REDACTED)
        return found


def _forms(key: str) -> tuple[bytes, ...]:
    """As it is, and as it may be written in JSON, in an address and in base64, wherever in a text it begins."""
    plain = key.encode("ascii")
    shifted = [base64.b64encode(b"\0" * n + plain)[(0, 2, 3)[n] : -4].rstrip(b"=") for n in range(3)]
    escaped = [json.dumps(key)[1:-1].encode(), key.replace("/", "\\/").encode(), quote(key, safe="").encode()]
    return tuple(dict.fromkeys([plain, *escaped, *shifted]))


class _Guarded(httpx2.BaseTransport):
    def __init__(self, endpoint: Endpoint, inner: httpx2.BaseTransport) -> None:
        self._guard, self._inner = _Guard(endpoint), inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._guard.check(request)
        response = self._inner.handle_request(request)
        body = bytearray()
        try:
            for part in response.iter_raw():
                self._guard.add(body, part)
        finally:
            response.close()
        return self._guard.cleaned(request, response, bytes(body))

    def close(self) -> None:
        self._inner.close()


class _GuardedAsync(httpx2.AsyncBaseTransport):
    def __init__(self, endpoint: Endpoint, inner: httpx2.AsyncBaseTransport) -> None:
        self._guard, self._inner = _Guard(endpoint), inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._guard.check(request)
        response = await self._inner.handle_async_request(request)
        body = bytearray()
        try:
            async for part in response.aiter_raw():
                self._guard.add(body, part)
        finally:
            await response.aclose()
        return self._guard.cleaned(request, response, bytes(body))

    async def aclose(self) -> None:
        await self._inner.aclose()
