"""A real Mosquitto with the files that we ship, and the logins that our scripts make.

Only places differ from what an administrator runs: folders, free ports of 127.0.0.1, and the user it runs as.
"""

import getpass
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from tests.servers.certificates import Signed
from tests.servers.mosquitto import Mosquitto, free_port, program

SHIPPED: Final = Path(__file__).parents[2] / "deploy"
ROOT: Final = "returns/v1"
_LISTENER: Final = re.compile(r"^listener (\d+)$", re.MULTILINE)
_PATIENCE_S: Final = 20.0


class ShippedBroker(Mosquitto):
    """`port` is the devices' listener, `inside` the gateway's; with `certificate` there is `tls` too."""

    def __init__(self, folder: Path, logins: Sequence[str], certificate: Signed | None = None) -> None:
        super().__init__(folder)
        self.inside, self.tls = free_port(), free_port()
        self._ports = {"1883": self.inside, "1884": self.port, "8883": self.tls}
        self._certificate = certificate
        self.secrets = folder / "secrets"
        make_secrets(self.secrets, DEMO="yes")
        self.passwords_of = {
            "gateway": (self.secrets / "gateway" / "mqtt-password").read_text().strip(),
            "demo-fleet": (self.secrets / "fleet" / "mqtt-password").read_text().strip(),
            "health": (self.secrets / "mosquitto" / "health-password").read_text().strip(),
            **{name: add_login(self.secrets, name) for name in logins},
        }

    def start(self) -> Self:
        """Starts the broker and returns once it accepts connections."""
        config = self.folder / "config"
        shutil.rmtree(config, ignore_errors=True)
        shutil.copytree(SHIPPED / "mosquitto", config)
        if self._certificate is not None:
            shutil.copytree(config / "listeners-tls", config / "listeners", dirs_exist_ok=True)
            certs = self.folder / "certs"
            certs.mkdir(exist_ok=True)
            shutil.copy(self._certificate.cert, certs / "server.crt")
            shutil.copy(self._certificate.key, certs / "server.key")
        (self.folder / "data").mkdir(exist_ok=True)
        for file in config.rglob("*.conf"):
            file.write_text(self._placed(file.read_text()))
        main = config / "mosquitto.conf"
        main.write_text(f"user {getpass.getuser()}\n{main.read_text()}")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("mosquitto"), "-c", main], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self._await_listening(self._process)
        return self

    def hang_up(self) -> None:
        """Has the broker read its logins and its ACL again."""
        assert self._process is not None, "it does not run"
        self._process.send_signal(signal.SIGHUP)

    def _placed(self, text: str) -> str:
        for place, here in {
            "/mosquitto/": f"{self.folder}/",
            "/run/returns": f"{self.secrets}/mosquitto",
        }.items():
            text = text.replace(place, here)
        return _LISTENER.sub(lambda port: f"listener {self._ports[port[1]]} 127.0.0.1", text)


def make_secrets(folder: Path, **environment: str) -> None:
    """Runs `deploy/make-secrets`."""
    program("mosquitto_passwd")
    subprocess.run(
        [SHIPPED / "make-secrets", folder],
        check=True, timeout=_PATIENCE_S, env=environment | {"PATH": os.environ["PATH"]},
    )  # fmt: skip


def login(secrets: Path, what: str, name: str) -> subprocess.CompletedProcess[str]:
    """Runs `deploy/mosquitto/login`, for the file that `make_secrets` made."""
    program("mosquitto_passwd")
    return subprocess.run(
        [SHIPPED / "mosquitto" / "login", what, name],
        env={"PATH": os.environ["PATH"], "PASSWORDS": str(secrets / "mosquitto" / "passwords")},
        check=False, capture_output=True, text=True, timeout=_PATIENCE_S,
    )  # fmt: skip


def add_login(secrets: Path, name: str) -> str:
    """A new login's password."""
    done = login(secrets, "add", name)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
