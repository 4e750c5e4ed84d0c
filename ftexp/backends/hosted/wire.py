"""What goes over the wire to a service, and what comes back: the key goes out to its own address alone, and never comes in."""

from __future__ import annotations

from collections.abc import Iterable

import httpx2

from ftexp.withheld import bytes_without_keys

LARGEST_BODY = 64 * 2**20  # bytes of an answer, unpacked; a result file has some tens of bytes a step
_ENCODINGS = ("", "identity", "gzip", "deflate")  # others unpack a few bytes to gigabytes at once
# What a request may carry; the SDK adds organisations, projects and whatever else the environment names.
_SENT = ("accept", "accept-encoding", "connection", "content-length", "content-type", "host", "idempotency-key", "transfer-encoding")
_OPENAI = "api.openai.com"  # for which those variables are meant


class UnfitAnswerError(httpx2.TransportError):
    """An answer that isn't taken in. What it was asked for may have been done."""


class _Sending:
    """`key` is empty where a service takes none. The SDK itself never has it."""

    def __init__(self, base_url: str, key: str, largest: int = LARGEST_BODY) -> None:
        self._base, self._key, self._largest = httpx2.URL(base_url), key, largest

    def _outgoing(self, request: httpx2.Request) -> None:
        here, there = ((url.scheme, url.raw_host, url.port) for url in (self._base, request.url))
        if here != there:
            raise httpx2.UnsupportedProtocol(f"a request to {request.url.host}; expected {self._base.host} alone")
        if request.url.host != _OPENAI:
            for name in {name.lower() for name in request.headers} - {*_SENT}:
                del request.headers[name]
        request.headers["user-agent"] = "ftexp"
        request.headers["accept-encoding"] = "gzip, deflate"
        request.headers.pop("authorization", None)
        if self._key:
            request.headers["authorization"] = f"Bearer {self._key}"

    def _check(self, response: httpx2.Response, size: int = 0) -> None:
        if size > self._largest:
            raise UnfitAnswerError(f"the answer has over {self._largest / 2**20:.0f} MiB; more isn't taken in")
        if response.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
            raise UnfitAnswerError("the answer is packed in a way that wasn't asked for; expected gzip or nothing")

    def _incoming(self, request: httpx2.Request, response: httpx2.Response, parts: Iterable[bytes]) -> httpx2.Response:
        """The whole answer, without the words beside its status, which may be anything."""
        body = bytes_without_keys(b"".join(parts))
        gone = (b"content-encoding", b"content-length", b"transfer-encoding")
        headers = [(bytes_without_keys(n), bytes_without_keys(v)) for n, v in response.headers.raw if n.lower() not in gone]
        return httpx2.Response(response.status_code, headers=headers, stream=httpx2.ByteStream(body), request=request)


class Transport(_Sending, httpx2.BaseTransport):
    def __init__(self, inner: httpx2.BaseTransport, base_url: str, key: str, largest: int = LARGEST_BODY) -> None:
        super().__init__(base_url, key, largest)
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._outgoing(request)
        response = self._inner.handle_request(request)
        response.request = request
        parts, size = list[bytes](), 0
        try:
            self._check(response)
            for part in response.iter_bytes():
                parts.append(part)
                self._check(response, size := size + len(part))
        finally:
            response.close()
        return self._incoming(request, response, parts)

    def close(self) -> None:
        self._inner.close()


class AsyncTransport(_Sending, httpx2.AsyncBaseTransport):
    def __init__(self, inner: httpx2.AsyncBaseTransport, base_url: str, key: str, largest: int = LARGEST_BODY) -> None:
        super().__init__(base_url, key, largest)
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._outgoing(request)
        response = await self._inner.handle_async_request(request)
        response.request = request
        parts, size = list[bytes](), 0
        try:
            self._check(response)
            async for part in response.aiter_bytes():
                parts.append(part)
                self._check(response, size := size + len(part))
        finally:
            await response.aclose()
        return self._incoming(request, response, parts)

    async def aclose(self) -> None:
        await self._inner.aclose()
