"""The time-series store: which one the settings name, and where the embedded one is."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, overload

from pydantic import SecretStr

from gateway.adapters.series.embedded import EmbeddedSeries
from gateway.adapters.series.influx_options import influx_options, is_influx

if TYPE_CHECKING:
    from gateway.adapters.series.influx import InfluxSeries

__all__ = ["EmbeddedSeries", "beside", "series_at"]

EMBEDDED: Final = "embedded"
_SQLITE: Final = "sqlite:///"
_SUFFIX: Final = ".series.sqlite"
_KNOWN: Final = "write embedded, or influxdb://host:8086?org=returns&bucket=returns"


def beside(state_url: str) -> Path:
    """The embedded store's file: beside the state store's, or in the working folder where that is no file."""
    if state_url.startswith(_SQLITE):
        return Path(state_url.removeprefix(_SQLITE).partition("?")[0]).with_suffix(_SUFFIX)
    return Path(f"returns{_SUFFIX}")


@overload
def series_at(url: Literal["embedded"], state_url: str) -> EmbeddedSeries: ...


@overload
def series_at(
    url: str, state_url: str, token: SecretStr | None = None, ca: Path | None = None
) -> EmbeddedSeries | InfluxSeries: ...


def series_at(
    url: str, state_url: str, token: SecretStr | None = None, ca: Path | None = None
) -> EmbeddedSeries | InfluxSeries:
    """The store that `series.url` names; nothing is opened yet.

    Raises:
        ValueError: there is no such store, or its client is not installed.
    """
    if url == EMBEDDED:
        return EmbeddedSeries(beside(state_url))
    if not is_influx(url):
        raise ValueError(f"series.url {url!r} is no store that this version writes to; {_KNOWN}")
    options = influx_options(url, token, ca)
    # The client is an extra, and takes half a second to load, which only those who use it should pay.
    if find_spec("influxdb_client") is None:
        raise ValueError(
            f"series.url {url!r} needs InfluxDB's client; pip install 'returns-gateway[influxdb]'"
        )
    from gateway.adapters.series.influx import InfluxSeries  # noqa: PLC0415

    return InfluxSeries(options)
