"""What is wrong with a document, an event or a query: field, value, remedy. Nothing here decides."""

from enum import StrEnum
from typing import Any, NamedTuple

from gateway.wire.faults import shown


class Class(StrEnum):
    """The exceptions of the EPCIS 2.0 REST bindings (section 12.8) that we raise; the value is the problem's `type`."""

    VALIDATION = "epcisException:ValidationException"
    LIMIT = "epcisException:CaptureLimitExceededException"
    PARAMETER = "epcisException:QueryParameterException"
    TOO_LARGE = "epcisException:QueryTooLargeException"
    SECURITY = "epcisException:SecurityException"
    EXISTS = "epcisException:ResourceAlreadyExistsException"


_STATUS = {
    Class.VALIDATION: 400,
    Class.LIMIT: 413,
    Class.PARAMETER: 400,
    Class.TOO_LARGE: 413,
    Class.SECURITY: 403,
    Class.EXISTS: 409,
}
_TITLE = {
    Class.VALIDATION: "The document or one of its events is not valid",
    Class.LIMIT: "More than may be captured at once",
    Class.PARAMETER: "A query parameter is not valid",
    Class.TOO_LARGE: "The query has more results than may be asked for",
    Class.SECURITY: "The event may not be captured by whoever sent it",
    Class.EXISTS: "An event of this id was captured before, with other content",
}


_LONGEST = 1_000
"""Characters told: names of fields are anybody's."""


class Problem(NamedTuple):
    """One thing that is wrong. `field` is a dotted path, indices from 0: `epcisBody.eventList.3.bizStep`."""

    detail: str
    field: str | None = None
    value: object = ...
    kind: Class = Class.VALIDATION
    event: int | None = None
    """Which event of the document, from 0."""

    @property
    def status(self) -> int:
        """The HTTP status that says as much."""
        return _STATUS[self.kind]

    def document(self) -> dict[str, Any]:
        """As a problem document of RFC 9457, ready for JSON."""
        found: dict[str, Any] = {
            "type": self.kind.value,
            "title": _TITLE[self.kind],
            "status": self.status,
            "detail": self.detail[:_LONGEST],
        }
        if self.field is not None:
            found["field"] = self.field[:_LONGEST]
        if self.value is not ...:
            found["value"] = shown(self.value)
        if self.event is not None:
            found["event"] = self.event
        return found


class Invalid(ValueError):
    """What was sent is not valid; says why, all of it that was looked for."""

    def __init__(self, problems: "list[Problem]") -> None:
        super().__init__("; ".join(each.detail for each in problems))
        self.problems = problems
