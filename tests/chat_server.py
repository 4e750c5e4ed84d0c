"""A service on a loopback address that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Request:
    """`number` counts the requests for the same item from 1; an item is what the last message says."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    item: str = ""
    number: int = 1

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """With `cut` only half of the body comes before the connection ends; with `hangs` nothing does until the server stops."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    hangs: bool = False


def completion(text: str | None, finish_reason: str = "stop", **message: Any) -> Response:
    said = {"role": "assistant", "content": text, **message}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    choice = {"index": 0, "message": said, "finish_reason": finish_reason}
    return Response(json.dumps({"id": "c", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage}).encode())


def failure(status: int, message: str = "no", code: str | None = None, **headers: str) -> Response:
    """Names of headers with _ for -."""
    error = {"message": message, "type": None, "param": None, "code": code}
    return Response(json.dumps({"error": error}).encode(), status, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class ChatServer:
    """`answer` says what each request gets; it may block, to keep a request in flight."""

    answer: Callable[[Request], Response]
    base_url: str = ""
    requests: list[Request] = field(default_factory=list)
    sent: list[tuple[Request, Response]] = field(default_factory=list)
    most_in_flight: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    _asked: Counter[str] = field(default_factory=Counter)
    _in_flight: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def asked(self) -> list[str]:
        return [r.item for r in self.requests]

    def take(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        item = _item(body)
        with self._lock:
            self._asked[item] += 1
            request = Request(method, path, headers, body, item, self._asked[item])
            self.requests.append(request)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            response = self.answer(request)
        finally:
            with self._lock:
                self._in_flight -= 1
        with self._lock:
            self.sent.append((request, response))
        if response.hangs:
            self.stopped.wait()
        return response


@contextmanager
def serving(answer: Callable[[Request], Response]) -> Iterator[ChatServer]:
    server = ChatServer(answer)
    http = _Http(("127.0.0.1", 0), _handler(server))
    server.base_url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        http.shutdown()
        thread.join()
        http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True  # none is waited for: clients keep their connections open
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            response = server.take(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            if response.hangs:
                self.close_connection = True
                return
            self.send_response(response.status)
            for name, value in {"Content-Type": "application/json", **response.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body[: len(response.body) // 2] if response.cut else response.body)
            self.close_connection = self.close_connection or response.cut

        do_GET = do_DELETE = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """Nothing between the tests' own words."""

    return Handler


def _item(body: bytes) -> str:
    try:
        return str(json.loads(body)["messages"][-1]["content"])
    except (ValueError, KeyError, TypeError, IndexError):
        return ""
