"""What could not be accepted: the list, one whole, another try, giving it up."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.adapters.http.answers import answer, page
from gateway.adapters.http.desk import Act, Desk
from gateway.adapters.http.models.events import Correcting, Discarded, Discarding, Entry, Retried
from gateway.adapters.http.models.told import Page
from gateway.adapters.http.problems import Problem, not_found
from gateway.adapters.http.resources.asked import QuarantineAsked, checked, problems, unchanged
from gateway.ports.desk import DeskUnit
from gateway.ports.rows import QuarantineRow
from gateway.service import quarantine
from gateway.service.quarantine import Correction
from gateway.service.queries.paging import as_number, key_of
from gateway.service.queries.quarantine import LONGEST_SHOWN, entries, entry_json
from gateway.tracking.instants import Instant, instant

EntryId = Annotated[str, Path(pattern=r"^[0-9a-f]{1,64}$", description="As entries are listed.")]
_ROOT: Final = "/api/v1/quarantine/{entry_id}"


def add(router: APIRouter, desk: Desk) -> None:
    """The routes of the quarantine."""
    _views(router, desk)
    _acts(router, desk)


def _views(router: APIRouter, desk: Desk) -> None:
    @router.get("/api/v1/quarantine", response_model=Page[Entry], responses=unchanged(), tags=["quarantine"])
    def listed(request: Request, asked: Annotated[QuarantineAsked, Query()]) -> Response:
        """List entries, the latest first."""
        status = None if asked.status == "all" else asked.status
        before = key_of(asked.cursor, as_number)
        with desk.reader() as unit:
            found = entries(unit, status, asked.reason, before, asked.limit)
        items = [entry_json(each.row, LONGEST_SHOWN) for each in found.items]
        return answer(request, page(items, found.after, desk.network))

    @router.get(_ROOT, response_model=Entry, responses=unchanged(404), tags=["quarantine"])
    def one(request: Request, entry_id: EntryId) -> Response:
        """Tell all about an entry, its payload whole."""
        with desk.reader() as unit:
            return answer(request, entry_json(_entry(unit, entry_id)))


def _acts(router: APIRouter, desk: Desk) -> None:
    @router.post(
        f"{_ROOT}/retry", response_model=Retried, responses=problems(404, 409, 413), tags=["quarantine"]
    )
    def retry(request: Request, entry_id: EntryId, said: Correcting | None = None) -> Response:
        """Try an entry again, as if received now but with its first time of receipt; perhaps corrected."""
        said = said or Correcting()
        correction = Correction(said.site, _at(said.at))

        def do(unit: DeskUnit, _caller: Any, now: Instant) -> dict[str, Any]:
            row = _not_accepted(unit, entry_id)
            field = "site" if said.site is not None else "at"
            tried: quarantine.Retried = checked(
                field, "body", lambda: quarantine.retry(unit, desk.terrain, row, now, correction)
            )
            return {
                "id": row.id,
                "outcome": tried.outcome,
                "reason": tried.reason,
                "message": tried.message,
            }

        details = {"site": said.site, "at": said.at}
        return desk.act(request, Act("quarantine_retry", entry_id, said.why, details), do)

    @router.post(
        f"{_ROOT}/discard", response_model=Discarded, responses=problems(404, 409, 413), tags=["quarantine"]
    )
    def discard(request: Request, entry_id: EntryId, said: Discarding | None = None) -> Response:
        """Give an entry up. It is kept as long as the settings say, and can still be retried."""

        def do(unit: DeskUnit, _caller: Any, _now: Instant) -> dict[str, Any]:
            row = _not_accepted(unit, entry_id)
            quarantine.discard(unit, [row])
            return {"id": row.id, "status": quarantine.DISCARDED}

        why = said.why if said is not None else None
        return desk.act(request, Act("quarantine_discard", entry_id, why), do)


def _entry(unit: DeskUnit, entry_id: str) -> QuarantineRow:
    row = unit.quarantine_entries((entry_id,)).get(entry_id)
    if row is None:
        raise not_found(f"no entry {entry_id!r}; list the quarantine to see their ids")
    return row


def _not_accepted(unit: DeskUnit, entry_id: str) -> QuarantineRow:
    row = _entry(unit, entry_id)
    if row.status == quarantine.ACCEPTED:
        raise Problem(
            HTTPStatus.CONFLICT, "accepted", f"entry {entry_id} was accepted before; there is nothing to do"
        )
    return row


def _at(text: str | None) -> Instant | None:
    if text is None:
        return None
    at: Instant = checked("at", "body", lambda: instant(text))
    return at
