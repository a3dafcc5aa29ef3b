"""A TCP proxy on 127.0.0.1 that injects faults between a client and a real server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

from servers import HOST, free_port


class Proxy:
    """Forwards bytes both ways. Faults are set on the running object:

    `drop_answer_after`  bytes in a request: the request is forwarded, its answer is not, and both sides are closed
    `delay`              seconds before each piece of an answer
    `edit`               changes each piece of an answer before it is forwarded
    `answer_503`         this many HTTP requests are answered with 503 and are not forwarded
    `cut()`              closes every open connection; `connections()` is their number
    """

    def __init__(self, target_port: int):
        self.target_port, self.port = target_port, free_port()
        self.drop_answer_after: bytes | None = None
        self.dropped = 0
        self.drops_max = 1
        self.delay = 0.0
        self.edit: Callable[[bytes], bytes] = lambda piece: piece
        self.answer_503 = 0
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server((HOST, self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def connections(self) -> int:
        with self._lock:
            return len(self._pairs)

    def cut(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection((HOST, self.target_port), timeout=10)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            pair = (client, server)
            with self._lock:
                self._pairs.add(pair)
            state = {"deaf": False}
            threading.Thread(target=self._requests, args=(pair, state), daemon=True).start()
            threading.Thread(target=self._answers, args=(pair, state), daemon=True).start()

    def _end(self, pair) -> None:
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def _requests(self, pair, state) -> None:
        client, server = pair
        try:
            while piece := client.recv(65536):
                if self.answer_503 > 0 and piece.split(b" ", 1)[0] in (b"GET", b"PUT", b"POST", b"HEAD", b"DELETE"):
                    self.answer_503 -= 1
                    body = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
                    client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n"
                                   b"Content-Length: %d\r\n\r\n" % len(body) + body)
                    return self._end(pair)
                if self.drop_answer_after and self.drop_answer_after in piece and self.dropped < self.drops_max:
                    self.dropped += 1
                    state["deaf"] = True
                server.sendall(piece)
        except OSError:
            pass
        self._end(pair)

    def _answers(self, pair, state) -> None:
        client, server = pair
        try:
            while piece := server.recv(65536):
                if state["deaf"]:
                    break
                if self.delay:
                    time.sleep(self.delay)
                client.sendall(self.edit(piece))
        except OSError:
            pass
        self._end(pair)
