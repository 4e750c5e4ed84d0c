"""Connections that send a key to its own host and nowhere else, and let no key come back in what a service says."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cache
from ssl import SSLContext

import httpx2
from openai import AsyncOpenAI, OpenAI

from ftexp.backends.hosted.endpoint import Endpoint, check
from ftexp.backends.hosted.key_hosts import OWN_HOSTS
from ftexp.withheld import bytes_without_keys, withhold

CONNECT_SECONDS = 20.0
MOST_BYTES = 64 * 2**20  # of one answer; a result file has some tens of bytes a step
MOST_SECONDS = 900.0  # that one answer may take; the SDK's time-outs are of silence, which a few bytes now and then break
NO_KEY = "none"  # what the SDK is told, so that it looks for none in the environment: the key is put in on the wire
# Whatever else the SDK takes from the environment (OPENAI_CUSTOM_HEADERS, OPENAI_ORG_ID, ...) stays here.
_SENT = {"accept", "connection", "content-length", "content-type", "host", "transfer-encoding", "user-agent"}
_AT_OPENAI = {"openai-organization", "openai-project"}


class TooLargeError(httpx2.TransportError):
    """An answer that no honest service gives. What it was asked for may have been done."""


def async_client(endpoint: Endpoint, in_flight: int) -> AsyncOpenAI:
    """For many requests at a time. Follows no redirect, takes nothing from the environment and tries nothing twice by itself.

    Raises ConfigError where the address or the key isn't fit to be used.
    """
    limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    web = httpx2.AsyncClient(
        transport=AsyncGuarded(_Guard(endpoint), httpx2.AsyncHTTPTransport(verify=_authorities(), limits=limits, trust_env=False)),
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),  # the whole of a request has a limit of its own
    )
    return AsyncOpenAI(api_key=NO_KEY, base_url=endpoint.base_url, max_retries=0, http_client=web)


def client(endpoint: Endpoint, seconds: float) -> OpenAI:
    """For one request after another, each step of which takes at most `seconds`; otherwise as `async_client`."""
    timeout = httpx2.Timeout(seconds, connect=CONNECT_SECONDS)
    inner = Guarded(_Guard(endpoint), httpx2.HTTPTransport(verify=_authorities(), trust_env=False))
    web = httpx2.Client(transport=inner, follow_redirects=False, trust_env=False, timeout=timeout)
    return OpenAI(api_key=NO_KEY, base_url=endpoint.base_url, max_retries=0, http_client=web, timeout=httpx2.Timeout(seconds))


@cache
def _authorities() -> SSLContext:
    """Who vouches for hosts, read once for all connections: a megabyte, and longer to read than most answers take."""
    return httpx2.create_ssl_context(trust_env=False)


class _Guard:
    """What goes out, and what comes in."""

    def __init__(self, endpoint: Endpoint) -> None:
        check(endpoint)
        withhold(endpoint.key)
        self._base, self._key = httpx2.URL(endpoint.base_url), endpoint.key
        self._sent = _SENT | (_AT_OPENAI if self._base.host in OWN_HOSTS["OPENAI_API_KEY"] else set())

    def outgoing(self, request: httpx2.Request) -> httpx2.Request:
        """As it goes over the wire; what the SDK holds has no key. Encoded answers would have to be decoded to be looked at."""
        there, here = ((url.scheme, url.raw_host, url.port) for url in (request.url, self._base))
        if there != here:
            raise httpx2.UnsupportedProtocol(f"a request to {request.url.host}; expected {self._base.host} alone")
        headers = {name: value for name, value in request.headers.items() if name.lower() in self._sent}
        key = {"authorization": f"Bearer {self._key}"} if self._key else {}
        sent = {**headers, "accept-encoding": "identity", **key}
        return httpx2.Request(request.method, request.url, headers=sent, stream=request.stream, extensions=request.extensions)

    def add(self, body: bytearray, part: bytes) -> None:
        body += part
        if len(body) > MOST_BYTES:
            raise TooLargeError(f"the answer has over {MOST_BYTES / 2**20:.0f} MiB; more isn't taken in")

    def cleaned(self, request: httpx2.Request, response: httpx2.Response, body: bytes) -> httpx2.Response:
        """The answer with no key in it, and without the words beside its status, which may be anything."""
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise httpx2.DecodingError("an encoded answer, though none was asked for")
        headers = [pair for pair in response.headers.raw if pair[0].lower() not in (b"content-length", b"transfer-encoding")]
        stream = httpx2.ByteStream(bytes_without_keys(body))
        return httpx2.Response(response.status_code, headers=_without_keys(headers), stream=stream, request=request)


def _without_keys(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(bytes_without_keys(name), bytes_without_keys(value)) for name, value in headers]


class Guarded(httpx2.BaseTransport):
    def __init__(self, guard: _Guard, inner: httpx2.BaseTransport) -> None:
        self._guard, self._inner = guard, inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(self._guard.outgoing(request))
        body, until = bytearray(), time.monotonic() + MOST_SECONDS
        try:
            for part in response.iter_raw():
                self._guard.add(body, part)
                if time.monotonic() > until:
                    raise httpx2.ReadTimeout(f"the answer still comes after {MOST_SECONDS:.0f} s")
        finally:
            response.close()
        return self._guard.cleaned(request, response, bytes(body))

    def close(self) -> None:
        self._inner.close()


class AsyncGuarded(httpx2.AsyncBaseTransport):
    def __init__(self, guard: _Guard, inner: httpx2.AsyncBaseTransport) -> None:
        self._guard, self._inner = guard, inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(self._guard.outgoing(request))
        body = bytearray()
        try:
            async for part in response.aiter_raw():
                self._guard.add(body, part)
        finally:
            await response.aclose()
        return self._guard.cleaned(request, response, bytes(body))

    async def aclose(self) -> None:
        await self._inner.aclose()
