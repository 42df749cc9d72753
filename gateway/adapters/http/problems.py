"""Errors as RFC 9457 problem documents: which field, what is wrong with it, what to do.

Every error that leaves the API has this shape, those of the framework and our own bugs too. Below the address of EPCIS
its `type` is the standard's, whoever raised it. Values that were sent are told again as JSON text only, cut short:
never as markup, and never a secret, for of headers only those of EPCIS are told.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from gateway.epcis import problems as standard
from gateway.epcis.negotiation import LIMITS
from gateway.epcis.problems import Class, Invalid, class_of
from gateway.ports.state import Unavailable
from gateway.service.operators import NoSuchAlert, NotOpen
from gateway.service.queries.paging import BadCursor
from gateway.service.queries.whole import Unknown

MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:returns-gateway:problem:"
_EPCIS: Final = "/epcis/"
_QUERIES: Final = "/epcis/v2/queries/"
_LONGEST: Final = 200
_MOST_ERRORS: Final = 20


class Wrong(NamedTuple):
    """What is wrong with one field; `place` is `query`, `body` or `header`."""

    place: str
    field: str
    message: str

    def json(self) -> dict[str, Any]:
        return {"in": self.place, "field": self.field, "message": self.message}


class Problem(Exception):
    """An answer that is no success. `kind` names it for programs, `detail` says to people what to do."""

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        detail: str,
        errors: Sequence[Wrong] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """The document, ready for JSON."""
        document: dict[str, Any] = {
            "type": _TYPE + self.kind,
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [each.json() for each in self.errors[:_MOST_ERRORS]]
        return document

    def response(self) -> Response:
        return _Answer(self)


class Unfit(Problem):
    """A problem in the standard's words."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(HTTPStatus(document["status"]), document["type"], document["detail"])
        self._document = document

    def document(self) -> dict[str, Any]:
        return dict(self._document)


class _Answer(Response):
    """A problem on its way to whoever asked: only when it is sent is it known at which address."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(status_code=problem.status.value, media_type=MEDIA_TYPE)
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        document = self._problem.document()
        headers = {**self._problem.headers, "Cache-Control": "no-store"}
        if scope["path"].startswith(_EPCIS):
            kind = _exception(document, scope["path"])
            document["type"] = kind.value
            headers |= LIMITS if kind is Class.LIMIT else {}
        await Response(to_json(document), self.status_code, headers, MEDIA_TYPE)(scope, receive, send)


def _exception(document: Mapping[str, Any], path: str) -> Class:
    """Which of the standard's exceptions a problem is, whoever raised it."""
    if not document["type"].startswith(_TYPE):
        return Class(document["type"])
    kind = class_of(document["status"])
    return Class.NO_NAME if kind is Class.NO_RESOURCE and path.startswith(_QUERIES) else kind


def wrong_field(place: str, field: str, message: str) -> Problem:
    """One field is wrong."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid",
        f"{field} {message}",
        [Wrong(place, field, message)],
    )


def not_found(detail: str) -> Problem:
    """What was asked for is not there."""
    return Problem(HTTPStatus.NOT_FOUND, "not-found", detail)


def unfit(kind: Class, detail: str) -> Unfit:
    """A problem of EPCIS that only HTTP has, and so the reading of documents does not know."""
    return Unfit(standard.Problem(detail, kind=kind).document())


def unavailable(detail: str, after_s: int = 1) -> Problem:
    """It cannot be answered now, and can be soon."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, headers={"Retry-After": str(after_s)}
    )


def handle_errors(app: FastAPI) -> None:
    """Let every error of an app become a problem document."""

    def translated(_request: Request, error: Exception) -> Response:
        return problem_of(error).response()

    for kind in (
        Problem,
        HTTPException,
        RequestValidationError,
        Unavailable,
        NoSuchAlert,
        NotOpen,
        Unknown,
        BadCursor,
        Invalid,
        Exception,
    ):
        app.add_exception_handler(kind, translated)


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is; one that nobody foresaw is a bug of ours."""
    match error:
        case Problem():
            return error
        case HTTPException():
            return _framework(error)
        case RequestValidationError():
            return _invalid(error)
        case Unavailable():
            return unavailable(f"the state store cannot serve now ({error}); try again")
        case NoSuchAlert() | Unknown():
            return not_found(str(error))
        case NotOpen():
            return Problem(HTTPStatus.CONFLICT, "not-open", str(error))
        case BadCursor():
            return wrong_field("query", "cursor", str(error))
        case Invalid():
            return _unfit(error)
        case _:
            return Problem(
                HTTPStatus.INTERNAL_SERVER_ERROR, "bug", "this is a bug of ours; its traceback is in the log"
            )


def _unfit(invalid: Invalid) -> Unfit:
    """What was found wrong: the first of it in the problem itself, all of it in its `errors`."""
    documents = [each.document() for each in invalid.problems[:_MOST_ERRORS]]
    return Unfit({**documents[0], "errors": documents})


def _framework(error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST:  # what the framework says of bytes that are no text
        return wrong_field("body", "body", "is no JSON in UTF-8; send that")
    said = {
        HTTPStatus.NOT_FOUND: "there is nothing at this address; see /api/openapi.json",
        HTTPStatus.METHOD_NOT_ALLOWED: "this address knows other methods; see Allow",
    }
    kind = status.phrase.lower().replace(" ", "-")
    return Problem(status, kind, said.get(status, str(error.detail)), headers=dict(error.headers or {}))


def _invalid(error: RequestValidationError) -> Problem:
    wrongs = [_wrong(each) for each in error.errors()]
    first = wrongs[0]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", f"{first.field}: {first.message}", wrongs)


def _wrong(error: Mapping[str, Any]) -> Wrong:
    place, *path = (str(each) for each in error["loc"])
    if error["type"] == "json_invalid":
        return Wrong("body", "body", f"is no JSON at character {'.'.join(path)}; send JSON")
    field = ".".join(path) or place
    return Wrong(place, field[:_LONGEST], f"{error['msg']}"[:_LONGEST])
