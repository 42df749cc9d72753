"""Prepared EPCIS events → facts: each is a message of its device, and goes through the ordinary intake.

Beside its payload a message keeps the event as it came (field `epcis`), so that it can be told as it came. An event
that moves no journey is kept as well, as an event of its own kind, which the rules never see. Whoever calls commits
the unit, or takes it back.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from gateway.epcis.extensions import CONTEXT, DEVICE
from gateway.epcis.linking import linked
from gateway.epcis.names import EventName, our_event
from gateway.epcis.problems import Class, Problem
from gateway.epcis.reading import Said, Sender
from gateway.epcis.telling import KEPT, as_it_came
from gateway.ports.captures import CaptureUnit, Mention, Placed
from gateway.ports.rows import EventRow, Identity
from gateway.service import admission
from gateway.service.admission import Terrain
from gateway.service.epcis.preparing import Prepared
from gateway.service.intake import Message, Taken, take
from gateway.tracking.instants import Instant, instant, rfc3339
from gateway.wire.faults import Reason
from gateway.wire.receipt import Result, render
from gateway.wire.topics import LARGEST, Channel

UNMOVED: Final = "epcis"
"""What kind of event one is that moves no journey."""
OF: Final = "of"
"""In the field `epcis` of a further scan of one event: the id of its first."""
_STANDARD: Final = "https://ref.gs1.org/standards/epcis/"


class Note(NamedTuple):
    """An event that was captured and moves no journey, and why."""

    event: int
    detail: str


class Captured(NamedTuple):
    """What became of events: problems of those not captured, notes of those that move nothing, what intake did."""

    problems: Sequence[Problem]
    notes: Sequence[Note]
    taken: Taken | None


def take_in(
    unit: CaptureUnit, terrain: Terrain, events: Sequence[Prepared], sender: Sender, now: Instant
) -> Captured:
    """Take events in as one batch at `now`; intake keeps in quarantine what it refuses."""
    return _Taking(unit, terrain, sender, now).take(events)


class _Taking:
    def __init__(self, unit: CaptureUnit, terrain: Terrain, sender: Sender, now: Instant) -> None:
        self._unit = unit
        self._terrain = terrain
        self._sender = sender
        self._now = now
        self._known: Mapping[Identity, Placed] = {}
        self._problems: list[Problem] = []
        self._notes: list[Note] = []
        self._messages: list[tuple[Prepared, Message]] = []
        self._unmoved: dict[Identity, EventRow] = {}
        self._mentions: list[Mention] = []

    def take(self, events: Sequence[Prepared]) -> Captured:
        self._known = self._unit.events_by({_identity(each.entry.name) for each in events})
        seen: dict[Identity, Mapping[str, Any]] = {}
        for each in events:
            identity = _identity(each.entry.name)
            if self._clashes(each, seen.setdefault(identity, each.event)):
                detail = f"an event {each.entry.uri} was captured before and said otherwise; give this one another id"
                self._problems.append(_problem(each, detail, "eventID", Class.EXISTS))
            else:
                self._admit(each)
        self._unit.add_events(list(self._unmoved.values()))
        taken = self._take_messages()
        self._unit.add_mentions(list(dict.fromkeys(self._mentions)))
        return Captured(self._problems, self._notes, taken)

    def _clashes(self, each: Prepared, first: Mapping[str, Any]) -> bool:
        """Whether the id belongs to another event; an error may be declared again, in other words."""
        if "errorDeclaration" in each.event or (self._sender.restoring and our_event(each.entry.uri)):
            return False
        known = self._known.get(_identity(each.entry.name))
        if known is not None:
            came = as_it_came(from_json(known.event.payload), each.entry.name)
            first = came.event if came is not None else {}
        before, now = _said(first), _said(each.event)
        # We tell EPCs as Digital Links to whoever asks for these, and they may send what we told.
        return before != now and linked(before) != linked(now)

    def _admit(self, each: Prepared) -> None:
        entry = each.entry
        why = entry.why
        if entry.messages and entry.at < self._now - self._terrain.network.defaults.max_age:
            if "errorDeclaration" in each.event:
                # A mistake is taken back however long ago it was declared one: what counts is that it is.
                each = _said_at(each, self._now)
            else:
                why = "it was too long ago to move a journey"
        if why is not None:
            self._keep(each, why)
            return
        messages = list(self._spelt(each))
        large = max(len(message.payload) for message in messages)
        if large > LARGEST:
            detail = f"the event takes {large} bytes, and {LARGEST} are allowed; send it as several events"
            self._problems.append(_problem(each, detail, None, Class.LIMIT))
            return
        self._messages += [(each, message) for message in messages]
        self._mention(each)

    def _spelt(self, each: Prepared) -> Iterator[Message]:
        first = each.entry.messages[0].payload["id"]
        for number, said in enumerate(each.entry.messages):
            kept = {OF: first} if number else _kept(each, said, self._sender)
            payload = {**said.payload, KEPT: kept} if kept else said.payload
            topic = f"device/{said.channel.id}/{said.channel.what}"
            received_at = Instant(self._now + len(self._messages) + number)
            yield Message(topic, to_json(payload), received_at)

    def _keep(self, each: Prepared, why: str) -> None:
        """Keep an event that moves nothing, if its device may speak at all."""
        entry, network = each.entry, self._terrain.network
        channel = Channel("device", entry.name.device, "scan")
        fault = admission.stranger(channel, network)
        if fault is not None:
            self._problems.append(_problem(each, fault.message, None, Class.SECURITY))
            return
        if entry.at > self._now + network.defaults.max_future:
            detail = f"eventTime {each.event['eventTime']} is in the future; correct the clock, or the time"
            self._problems.append(_problem(each, detail, "eventTime"))
            return
        payload = {"id": entry.name.id, "at": rfc3339(entry.at), KEPT: {**_whole(each), "why": why}}
        identity = _identity(entry.name)
        if identity not in self._known:
            self._unmoved[identity] = EventRow(
                identity,
                UNMOVED,
                entry.at,
                self._now,
                to_json(payload).decode(),
                render(Result(entry.name.id, "accepted")),
            )
        self._notes.append(Note(each.number, why))
        self._mention(each, "")

    def _mention(self, each: Prepared, *more: str) -> None:
        entry = each.entry
        key = (instant(each.event["eventTime"]), entry.name.id, entry.name.device)
        names = (*entry.mentions, *more, *(("",) if "errorDeclaration" in each.event else ()))
        self._mentions += [Mention(name, key) for name in names]

    def _take_messages(self) -> Taken | None:
        if not self._messages:
            return None
        taken = take(self._unit, self._terrain, [message for _, message in self._messages], self._now)
        for (each, _), answer in zip(self._messages, taken.answers, strict=True):
            for rendered in answer.results:
                result = from_json(rendered)
                if result["result"] == "quarantined":
                    reason = Reason(result["reason"])
                    kind, field = _KINDS.get(reason, Class.VALIDATION), _FIELDS.get(reason)
                    self._problems.append(_problem(each, str(result["message"]), field, kind))
        return taken


_KINDS: Final[Mapping[Reason, Class]] = {
    Reason.UNKNOWN_DEVICE: Class.SECURITY,
    Reason.NOT_ALLOWED: Class.SECURITY,
    Reason.TOO_LARGE: Class.LIMIT,
}
_FIELDS: Final[Mapping[Reason, str]] = {Reason.FUTURE_TIME: "eventTime", Reason.NOT_ALLOWED: "readPoint"}
"""What of an event is at fault, where intake names what it made of it."""


def _said_at(each: Prepared, at: Instant) -> Prepared:
    (said,) = each.entry.messages
    said = said._replace(payload={**said.payload, "at": rfc3339(at)})
    return each._replace(entry=each.entry._replace(at=at, messages=(said,)))


def _identity(name: EventName) -> Identity:
    return Identity(f"device/{name.device}", name.id)


def _problem(each: Prepared, detail: str, field: str | None, kind: Class = Class.VALIDATION) -> Problem:
    where = ".".join(part for part in (each.path, field) if part)
    value = each.event.get(field, ...) if field is not None else ...
    return Problem(detail, where or None, value, kind, each.number)


def _kept(each: Prepared, said: Said, sender: Sender) -> dict[str, Any]:
    """What to keep of the event as it came: nothing where it is an export's, which our own words say as well."""
    ours = sender.restoring and our_event(each.entry.uri) is not None
    return {} if ours and "voids" not in said.payload else _whole(each)


def _whole(each: Prepared) -> dict[str, Any]:
    own = [context for context in each.context if not _ours(context)]
    return {"event": _said(each.event), **({"context": own} if own else {})}


def _said(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event without whose it is, which an export adds."""
    return {name: value for name, value in event.items() if name != DEVICE}


def _ours(context: Any) -> bool:
    """Whether what we write declares it anyhow."""
    return context in CONTEXT or (isinstance(context, str) and context.startswith(_STANDARD))
