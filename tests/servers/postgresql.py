"""A real PostgreSQL on a free port of 127.0.0.1, in a folder of its own, from Debian's package or the PATH.

Starts, stops, and makes databases. Nothing it holds is meant to last. Knows nothing of the gateway.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

from tests.servers.mosquitto import free_port

_PATIENCE_S: Final = 20.0
_USER: Final = "gateway"


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs; skips the test where there is none."""
    places = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *places]))
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: apt-get install postgresql)")
    return found


class PostgreSQL:
    """One server. It refuses to run as root, so root starts it as the user that its package made."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._user = "postgres" if os.geteuid() == 0 else None
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def new_database(self) -> str:
        """The URL of a database that nobody has used."""
        name = f"test{next(self._numbers)}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", _USER, name)
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/{name}"

    def start(self) -> Self:
        """Starts the server and returns once it accepts connections."""
        postgres = program("postgres")
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        data = str(self._folder / "data")
        # Texts sort as people sort them, as on most servers, so that tests see who relies on code points.
        collation = ["-E", "UTF8", "--locale-provider=icu", "--icu-locale=en"]
        self._run("initdb", "-D", data, "-U", _USER, "-A", "trust", "--no-sync", *collation)
        options = ["-p", str(self.port), "-k", str(self._folder), "-c", "listen_addresses=127.0.0.1"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [postgres, "-D", data, *options, "-c", "fsync=off"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
            )
        self._await_ready(self._process)
        return self

    def stop(self) -> None:
        """Ends the server, and removes what it held."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_PATIENCE_S)
            self._process = None
        shutil.rmtree(self._folder)

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [program(name), *arguments],
            check=True,
            timeout=_PATIENCE_S,
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        ready = [program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        retry = threading.Event()  # never set: being ready is the condition, this only spaces the attempts
        for _ in range(int(_PATIENCE_S / 0.05)):
            if subprocess.run(ready, check=False, timeout=_PATIENCE_S).returncode == 0:
                return
            if process.poll() is not None:
                break
            retry.wait(0.05)
        pytest.fail(f"PostgreSQL does not start; its log says:\n{(self._folder / 'log').read_text()}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
