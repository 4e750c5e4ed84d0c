"""HTTP on a loopback address."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from provider.requests import Answer, Request, said
from provider.service import Scripted


@contextmanager
def listening(scripted: Scripted, port: int) -> Iterator[int]:
    """The port; any free one where 0 is asked for."""
    http = _Http(("127.0.0.1", port), _handler(scripted))
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
            self.send_response(answer.status)
            for name, value in {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing between the tests' own words."""

    return Handler
