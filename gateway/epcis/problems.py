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
    NO_RESOURCE = "epcisException:NoSuchResourceException"
    NO_NAME = "epcisException:NoSuchNameException"
    NOT_ACCEPTABLE = "epcisException:NotAcceptableException"
    MEDIA_TYPE = "epcisException:UnsupportedMediaTypeException"
    URI_TOO_LONG = "epcisException:URITooLongException"
    IMPLEMENTATION = "epcisException:ImplementationException"


_STATUS = {
    Class.VALIDATION: 400,
    Class.LIMIT: 413,
    Class.PARAMETER: 400,
    Class.TOO_LARGE: 413,
    Class.SECURITY: 403,
    Class.EXISTS: 409,
    Class.NO_RESOURCE: 404,
    Class.NO_NAME: 404,
    Class.NOT_ACCEPTABLE: 406,
    Class.MEDIA_TYPE: 415,
    Class.URI_TOO_LONG: 414,
    Class.IMPLEMENTATION: 500,
}
_BY_STATUS = {
    400: Class.VALIDATION,
    401: Class.SECURITY,
    403: Class.SECURITY,
    404: Class.NO_RESOURCE,
    406: Class.NOT_ACCEPTABLE,
    409: Class.EXISTS,
    413: Class.LIMIT,
    414: Class.URI_TOO_LONG,
    415: Class.MEDIA_TYPE,
    422: Class.VALIDATION,
    429: Class.SECURITY,
}
"""429 is what whoever tries wrong tokens is told. What is not here the bindings have one word for."""
_TITLE = {
    Class.VALIDATION: "The document or one of its events is not valid",
    Class.LIMIT: "More than may be captured at once",
    Class.PARAMETER: "A query parameter is not valid",
    Class.TOO_LARGE: "The query has more results than may be asked for",
    Class.SECURITY: "The event may not be captured by whoever sent it",
    Class.EXISTS: "An event of this id was captured before, with other content",
    Class.NO_RESOURCE: "Resource not found",
    Class.NO_NAME: "There is no query of this name",
    Class.NOT_ACCEPTABLE: "Conflicting request and response headers",
    Class.MEDIA_TYPE: "Unsupported media type",
    Class.URI_TOO_LONG: "URI too long",
    Class.IMPLEMENTATION: "A server-side error occurred",
}


def class_of(status: int) -> Class:
    """The exception for a problem of which no more is known than its HTTP status."""
    return _BY_STATUS.get(status, Class.IMPLEMENTATION)


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
