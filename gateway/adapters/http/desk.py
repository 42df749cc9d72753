"""What every resource of the API needs, made once: the state store, the network of today, the clock, the way to act.

A view is read in one snapshot; an action is one unit of the state store, with its line in the audit trail, and, where
the request has an idempotency key, with its answer, so that a repetition is answered and not done again.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from fastapi import Request, Response

from gateway.adapters.http.answers import json_bytes, json_response
from gateway.adapters.http.capturing import Capturing
from gateway.adapters.http.gate import Caller, caller_of
from gateway.adapters.http.outside import Outside
from gateway.adapters.http.pace import Pace, Spent
from gateway.adapters.http.problems import Problem, wrong_field
from gateway.ports.access import AnsweredRow, AuditRow
from gateway.ports.desk import DeskUnit
from gateway.service.admission import Terrain
from gateway.service.queries.open_alerts import OpenAlerts
from gateway.tracking.instants import Instant
from gateway.tracking.plan import Network

KEY_HEADER: Final = "Idempotency-Key"
_LONGEST_KEY: Final = 128


class Act(NamedTuple):
    """An action: what it is called in the trail, to what, and why."""

    name: str
    target: str
    why: str | None = None
    details: Mapping[str, Any] = {}


class Desk:
    """For any thread."""

    def __init__(self, outside: Outside) -> None:
        self.state = outside.state
        self.clock = outside.clock
        self.line = outside.line
        self.parts = outside.parts
        self.counts = outside.counts
        self.open_alerts = OpenAlerts()
        self.spent = Spent()
        self.pace = Pace(outside.counts, self.spent)
        self.capturing = Capturing(outside.state, outside.terrain, outside.clock.now, outside.acted)
        self._terrain = outside.terrain
        self._acted = outside.acted

    @property
    def terrain(self) -> Terrain:
        return self._terrain()

    @property
    def network(self) -> Network:
        return self._terrain().network

    def now(self) -> Instant:
        return self.clock.now()

    @contextmanager
    def reader(self) -> Iterator[DeskUnit]:
        """A snapshot of the state store, on a connection of its own."""
        with self.state.reader() as unit:
            yield unit

    def act(
        self, request: Request, act: Act, do: Callable[[DeskUnit, Caller, Instant], dict[str, Any]]
    ) -> Response:
        """Do something in one unit; `do` gives the answer.

        Raises:
            Problem: the idempotency key was used for something else.
        """
        caller, now = caller_of(request), self.now()
        key = idempotency_key(request)
        asked = _digest(request.method, request.url.path, act)
        with self.state.unit() as unit:
            before = unit.answered(caller.token, key) if key is not None else None
            if before is not None:
                return _repeated(before, asked)
            answer = do(unit, caller, now)
            self.record(unit, caller, act, now)
            if key is not None:
                body = json_bytes(answer).decode()
                unit.put_answered(AnsweredRow(caller.token, key, asked, HTTPStatus.OK, body, now))
        self._acted()
        return json_response(answer)

    def record(self, unit: DeskUnit, caller: Caller, act: Act, now: Instant) -> None:
        """Write who did what into the trail."""
        details = json.dumps(act.details, ensure_ascii=False)
        unit.add_audit(AuditRow(now, caller.name, caller.role.value, act.name, act.target, act.why, details))


def idempotency_key(request: Request) -> str | None:
    """The key of the request, if it has one.

    Raises:
        Problem: it is none.
    """
    key = request.headers.get(KEY_HEADER)
    if key is not None and not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        raise wrong_field("header", KEY_HEADER, f"is to be 1 to {_LONGEST_KEY} printable ASCII characters")
    return key


def _digest(method: str, path: str, act: Act) -> str:
    return sha256(json.dumps([method, path, act.why, act.details], sort_keys=True).encode()).hexdigest()


def _repeated(before: AnsweredRow, asked: str) -> Response:
    if before.request != asked:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "key-reused",
            f"{KEY_HEADER} {before.key!r} was used for another request; make a new one for each",
        )
    return Response(
        before.body, before.status, {"Idempotency-Replayed": "true", "Cache-Control": "no-store"},
        "application/json",
    )  # fmt: skip
