"""Talking to InfluxDB over HTTP: one request, its answer awaited within limits, and never tried again here.

Whatever keeps InfluxDB from answering becomes `Unavailable`, with what to do; an answer that is a refusal is
`Answered`, for those who asked to make sense of. Knows nothing of points.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from gateway.adapters.series.influx_options import InfluxOptions
from gateway.ports.series import Unavailable
from gateway.tracking.instants import SECOND, Duration

_CONNECT_MS: Final = 5_000
_LONG: Final = 4
"""So many times the patience for what goes through all points."""
_LONGEST_SHOWN: Final = 500
_JSON: Final = "application/json"
_LINES: Final = "text/plain; charset=utf-8"
_TLS: Final = "name who signed its certificate in series.ca, or write influxdb:// if it has none"
_NO_INFLUX: Final = "it is no InfluxDB: correct series.url"
_REMEDIES: Final = {
    NewConnectionError: "start it, or correct series.url",
    ConnectTimeoutError: "check the way to it, or correct series.url",
    ReadTimeoutError: "it is too slow now: see what it is busy with",
}


class Answered(Exception):
    """An answer other than yes: its status and InfluxDB's own words. `ours`: it is InfluxDB that says so, no proxy."""

    def __init__(self, status: int, words: str, *, ours: bool, wait: Duration | None = None) -> None:
        super().__init__(f"{status} {_short(words)}")
        self.status = status
        self.words = words
        self.ours = ours
        self.wait = wait


class Asked(NamedTuple):
    """A request: `body` is lines as bytes, or what is sent as JSON."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: object = None
    is_long: bool = False
    """It goes through all points."""


class Reply(NamedTuple):
    """A yes: its status, and what it says as JSON, if anything."""

    status: int
    data: Any


class Door:
    """One server. Any thread may ask."""

    def __init__(self, options: InfluxOptions) -> None:
        self._options = options
        token = options.token.get_secret_value() if options.token else ""
        # Without `retries`, as here, the client passes on what happens at once; waiting is the caller's to do.
        self._client = InfluxDBClient(
            url=options.address,
            token=token,
            org=options.org,
            timeout=(_CONNECT_MS, self._read_ms(is_long=False)),
            enable_gzip=True,
            ssl_ca_cert=str(options.ca) if options.ca else None,
        )

    def ask(self, asked: Asked) -> Reply:
        """The answer to one request.

        Raises:
            Answered: it says no.
            Unavailable: it says nothing, or what no InfluxDB says.
        """
        where = self._options.address
        try:
            data, status, _ = self._client.api_client.call_api(  # type: ignore[no-untyped-call] # it has none
                asked.path,
                asked.method,
                query_params=list(asked.query.items()),
                header_params={
                    "Accept": _JSON,
                    "Content-Type": _LINES if isinstance(asked.body, bytes) else _JSON,
                },
                body=asked.body,
                response_type="object",
                _return_http_data_only=False,
                _request_timeout=(_CONNECT_MS, self._read_ms(is_long=asked.is_long)),
            )
        except ApiException as error:
            if error.status:
                raise _answered(error) from error
            raise _silent(where, error.reason, _TLS) from error
        except HTTPError as error:
            remedy = next(
                (text for kind, text in _REMEDIES.items() if isinstance(error, kind)), "see its log"
            )
            raise _silent(where, error, remedy) from error
        except UnicodeDecodeError as error:
            raise _silent(where, "it sends no text", _NO_INFLUX) from error
        if isinstance(data, str) and data:  # the client gives what is no JSON as it came
            raise _silent(where, "it sends no JSON", _NO_INFLUX)
        return Reply(status, data)

    def _read_ms(self, *, is_long: bool) -> int:
        return round(self._options.patience_s * 1_000) * (_LONG if is_long else 1)

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call] # likewise


def _answered(error: ApiException) -> Answered:
    headers: Mapping[str, str] = error.headers or {}
    words, ours = _words(error.body), any(name.lower().startswith("x-influxdb") for name in headers)
    return Answered(
        error.status, words or error.reason or "", ours=ours, wait=_wait(headers.get("Retry-After"))
    )


def _words(body: str | bytes | None) -> str:
    """What an answer says; 2.x has it in `message`, 1.x and 3.x in `error`."""
    try:
        said = json.loads(body or "")
    except ValueError:
        return str(body or "")
    if isinstance(said, dict):
        return str(said.get("message") or said.get("error") or body)
    return str(body)


def _wait(retry_after: str | None) -> Duration | None:
    """Seconds; the other form, a date, is as good as none."""
    return Duration(int(retry_after) * SECOND) if retry_after and retry_after.strip().isdecimal() else None


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _silent(where: str, why: object, remedy: str) -> Unavailable:
    return Unavailable(f"InfluxDB at {where} does not answer: {_short(str(why))}; {remedy}")
