"""What attacks may aim at: a private file, a process, doors to knock at; made for one run, and watched."""

from __future__ import annotations

import contextlib
import secrets
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.redteam.attack import Scene


class Doors:
    """Sockets of this machine that listen, and everything that was `heard` at them."""

    def __init__(self, folder: Path) -> None:
        self.unix, self.abstract = folder / "service.sock", f"redteam-{secrets.token_hex(8)}"
        stream = socket.create_server(("127.0.0.1", 0))
        self.port: int = stream.getsockname()[1]
        self._listening = [stream]
        for address in (str(self.unix), f"\0{self.abstract}"):
            line = socket.socket(socket.AF_UNIX)
            line.bind(address)
            line.listen()
            self._listening.append(line)
        with contextlib.suppress(OSError):  # a machine without IPv6 has no such door
            self._listening.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        self._packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._packets.bind(("127.0.0.1", self.port))
        self._stop, stopped = socket.socketpair()
        self.heard: list[bytes] = []
        self._thread = threading.Thread(target=self._listen, args=(stopped,))
        self._thread.start()

    def _listen(self, stopped: socket.socket) -> None:
        with selectors.DefaultSelector() as ready:
            for line in (stopped, self._packets, *self._listening):
                ready.register(line, selectors.EVENT_READ)
            while True:
                knocked_at = {key.fd for key, _ in ready.select()}
                for line in (self._packets, *self._listening):
                    if line.fileno() in knocked_at:
                        self._hear(line)
                if stopped.fileno() in knocked_at:
                    return

    def _hear(self, line: socket.socket) -> None:
        if line is self._packets:
            self.heard.append(line.recv(1000))
            return
        visitor, _ = line.accept()
        visitor.settimeout(2)
        with visitor, contextlib.suppress(OSError):
            self.heard.append(visitor.recv(1000))

    def close(self) -> None:
        """Stop listening; what is waiting at a door is heard first."""
        self._stop.close()
        self._thread.join()
        for line in (self._packets, *self._listening):
            line.close()


@contextlib.contextmanager
def scene(course: Path, outside: Path) -> Iterator[tuple[Scene, Doors, subprocess.Popen[bytes]]]:
    """Make what attacks may aim at, in a new folder `outside` of the course; end it afterwards."""
    outside.mkdir()
    secret = secrets.token_hex(20)
    (outside / "private.txt").write_text(secret, encoding="ascii")
    doors = Doors(outside)
    sleeper = [sys.executable, "-c", "import time; time.sleep(3600)"]
    process = subprocess.Popen(sleeper, env={"SECRET": secret}, start_new_session=True)
    try:
        yield (
            Scene(
                course=course,
                outside=outside,
                secret_file=outside / "private.txt",
                secret=secret,
                pid=process.pid,
                port=doors.port,
                unix=doors.unix,
                abstract=doors.abstract,
            ),
            doors,
            process,
        )
    finally:
        process.kill()
        process.wait()
        doors.close()
