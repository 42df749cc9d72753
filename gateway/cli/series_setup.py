"""`returns-gateway series setup`: what the time-series store needs to have, made once and checked again as often."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from gateway.adapters.series import EmbeddedSeries
from gateway.adapters.series.influx_options import influx_options
from gateway.cli.failures import WRONG, Failure, printable
from gateway.cli.opening import settings_of
from gateway.cli.options import StateOptions, gathered
from gateway.cli.series_store import opened_series
from gateway.settings import Settings
from gateway.tracking.instants import Duration, duration


@gathered
def setup_command(
    *,
    where: StateOptions,
    tokens: Annotated[
        Path | None,
        typer.Option(
            "--tokens",
            metavar="DIR",
            help="InfluxDB: also make tokens, gateway.token that only writes and grafana.token that only reads.",
            show_default=False,
        ),
    ] = None,
    keep_long: Annotated[
        str,
        typer.Option(
            "--keep-long",
            metavar="SPAN",
            help="InfluxDB: how long the bucket of quarter hours keeps points; 0s is for ever.",
        ),
    ] = "1825d",
) -> None:
    """Make what the time-series store needs; what is there and right stays as it is.

    InfluxDB: the bucket, which keeps points as long as the setting keep.journeys says; a second one, of the same name
    and _long, for years; the task that fills it each night with means of quarter hours. This needs a token that may
    make them (an all-access token); the gateway itself needs only to write.
    """
    settings = settings_of(where)
    with opened_series(settings) as series:
        if isinstance(series, EmbeddedSeries):
            if tokens is not None:
                raise Failure("--tokens: the embedded store has none; leave it out", status=WRONG)
            series.setup()
            typer.echo(printable(f"the time series are kept in {series.path}"))
            return
        for line in _influx(settings, _span(keep_long), tokens):
            typer.echo(printable(line))


def _influx(settings: Settings, years: Duration, tokens: Path | None) -> Iterator[str]:
    from gateway.adapters.series.influx_setup import InfluxSetup, Keeping  # noqa: PLC0415 # its client is an extra

    where = settings.series
    setup = InfluxSetup(influx_options(where.url, where.token, where.ca))
    try:
        yield from setup.buckets(Keeping(settings.keep.journeys, years))
        if tokens is not None:
            yield from setup.tokens(tokens)
    except OSError as wrong:
        raise Failure(
            f"--tokens {str(tokens)!r}: {wrong.strerror}; name a folder that can be written"
        ) from None
    finally:
        setup.close()


def _span(text: str) -> Duration:
    try:
        return duration(text)
    except ValueError:
        raise Failure(
            f"--keep-long {text!r} is no duration; write 1825d, or 0s for ever", status=WRONG
        ) from None
