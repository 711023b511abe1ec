"""A web server that answers as a hostile or broken registry host would, one attack per name."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

type Answer = Callable[[BaseHTTPRequestHandler], None]


class _QuietServer(ThreadingHTTPServer):
    """Whoever is attacked hangs up: that is worth no traceback."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


class HostileHost:
    """Serves the published tree of a real registry, except where an attack is set."""

    def __init__(self, public: Path) -> None:
        self.public = public
        self.attack: Answer | None = None
        self.applies_to = ""  # a part of the path
        self.seen: list[str] = []
        self.stopped = threading.Event()
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement

            def do_GET(self) -> None:
                host.seen.append(self.path)
                try:
                    if host.attack is not None and host.applies_to in self.path:
                        host.attack(self)
                    else:
                        host.serve_file(self)
                except OSError:
                    self.close_connection = True

            def do_PUT(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        self.server = _QuietServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def serve_file(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer as a plain file server that knows hash-prefixed names."""
        path = self.public / handler.path.lstrip("/")
        if not path.is_file() and path.name[64:65] == ".":
            path = path.with_name(path.name[65:])
        if path.is_file():
            answer(handler, 200, path.read_bytes())
        else:
            answer(handler, 404, b"")


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """Send one plain answer."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def hostile_host(public: Path) -> Iterator[HostileHost]:
    """A hostile host for the length of a with statement."""
    host = HostileHost(public)
    thread = threading.Thread(target=host.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.stopped.set()
        host.server.shutdown()
        host.server.server_close()
        thread.join()


def endless_body(handler: BaseHTTPRequestHandler) -> None:
    """Bytes that never end, with no length said."""
    handler.send_response(200)
    handler.send_header("connection", "close")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65536)


def endless_chunks(handler: BaseHTTPRequestHandler) -> None:
    """Chunks (``transfer-encoding``) that never end."""
    handler.send_response(200)
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def one_byte_at_a_time(handler: BaseHTTPRequestHandler) -> None:
    """A body that drips, never silent for long."""
    handler.send_response(200)
    handler.send_header("content-length", "5000")
    handler.end_headers()
    _drip(handler, 5000)


def dripping_headers(handler: BaseHTTPRequestHandler) -> None:
    """A head that drips and never ends."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-long: ")
    _drip(handler, 60_000)


def _drip(handler: BaseHTTPRequestHandler, count: int) -> None:
    for _ in range(count):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.1)


def gzip_bomb(handler: BaseHTTPRequestHandler) -> None:
    """A small body that would unpack to 100 MB."""
    answer(handler, 200, _bomb(), content_encoding="gzip")


@cache
def _bomb() -> bytes:
    return gzip.compress(b"x" * 100_000_000, 1)


def half_written(handler: BaseHTTPRequestHandler) -> None:
    """Fewer bytes than were said."""
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b"half")
    handler.close_connection = True


def long_header_line(handler: BaseHTTPRequestHandler) -> None:
    """One header line of 4 MiB."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-long: " + b"x" * 4 * 1024 * 1024 + b"\r\n\r\n")


def countless_headers(handler: BaseHTTPRequestHandler) -> None:
    """A head of a hundred thousand lines."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000 + b"\r\n")


def not_found(handler: BaseHTTPRequestHandler) -> None:
    """A registry that lost the file."""
    answer(handler, 404, b"")


def server_error(handler: BaseHTTPRequestHandler) -> None:
    """A registry with a fault."""
    answer(handler, 500, b"{}")


def other_bytes(handler: BaseHTTPRequestHandler) -> None:
    """A file of another content."""
    answer(handler, 200, b'{"signed": {}, "signatures": []}')


def no_bytes(handler: BaseHTTPRequestHandler) -> None:
    """An empty file."""
    answer(handler, 200, b"")


def silence(handler: BaseHTTPRequestHandler) -> None:
    """The connection stays open and nothing comes."""
    time.sleep(3)


def connection_closed(handler: BaseHTTPRequestHandler) -> None:
    """The connection is closed without an answer."""
    handler.close_connection = True


def redirect_to(url: str) -> Answer:
    """A redirect to another place."""

    def redirect(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, 302, b"", location=url)

    return redirect


def redirect_to_same_path_at(base_url: str) -> Answer:
    """A redirect to the same file at another place, where it stands."""

    def redirect(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, 307, b"", location=base_url + handler.path)

    return redirect
