"""The line between the clients and the server: a small TCP proxy that does to connections what weak networks do.

Every request of the reference client has a connection of its own, so a fault of a connection is one of a request:

    refused     nobody is there
    cut_up      the line breaks while the request is on its way
    swallowed   the server has the request, its answer is lost
    cut_down    the line breaks in the middle of the answer
    half_open   the line is there and nothing comes, until the client gives up
    slow        bytes trickle
"""

from __future__ import annotations

import random
import re
import socket
import threading
import time
from collections import Counter
from contextlib import suppress

KINDS = {"refused": 4, "cut_up": 4, "swallowed": 4, "cut_down": 3, "half_open": 1, "slow": 3}
TROUBLE = 0.2  # of all connections
BLOCK = 16 * 1024
TRICKLE_SECONDS = 0.1  # between blocks of a slow line
SILENCE_SECONDS = 20  # of a line nobody uses any more
STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3})")


class Wire:
    """Listens on `port` and passes on to the server's; `calm` ends all trouble."""

    def __init__(self, target: int, seed: int) -> None:
        self.target, self.calm = target, False
        self.faults: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()  # by status, as the server gave them
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _fate(self) -> tuple[str | None, int]:
        """What happens to a connection, and after how many bytes."""
        with self._lock:
            if self.calm or self._random.random() > TROUBLE:
                return None, 0
            kind = self._random.choices(list(KINDS), list(KINDS.values()))[0]
            self.faults[kind] += 1
            return kind, int(10 ** self._random.uniform(1.5, 5.5))  # 30 bytes to 300 kB

    def _serve(self, client: socket.socket) -> None:
        fate, count = self._fate()
        with client:
            if fate == "refused":
                return
            if fate == "half_open":
                client.settimeout(SILENCE_SECONDS)
                with suppress(OSError):
                    while client.recv(BLOCK):
                        pass
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                return
            with server:
                up = threading.Thread(target=self._pass, args=(client, server, fate, count, True), daemon=True)
                up.start()
                self._pass(server, client, fate, count, False)
                for end in (client, server):
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                up.join(SILENCE_SECONDS)

    def _pass(self, source: socket.socket, target: socket.socket, fate: str | None, count: int, up: bool) -> None:
        """Bytes of one direction, until an end closes or fate strikes."""
        passed, first = 0, True
        source.settimeout(SILENCE_SECONDS if self.calm else SILENCE_SECONDS / 2)
        with suppress(OSError):
            while block := source.recv(BLOCK):
                if not up and first:
                    self._note(block)
                first = False
                if not up and fate == "swallowed":
                    break
                if fate == ("cut_up" if up else "cut_down") and passed + len(block) > count:
                    target.sendall(block[: max(count - passed, 0)])
                    break
                if fate == "slow":
                    time.sleep(TRICKLE_SECONDS)
                target.sendall(block)
                passed += len(block)
            if up and fate != "cut_up":
                return  # the client has said all; the answer may still come
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _note(self, block: bytes) -> None:
        if found := STATUS.match(block):
            with self._lock:
                self.answers[int(found[1])] += 1
