"""The bytes of a document → events that are right by themselves, each with its id and with what it says.

Nothing here looks at what is known already, or at who may say it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from gateway.epcis.documents import Placed, read
from gateway.epcis.hashing import event_hash
from gateway.epcis.places import Places
from gateway.epcis.problems import Invalid, Problem
from gateway.epcis.reading import Entry, Sender, entry
from gateway.epcis.validation import envelope_problems, event_problems
from gateway.epcis.words import bare

MOST_TOLD: Final = 200
"""Problems, and notes, told of one document."""


class Prepared(NamedTuple):
    """An event that is right by itself. `event` has its `eventID`; `context` is what its terms are to be read by."""

    number: int
    path: str
    event: Mapping[str, Any]
    context: Any
    entry: Entry


class Preparation(NamedTuple):
    """A document's events that are right, and what is wrong with the others."""

    prepared: Sequence[Prepared]
    problems: Sequence[Problem]
    events: int


def prepare(body: bytes, sender: Sender, places: Places) -> Preparation:
    """All events of a document, each judged by itself.

    Raises:
        Invalid: it is no document, or wrong around its events.
    """
    document = read(body)
    around = envelope_problems(document)
    if around:
        raise Invalid(around)
    prepared: list[Prepared] = []
    problems: list[Problem] = []
    for placed in document.events:
        try:
            prepared.append(
                prepared_event(placed, document.context, sender, places, alone=document.envelope is None)
            )
        except Invalid as invalid:
            problems += [problem._replace(event=placed.number) for problem in invalid.problems]
    return Preparation(prepared, problems[:MOST_TOLD], len(document.events))


def prepared_event(placed: Placed, context: Any, sender: Sender, places: Places, *, alone: bool) -> Prepared:
    """One event of a document whose @context is `context`.

    Raises:
        Invalid: it is not valid, or an EPC in it is none.
    """
    event = bare(placed.event)
    problems = event_problems(placed._replace(event=event), alone=alone)
    if problems:
        raise Invalid(problems)
    event.pop("recordTime", None)  # when it was recorded here is ours to say
    own = event.pop("@context", None)
    contexts = _contexts(context, own)
    uri = event.get("eventID") or event_hash(event, contexts)
    event["eventID"] = uri
    return Prepared(
        placed.number, placed.path, event, contexts, entry(event, uri, sender, places, placed.path)
    )


def _contexts(*given: Any) -> list[Any]:
    found: list[Any] = []
    for each in given:
        for context in each if isinstance(each, list) else [each]:
            if context is not None and context not in found:
                found.append(context)
    return found
