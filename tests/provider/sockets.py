"""HTTP on a loopback address."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from provider.requests import Answer, Request, said
from provider.service import Scripted


@contextmanager
def listening(scripted: Scripted, port: int) -> Iterator[int]:
    """The port; any free one where 0 is asked for."""
    with _serving(_recorder(scripted), 0) as other, _serving(_handler(scripted), port) as own:
        scripted.elsewhere = f"http://127.0.0.1:{other}/v1"
        try:
            yield own
        finally:
            scripted.release()


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler], port: int) -> Iterator[int]:
    http = _Http(("127.0.0.1", port), handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield http.server_port
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True  # none is waited for: clients keep their connections open
    allow_reuse_address = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


def _handler(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body in one packet

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            path, _, query = self.path.partition("?")
            if path == "/_script":
                return self._send(said(scripted.script(json.loads(body))))
            if path == "/_counts":
                return self._send(said(scripted.counts))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(scripted.answer(Request(self.command, path.removeprefix("/v1"), query, headers, body)))

        do_GET = do_DELETE = do_POST

        def _send(self, answer: Answer) -> None:
            if answer.sending == "not":
                return self._reset()
            self.send_response(answer.status)
            for name, value in {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for part in _parts(answer):
                self.wfile.write(part)
                self.wfile.flush()
            self.close_connection = self.close_connection or answer.sending == "half"

        def _reset(self) -> None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing between the tests' own words."""

    return Handler


def _parts(answer: Answer) -> Iterator[bytes]:
    if answer.sending != "slowly":
        yield answer.body[: len(answer.body) // 2] if answer.sending == "half" else answer.body
        return
    each = len(answer.body) // 10 + 1
    for begin in range(0, len(answer.body), each):
        time.sleep(answer.seconds / 10)
        yield answer.body[begin : begin + each]


def _recorder(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    """Another host, to which a redirect leads."""

    class Recorder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came = {"method": self.command, "path": self.path, "authorization": "authorization" in self.headers}
            scripted.led_elsewhere.append(came)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_DELETE = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """As above."""

    return Recorder
