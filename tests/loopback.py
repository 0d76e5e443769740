"""A web server of this machine that serves files and misbehaves on demand."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves what `files` holds.

    Attributes
    ----------
    files
        Path to content.
    faults
        Path to the faults of its first answers, in turn: a status, "cut" (the connection ends in
        the middle), "chunked" (the same, without a length), "silent" (nothing comes), a path or an
        address to redirect to, or a function that does what it likes with the `Handler` and the
        content; then it is served well.
    asked
        How often each path was asked for.
    authorizations
        What each of these requests said in the header of this name, or None.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[int | str | Fault]] = {}
        self.asked: Counter[str] = Counter()
        self.authorizations: list[str | None] = []
        self.closing = threading.Event()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        self.server.authorizations.append(self.headers["Authorization"])
        faults = self.server.faults.get(self.path, [])
        fault = faults.pop(0) if faults else None
        content = self.server.files.get(self.path.partition("?")[0])
        if isinstance(fault, int) or (content is None and fault is None):
            self.send_error(fault or 404)
            return
        if fault == "silent":
            self.server.closing.wait(20)
            return
        if callable(fault):
            with contextlib.suppress(ConnectionError):  # whom it is sent to had enough
                fault(self, content)
            return
        if fault is not None and (fault.startswith("/") or ":" in fault):
            self.send_response(302)
            self.send_header("Location", fault)
            self.end_headers()
            return
        self.send_response(200)
        if fault == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n" % len(content) + content[: len(content) // 2])
            return
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fault == "cut" else content)

    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        self.close_connection = True
        self.handle_one_request()

    def log_message(self, *_) -> None:
        """Say nothing."""


Fault = Callable[[Handler, bytes], None]


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Run a server for as long as the block lasts."""
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield server
        server.closing.set()
        server.shutdown()
