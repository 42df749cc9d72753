"""The time series in a bucket of InfluxDB 2.7, or of what answers as it does: one write at a time, its answer awaited.

Nothing is queued and nothing is tried again here: what `write` has returned from is stored, all else is `Unavailable`
and the caller's to keep. Times are nanoseconds on the way in and out.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from gateway.adapters.series.influx_answers import answer_of
from gateway.adapters.series.influx_http import Answered, Asked, Door
from gateway.adapters.series.influx_lines import line_of
from gateway.adapters.series.influx_options import InfluxOptions
from gateway.adapters.series.influx_refusals import not_now
from gateway.adapters.series.influx_sorting import written
from gateway.points import Point, fault
from gateway.ports.series import Answer, BadQuery, PartialWrite, Refused, Unavailable
from gateway.tracking.instants import Instant, rfc3339

_LOG = structlog.get_logger(__name__)

_NO_CONTENT: Final = 204
_REFUSED: Final = range(400, 429)
_EARLIEST, _LATEST = "1677-09-21T00:12:43.145224194Z", "2262-04-11T23:47:16.854775806Z"
"""The times that it knows."""


class InfluxSeries:
    """A bucket. Nothing is opened before it is first needed."""

    def __init__(self, options: InfluxOptions) -> None:
        self._options = options
        self._door = Door(options)
        self._place = {"org": options.org, "bucket": options.bucket}

    @property
    def where(self) -> str:
        """For people."""
        return self._options.where

    def setup(self) -> None:
        """Make the bucket if it is not there and the token may; if it may not, writing will say what is wrong."""
        try:
            self._make_bucket()
        except Answered as answered:
            if answered.status not in _REFUSED:
                raise not_now(answered, self._options) from answered
            _LOG.info("series_bucket_not_looked_at", where=self.where, answer=str(answered))

    def write(self, points: Sequence[Point]) -> None:
        refused = [Refused(point, wrong) for point in points if (wrong := fault(point)) is not None]
        bad = {id(each.point) for each in refused}
        try:
            refused += written([point for point in points if id(point) not in bad], self._post)
        except Answered as answered:
            raise not_now(answered, self._options) from answered
        if refused:
            place = {id(point): number for number, point in enumerate(points)}
            raise PartialWrite(sorted(refused, key=lambda each: place[id(each.point)]))

    def forget(self, measurement: str, before: Instant) -> None:
        """Where that is not to be had, what the bucket itself keeps to has to do."""
        try:
            self._delete(_stamp(before * 1000 - 1), {"predicate": f'_measurement="{measurement}"'})
        except Answered as answered:
            if answered.status not in _REFUSED:
                raise not_now(answered, self._options) from answered
            _LOG.info("series_not_forgotten", measurement=measurement, answer=str(answered))

    def wipe(self) -> None:
        try:
            self._delete(_LATEST, {})
        except Answered as answered:
            raise not_now(answered, self._options) from answered

    def close(self) -> None:
        self._door.close()

    def query(self, text: str, now: Instant) -> Answer:
        """Ask it in InfluxQL. What `now()` says there is its own clock's."""
        del now
        asked = {"db": self._options.bucket, "epoch": "ns", "q": text}
        try:
            return answer_of(self._door.ask(Asked("GET", "/query", asked)).data)
        except Answered as answered:
            if answered.status == 400 and answered.ours:
                raise BadQuery(answered.words) from answered
            raise not_now(answered, self._options) from answered

    def _make_bucket(self) -> None:
        bucket, org = self._options.bucket, self._options.org
        if self._found("buckets", {"name": bucket, "org": org}):
            return
        for each in self._found("orgs", {"org": org}):
            made = {"orgID": each["id"], "name": bucket, "retentionRules": []}
            self._door.ask(Asked("POST", "/api/v2/buckets", body=made))
            _LOG.warning(
                "series_bucket_made", where=self.where, remedy="fill it: returns-gateway series rebuild"
            )

    def _found(self, what: str, which: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        """What the API lists; nothing where there is no such thing."""
        try:
            data = self._door.ask(Asked("GET", f"/api/v2/{what}", which)).data
        except Answered as answered:
            if answered.status == 404:
                return ()
            raise
        found: Sequence[Mapping[str, Any]] = data[what]
        return found

    def _post(self, points: Sequence[Point]) -> None:
        if not points:
            return
        lines = "\n".join(map(line_of, points)).encode()
        reply = self._door.ask(Asked("POST", "/api/v2/write", {**self._place, "precision": "ns"}, lines))
        if reply.status != _NO_CONTENT:
            raise Unavailable(
                f"what answers for {self.where} says {reply.status} to a write, which no InfluxDB does;"
                " correct series.url, or the proxy before it"
            )

    def _delete(self, last: str, which: Mapping[str, str]) -> None:
        """Delete points up to and with `last`."""
        body = {"start": _EARLIEST, "stop": last, **which}
        self._door.ask(Asked("POST", "/api/v2/delete", self._place, body, is_long=True))


def _stamp(ns: int) -> str:
    """RFC 3339 with nanoseconds."""
    seconds, fraction = divmod(ns, 1_000_000_000)
    return f"{rfc3339(seconds * 1_000_000).removesuffix('Z')}.{fraction:09d}Z"
