"""An authority of our own and what it signs, for brokers that speak TLS on 127.0.0.1."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest


class Signed(NamedTuple):
    cert: Path
    key: Path


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.cert, self._key = self._make("authority", "-subj", "/CN=Test authority")

    def sign(self, name: str) -> Signed:
        """A certificate for this common name, good for 127.0.0.1, and its key."""
        return self._make(
            name, "-subj", f"/CN={name}", "-CA", str(self.cert), "-CAkey", str(self._key),
            "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
        )  # fmt: skip

    def _make(self, name: str, *options: str) -> Signed:
        openssl = shutil.which("openssl")
        if openssl is None:
            pytest.skip("openssl is not installed (Debian: apt-get install openssl)")
        made = Signed(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        subprocess.run(
            [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-out", made.cert, "-keyout", made.key, *options],
            check=True, capture_output=True, timeout=30,
        )  # fmt: skip
        return made
