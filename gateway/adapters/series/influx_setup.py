"""Making what an InfluxDB needs to have: buckets with their retention, the task that downsamples, and tokens.

Asked again it changes only what is otherwise than it should be, and says in words what it found and did. It needs a
token that may do all this; the gateway gets one that may only write.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from gateway.adapters.series.influx_downsampling import TASK, downsampling
from gateway.adapters.series.influx_http import Answered, Asked, Door
from gateway.adapters.series.influx_options import InfluxOptions
from gateway.adapters.series.influx_refusals import not_now
from gateway.ports.series import Unavailable
from gateway.tracking.instants import DAY, SECOND, Duration

_LONG: Final = "_long"
_MOST: Final = 100
"""What a page of the API lists at most."""


class Keeping(NamedTuple):
    """How long points are kept, and what is made of them for years; 0: for ever."""

    points: Duration
    years: Duration


class InfluxSetup:
    """Sets up one bucket, and the one beside it. All that it does returns words about it.

    Raises, from each of its methods:
        Unavailable: it cannot be reached, or the token may not do this.
    """

    def __init__(self, options: InfluxOptions) -> None:
        self._options = options
        self._door = Door(options)
        self._long = options.bucket + _LONG

    def buckets(self, keeping: Keeping) -> Iterator[str]:
        """The bucket, the one for years, and the task that fills it."""
        yield self._bucket(self._options.bucket, keeping.points)
        yield self._bucket(self._long, keeping.years)
        yield self._task()

    def tokens(self, folder: Path) -> Iterator[str]:
        """Tokens in files that only their owner reads: `gateway.token` writes, `grafana.token` reads."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        main, long = (self._id_of(name) for name in (self._options.bucket, self._long))
        yield self._token(folder / "gateway.token", "write", [main])
        yield self._token(folder / "grafana.token", "read", [main, long])

    def close(self) -> None:
        self._door.close()

    def _bucket(self, name: str, keep: Duration) -> str:
        seconds = keep // SECOND
        rules = [{"type": "expire", "everySeconds": seconds}] if seconds else []
        found = self._listed("buckets", {"name": name, "org": self._options.org})
        if not found:
            self._ask("POST", "buckets", {"orgID": self._org(), "name": name, "retentionRules": rules})
            return f"bucket {name}: made; keeps points {_span(seconds)}"
        now = sum(rule["everySeconds"] for rule in found[0]["retentionRules"])
        if now == seconds:
            return f"bucket {name}: is there; keeps points {_span(seconds)}"
        # An empty list would leave it as it is: for ever is a rule of no seconds.
        changed = {"retentionRules": [{"type": "expire", "everySeconds": seconds}]}
        self._ask("PATCH", f"buckets/{found[0]['id']}", changed)
        return f"bucket {name}: keeps points {_span(seconds)} from now on, and not {_span(now)}"

    def _task(self) -> str:
        name = TASK.format(bucket=self._options.bucket)
        flux = downsampling(self._options.org, self._options.bucket, self._long)
        found = self._listed("tasks", {"name": name, "org": self._options.org})
        if not found:
            self._ask("POST", "tasks", {"orgID": self._org(), "flux": flux})
            return f"task {name}: made; runs each night"
        if (found[0]["flux"], found[0]["status"]) == (flux, "active"):
            return f"task {name}: is there; runs each night"
        self._ask("PATCH", f"tasks/{found[0]['id']}", {"flux": flux, "status": "active"})
        return f"task {name}: put right; runs each night"

    def _token(self, file: Path, action: str, buckets: list[str]) -> str:
        org = self._org()
        wanted = {(action, bucket) for bucket in buckets}
        known = file.read_text(encoding="utf-8").strip() if file.exists() else None
        for each in self._listed("authorizations", {"orgID": org}):
            if each.get("token") == known and each["status"] == "active" and _allowed(each) == wanted:
                return f"token {file}: is there; may {action} and nothing else"
        made = self._ask(
            "POST",
            "authorizations",
            {
                "orgID": org,
                "description": f"returns-gateway: {action} {self._options.bucket}",
                "permissions": [
                    {"action": action, "resource": {"type": "buckets", "id": bucket, "orgID": org}}
                    for bucket in buckets
                ],
            },
        )
        _write_secret(file, made["token"])
        return f"token {file}: made; may {action} and nothing else"

    def _org(self) -> str:
        found = self._listed("orgs", {"org": self._options.org})
        if not found:
            raise Unavailable(
                f"InfluxDB at {self._options.address} has no organisation {self._options.org}, or its token may not"
                " see it; correct org in series.url, or give a token that may do everything"
            )
        return str(found[0]["id"])

    def _id_of(self, bucket: str) -> str:
        (found,) = self._listed("buckets", {"name": bucket, "org": self._options.org})
        return str(found["id"])

    def _listed(self, what: str, which: Mapping[str, str]) -> list[dict[str, Any]]:
        """What there is of it; of buckets and organisations that are not there, it says 404."""
        asked = Asked("GET", f"/api/v2/{what}", {**which, "limit": str(_MOST)})
        try:
            found: list[dict[str, Any]] = self._door.ask(asked).data[what]
        except Answered as answered:
            if answered.status == 404 and "page not found" in answered.words:
                raise Unavailable(
                    f"what answers at {self._options.address} has no {what} to set up: it is no InfluxDB 2;"
                    " make its database with its own tools"
                ) from answered
            if answered.status == 404 and answered.ours:
                return []
            raise not_now(answered, self._options) from answered
        return found

    def _ask(self, method: str, path: str, body: Mapping[str, object]) -> Any:
        try:
            return self._door.ask(Asked(method, f"/api/v2/{path}", body=body)).data
        except Answered as answered:
            raise not_now(answered, self._options) from answered


def _allowed(authorization: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(each["action"], each["resource"].get("id", "")) for each in authorization["permissions"]}


def _span(seconds: int) -> str:
    return f"{seconds * SECOND // DAY} days" if seconds else "for ever"


def _write_secret(file: Path, secret: str) -> None:
    """A new file in one step, so that nobody reads half a secret, or reads it at all."""
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:  # noqa: PTH123
        opened.write(secret + "\n")
    beside.replace(file)
