"""The HTTP side: a threading server on the loopback address with persistent connections."""

import contextlib
import socket
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from .core.app import App
from .core.http import HangUp, Request, Response

LARGEST_BODY = 1_000_000
TICK = 0.05


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536
    disable_nagle_algorithm = True
    server: "Server"

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > LARGEST_BODY:
            self._send(Response(413, b""))
            self.close_connection = True
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length) if length else b""
        request = Request(self.command, unquote(path), query, headers, body)
        try:
            response = self.server.app.handle(request)
        except HangUp:
            self.close_connection = True
            return
        except Exception:
            traceback.print_exc()
            response = Response(500, b"The double failed; see its log.")
        self._send(response)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = answer  # noqa: N815 -- names of the base

    def _send(self, response: Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        return


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        self.app: App
        self.connections: set[socket.socket] = set()
        self._ticking = threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        self.app.webhooks.start()
        serve = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        serve.start()
        threading.Thread(target=self._tick, daemon=True).start()

    def _tick(self) -> None:
        while not self._ticking.wait(TICK):
            try:
                self.app.tick()
            except Exception:
                traceback.print_exc()

    def stop(self) -> None:
        self.app.stopping.set()
        self._ticking.set()
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.app.webhooks.stop()
        with self.app.world.lock:
            self.app.world.store.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is not news."""
