"""Where an InfluxDB is and who we are there: `series.url` and its token, taken apart and checked. Opens nothing."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

_SCHEMES: Final[Mapping[str, str]] = {"influxdb": "http", "influxdbs": "https"}
_PORT: Final = 8086
_DEFAULTS: Final = {"org": "returns", "bucket": "returns"}
_EXAMPLE: Final = "write influxdb://host:8086?org=returns&bucket=returns"


class InfluxOptions(NamedTuple):
    """A bucket of a server. `address` is what HTTP knows it by; `ca` is who signed its certificate (PEM).

    `patience_s` is how long an answer may take; what goes through all points may take four times that.
    """

    address: str
    org: str
    bucket: str
    token: SecretStr | None = None
    ca: Path | None = None
    patience_s: float = 30.0

    @property
    def where(self) -> str:
        """For people."""
        return f"bucket {self.bucket} of {self.org} at {self.address}"


def is_influx(url: str) -> bool:
    """Whether a `series.url` names an InfluxDB."""
    return url.partition("://")[0] in _SCHEMES


def influx_options(url: str, token: SecretStr | None = None, ca: Path | None = None) -> InfluxOptions:
    """Take `influxdb://host:8086?org=…&bucket=…` apart; `influxdbs://` speaks TLS.

    Raises:
        ValueError: something in it cannot be right.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORT
        given = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as wrong:
        raise ValueError(f"series.url {url!r} cannot be read ({wrong}); {_EXAMPLE}") from None
    if not host:
        raise ValueError(f"series.url {url!r} names no host; {_EXAMPLE}")
    for name, value in given:
        if name not in _DEFAULTS:
            near = get_close_matches(name, _DEFAULTS, n=1)
            meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(_DEFAULTS)}"
            raise ValueError(f"series.url {url!r} has {name!r}; {meant}")
        if not value:
            raise ValueError(f"series.url {url!r} has an empty {name}; {_EXAMPLE}")
    if ca is not None and not ca.is_file():
        raise ValueError(
            f"series.ca {str(ca)!r} is no file; name the PEM file of who signed InfluxDB's certificate"
        )
    names = _DEFAULTS | dict(given)
    shown = f"[{host}]" if ":" in host else host
    return InfluxOptions(
        f"{_SCHEMES[parts.scheme]}://{shown}:{port}", names["org"], names["bucket"], token, ca
    )
