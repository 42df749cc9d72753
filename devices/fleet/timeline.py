"""What a scenario is made of: what happens and is reported, and what is true of it. Instants are microseconds UTC."""

from typing import Any, Final, Literal, NamedTuple

from gateway.tracking.instants import Instant

FOREVER: Final = Instant(2**62)

Subject = tuple[str, str]
"""Its kind (`return`, `container`, `device`) and its id."""


class Happening(NamedTuple):
    """What a device or source reports, as it would honestly: `sender` is `device/<id>` or `source/<id>`.

    `body` is the payload without `id` and `at`; `about` are the items and the container that it is evidence of.
    """

    at: Instant
    sender: str
    what: Literal["scan", "position", "status", "announce"]
    body: dict[str, Any]
    about: tuple[str, ...] = ()


class Truth(NamedTuple):
    """A deviation that is true from `begins` to `ends` (not included; `FOREVER`: to the last), by full knowledge.

    `mark` is the stop or the sensor that it is about. `since` is the deviation's as it begins. Not `audible`: another
    one speaks for it (tracking.md, "one cause, one alert").
    """

    subject: Subject
    kind: str
    mark: int | str | None
    since: Instant
    begins: Instant
    ends: Instant
    severity: int
    audible: bool = True


class Sight(NamedTuple):
    """A sighting. `own`: by a scan of the subject itself or, of a container, its tracker; else inherited."""

    at: Instant
    site: str
    step: str
    own: bool = True
