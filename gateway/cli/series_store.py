"""The time-series store that the settings name, opened for a command; what keeps it from serving is a `Failure`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.adapters.series import EmbeddedSeries, series_at
from gateway.cli.failures import WRONG, Failure
from gateway.ports.series import Unavailable
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.adapters.series.influx import InfluxSeries


@contextmanager
def opened_series(settings: Settings, *, made: bool = False) -> Iterator[EmbeddedSeries | InfluxSeries]:
    """The store; with `made` the embedded one must be there already.

    Raises:
        Failure: there is none, or it cannot serve, within the block too.
    """
    where = settings.series
    try:
        series = series_at(where.url, settings.state.url.get_secret_value(), where.token, where.ca)
    except ValueError as wrong:
        raise Failure(str(wrong), status=WRONG) from None
    if made and isinstance(series, EmbeddedSeries) and not series.path.is_file():
        raise Failure(
            f"there is no time-series store at {series.path}; start the gateway there first (returns-gateway run),"
            " or name its state store with --config or --state-url"
        )
    try:
        yield series
    except Unavailable as away:
        raise Failure(str(away)) from away
    finally:
        series.close()
