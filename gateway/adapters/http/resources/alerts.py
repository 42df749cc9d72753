"""Alerts: the list, one whole, and what operators do about it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.adapters.http.answers import answer, page
from gateway.adapters.http.desk import Act, Desk
from gateway.adapters.http.models.alerts import (
    AlertListed,
    AlertPage,
    AlertWhole,
    Commenting,
    Saying,
    Snoozing,
)
from gateway.adapters.http.problems import Problem, wrong_field
from gateway.adapters.http.resources.asked import AlertsAsked, checked, goods_id, problems, unchanged
from gateway.ports.desk import DeskUnit
from gateway.ports.rows import AlertRow
from gateway.service import operators
from gateway.service.operators import NoSuchAlert
from gateway.service.queries import alerts
from gateway.service.queries.open_alerts import Asked
from gateway.service.queries.paging import as_ending, as_rank, key_of
from gateway.service.queries.zones import zones
from gateway.tracking.instants import Instant, duration, instant

AlertId = Annotated[
    str, Path(pattern=r"^[0-9A-Za-z]{1,40}$", description="As alerts are listed.", examples=["01KAQ3V8ZK"])
]
_Do = Callable[[DeskUnit, str, Instant, str], AlertRow]
_ROOT: Final = "/api/v1/alerts/{alert_id}"


def add(router: APIRouter, desk: Desk) -> None:
    """The routes of alerts."""
    _views(router, desk)
    _acts(router, desk)


def _views(router: APIRouter, desk: Desk) -> None:
    @router.get("/api/v1/alerts", response_model=AlertPage, responses=unchanged(), tags=["alerts"])
    def listed(request: Request, asked: Annotated[AlertsAsked, Query()]) -> Response:
        """List alerts: those open worst first, or those resolved the latest first."""
        wanted, now = _asked(asked), desk.now()
        with desk.reader() as unit:
            if asked.state == "open":
                rank = key_of(asked.cursor, as_rank)
                found = alerts.open_now(unit, desk.open_alerts, wanted, rank, asked.limit)
            else:
                ending = key_of(asked.cursor, as_ending)
                found = alerts.resolved(unit, wanted, ending, asked.limit)
            items = alerts.listed(unit, found.page.items, now)
        counts = {"total": found.total, "severities": found.severities}
        return answer(request, page(items, found.page.after, desk.network, **counts))

    @router.get(_ROOT, response_model=AlertWhole, responses=unchanged(404), tags=["alerts"])
    def one(request: Request, alert_id: AlertId) -> Response:
        """Tell all about an alert, with its history."""
        now = desk.now()
        with desk.reader() as unit:
            row = unit.alert(alert_id.upper())
            if row is None:
                raise NoSuchAlert(alert_id)
            told = {**alerts.described(unit, row, now), "history": alerts.history(unit, row)}
        return answer(request, {**told, "zones": zones(told, desk.network)}, tag_of(told))


def _asked(asked: AlertsAsked) -> Asked:
    return Asked(
        asked.kind,
        asked.severity,
        asked.site,
        asked.route,
        None if asked.subject is None else goods_id(asked.subject, "subject"),
        None if asked.container is None else goods_id(asked.container, "container"),
        asked.q,
    )


def tag_of(told: dict[str, Any]) -> str:
    """The entity tag of an alert: it changes with its version, and when a snooze ends."""
    return f'"{told["version"]}-{told["state"]}"'


def _acts(router: APIRouter, desk: Desk) -> None:
    answers = problems(404, 409, 412, 413)

    @router.post(f"{_ROOT}/acknowledge", response_model=AlertListed, responses=answers, tags=["alerts"])
    def acknowledge(request: Request, alert_id: AlertId, said: Saying | None = None) -> Response:
        """Say that somebody takes care of it: it stays open and stops escalating."""
        return _act(desk, request, alert_id, said, operators.acknowledge)

    @router.post(f"{_ROOT}/resolve", response_model=AlertListed, responses=answers, tags=["alerts"])
    def resolve(request: Request, alert_id: AlertId, said: Saying | None = None) -> Response:
        """Say that it is dealt with; where what it says still holds, it stays quiet until that has ended once."""
        return _act(desk, request, alert_id, said, operators.resolve)

    @router.post(f"{_ROOT}/snooze", response_model=AlertListed, responses=answers, tags=["alerts"])
    def snooze(request: Request, alert_id: AlertId, said: Snoozing) -> Response:
        """Let it notify nobody for a time; it stays open."""
        end = _end(said)

        def do(unit: DeskUnit, id_: str, now: Instant, by: str) -> AlertRow:
            field = "for" if said.until is None else "until"
            row: AlertRow = checked(field, "body", lambda: operators.snooze(unit, id_, end(now), now, by))
            return row

        return _act(desk, request, alert_id, said, do)

    @router.post(f"{_ROOT}/comment", response_model=AlertListed, responses=answers, tags=["alerts"])
    def comment(request: Request, alert_id: AlertId, said: Commenting) -> Response:
        """Add a comment, to a resolved alert too."""
        return _act(desk, request, alert_id, Saying(comment=said.text), None)


def _act(desk: Desk, request: Request, alert_id: str, said: Saying | None, do: _Do | None) -> Response:
    """Act on the alert and add the comment, if there is one, as the caller."""
    id_ = alert_id.upper()
    text = said.comment if said is not None else None
    name = request.url.path.rpartition("/")[2]
    details = {} if said is None else said.model_dump(mode="json", exclude={"comment"}, exclude_none=True)

    def both(unit: DeskUnit, caller: Any, now: Instant) -> dict[str, Any]:
        _check_unchanged(request, unit, id_, now)
        row = None if do is None else do(unit, id_, now, caller.name)
        if text is not None:
            field = "comment" if do is not None else "text"
            row = checked(field, "body", lambda: operators.comment(unit, id_, text, now, caller.name))
        if row is None:
            raise NoSuchAlert(id_)
        return alerts.described(unit, row, now)

    return desk.act(request, Act(f"alert_{name}", id_, text, details), both)


def _check_unchanged(request: Request, unit: DeskUnit, id_: str, now: Instant) -> None:
    """Where the asker says which version they have seen, see that it still is (RFC 9110, 13.1.1)."""
    seen = request.headers.get("If-Match")
    row = unit.alert(id_) if seen is not None and seen != "*" else None
    if row is not None and seen is not None:
        tags = {each.strip() for each in seen.split(",")}
        if tag_of(alerts.described(unit, row, now)) not in tags:
            raise Problem(
                HTTPStatus.PRECONDITION_FAILED, "changed", "the alert has changed since; look at it again"
            )


def _end(said: Snoozing) -> Callable[[Instant], Instant]:
    """When a snooze that begins now ends.

    Raises:
        Problem: it is not clear.
    """
    if (said.until is None) == (said.span is None):
        raise wrong_field("body", "for", "or until is to be given, one of them: 4h, or 2026-11-23T08:00:00Z")
    if said.until is not None:
        until = said.until
        at: Instant = checked("until", "body", lambda: instant(until))
        return lambda _: at
    span = said.span or ""
    length = checked("for", "body", lambda: duration(span))
    return lambda now: Instant(now + length)
