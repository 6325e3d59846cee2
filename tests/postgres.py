"""A PostgreSQL server of the tests' own: in a temporary folder, reached by a Unix socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import psycopg


class Postgres:
    """A running server; `new_database()` gives the URL of an empty database of it."""

    def __init__(self) -> None:
        # The path of a socket has 107 bytes at most, so not in pytest's own folder.
        self._folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._user = "postgres"
        self._drop: list[str] = []
        if os.geteuid() == 0:  # as root it refuses to start
            nobody = pwd.getpwnam("nobody")
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
            self._drop = ["--reuid", str(nobody.pw_uid), "--regid", str(nobody.pw_gid), "--clear-groups"]
        data = self._folder / "data"
        options = [
            "--pgdata",
            data,
            "--username",
            self._user,
            "--auth=trust",
            "--no-sync",
            "--locale=C.UTF-8",
        ]
        made = subprocess.run(
            self._command("initdb", *options), cwd=self._folder, capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stderr
        settings = ["listen_addresses=", f"unix_socket_directories={self._folder}", "fsync=off"]
        with (self._folder / "log").open("w") as log:
            self._server = subprocess.Popen(
                self._command("postgres", "-D", data, *(part for one in settings for part in ("-c", one))),
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )
        self._wait()

    def _command(self, program: str, *arguments: object) -> list[str]:
        # It ends with the tests, however these end.
        return ["setpriv", *self._drop, "--pdeathsig", "KILL", binary(program), *map(str, arguments)]

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self._url("postgres")).close()
                return
            except psycopg.OperationalError:
                log = (self._folder / "log").read_text()
                assert self._server.poll() is None, log
                assert time.monotonic() < deadline, log
                time.sleep(0.1)

    def _url(self, database: str) -> str:
        return f"postgresql://{self._user}@/{database}?host={self._folder}"

    def new_database(self) -> str:
        """Make an empty database and give its URL."""
        name = f"course_{uuid.uuid4().hex}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def close(self) -> None:
        """End the server and remove all that it wrote."""
        self._server.send_signal(signal.SIGINT)  # fast: it does not wait for who is connected
        self._server.wait(60)
        shutil.rmtree(self._folder, ignore_errors=True)


def binary(name: str) -> str:
    """Find a program of PostgreSQL; Debian keeps them apart, by version."""
    by_version = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4])
    )
    found = str(by_version[-1]) if by_version else shutil.which(name)
    assert found, f"PostgreSQL's {name} is missing: run `make postgres` first (`make test` does)"
    return found
