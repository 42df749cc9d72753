"""Bringing what is derived up to date at an instant: assess who is dirty, speak for contents, reconcile alerts.

Takes subjects whose evidence changed or whose time has come, and leaves rows, alerts and outbox rows that agree
with the facts. A subject whose evaluation trips over a bug is set aside and reported; the others go on.
"""

import traceback
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.ports.rows import AlertRow, SubjectRow
from gateway.ports.state import Unavailable, Unit
from gateway.service.alerting import Alerting, Transition
from gateway.service.known import Known
from gateway.service.rows import goods_row, is_shared
from gateway.tracking.alerts import Above, Ledger, Open, Opens, audible, reconcile, taken_on
from gateway.tracking.assessment import Assessment, assess
from gateway.tracking.containment import container_at, held
from gateway.tracking.deviations import Deviation
from gateway.tracking.evidence import Moment, Unpacking
from gateway.tracking.instants import Instant
from gateway.tracking.model import Kind, Subject
from gateway.tracking.plan import Network
from gateway.tracking.receipts import end_of


@dataclass(slots=True)
class Settled:
    """What settling found: the assessments made, the transitions of alerts, and who was set aside with what trace."""

    assessments: dict[str, Assessment] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Settlement:
    """One settling within a unit, at `now`. `memos` are new memos of containers."""

    def __init__(self, unit: Unit, known: Known, network: Network, now: Instant) -> None:
        self._unit = unit
        self._known = known
        self._moment = Moment(known, network, now)
        self._now = now
        self._network = network
        self._rows: dict[str, SubjectRow] = {}
        self._written: dict[str, SubjectRow] = {}
        self._dark = _dark(unit)
        self._relit: dict[str, SubjectRow] = {}
        self._alerting = Alerting(unit, network, now)
        self.done = Settled()

    def others(self, rows: Sequence[SubjectRow]) -> None:
        """Reconcile devices and sites whose rows were just written, and devices whose site went dark or came back.

        Goods that this mutes or unmutes wait for `goods`: at one instant there is one reconciliation of each.
        """
        self._dark, before = _dark(self._unit), self._dark
        changed = before ^ self._dark
        if changed:
            home = [device.id for device in self._network.devices.values() if device.site in changed]
            theirs = self._unit.subjects("device", home).values()
            rows = list({(row.scope, row.id): row for row in (*theirs, *rows)}.values())
            flagged = self._unit.flagged("goods")
            self._relit = {row.id: row for row in flagged if any(_at(each, changed) for each in row.own)}
            self._rows.update(self._relit)
        self._reconcile(rows)

    def goods(self, dirty: Iterable[str], memos: Mapping[str, str] | None = None) -> Settled:
        """Assess these returns and containers; reconcile them, whom they speak for or silence, and who is relit.

        Memos of others than these are kept with what is known of them.
        """
        due = self._with_judged(dirty)
        touched = self._assess(due, memos or {})
        self._keep({id_: memo for id_, memo in (memos or {}).items() if id_ not in due})
        parents = {row.parent for pair in touched for row in pair if row is not None and row.parent}
        parents |= {row.parent for row in self._relit.values() if row.parent}
        moved = [
            after.id for before, after in touched if before is not None and before.parent != after.parent
        ]
        spoken = self._speak(parents, due)
        said_otherwise = [id_ for id_, kinds_changed in spoken.items() if kinds_changed]
        everyone = dict.fromkeys([*due, *self._relit, *spoken, *self._below([*said_otherwise, *moved])])
        self._unit.put_subjects(list(self._written.values()))
        self._reconcile([self._row(id_) for id_ in everyone])
        return self.done

    def _keep(self, memos: Mapping[str, str]) -> None:
        rows = self._known.rows(memos)
        self._rows.update(rows)
        self._written.update((id_, row._replace(memo=memos[id_])) for id_, row in rows.items())

    def _with_judged(self, dirty: Iterable[str]) -> dict[str, None]:
        """These, and the contents of containers in which an unpacking has ended since they were last looked at."""
        found = dict.fromkeys(dirty)
        emptied: dict[str, Instant] = {}
        for row in self._known.rows(found).values():
            ended = self._ended(row)
            if ended:
                since = min(each.begin[0] for each in ended)
                stays = self._unit.contents((row.id,), since).get(row.id, ())
                found.update((stay.item, None) for stay in stays)
                if any(each.all_out for each in ended):
                    emptied.update((stay.item, since) for stay in stays)
        passed: set[str] = set()
        while emptied:
            item, since = emptied.popitem()
            found[item] = None
            if item not in passed and self._known.is_container(item):
                passed.add(item)
                emptied.update(
                    (stay.item, since) for stay in self._unit.contents((item,), since).get(item, ())
                )
        return found

    def _ended(self, row: SubjectRow) -> list[Unpacking]:
        """The unpackings of a container that ended since it was due."""
        if row.kind != "container" or row.look_again is None or row.look_again > self._now:
            return []
        return [
            each
            for each in self._known.unpackings(row.id)
            if row.look_again <= end_of(each, self._network) <= self._now
        ]

    def _row(self, id_: str) -> SubjectRow:
        return self._written.get(id_) or self._rows[id_]

    def _assess(
        self, dirty: Collection[str], memos: Mapping[str, str]
    ) -> list[tuple[SubjectRow | None, SubjectRow]]:
        self._known.prefetch(dirty)
        old = self._known.rows(dirty)
        self._rows.update(old)
        touched: list[tuple[SubjectRow | None, SubjectRow]] = []
        telling: list[str] = []
        for id_ in dirty:
            before = old.get(id_)
            row = self._assessed(id_, before, memos.get(id_, before.memo if before else None))
            self._written[id_] = row
            touched.append((before, row))
            if self._tells(before, row):
                telling.append(id_)
        self._unit.mark_journeys(telling, self._now)
        return touched

    def _tells(self, before: SubjectRow | None, row: SubjectRow) -> bool:
        """Whether a subject has, or had, anything to tell: a journey, where it is, or that it is a container."""
        if row.status is not None or row.kind == "container":
            return True
        return before is not None and (before.status is not None or before.kind == "container")

    def _assessed(self, id_: str, before: SubjectRow | None, memo: str | None) -> SubjectRow:
        try:
            assessment = assess(id_, self._moment)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 # a bug of ours in one journey must not stop the others (invariant 2)
            trace = traceback.format_exc()
            self.done.failed[id_] = trace
            aside = before or SubjectRow("goods", id_, "return")
            return aside._replace(look_again=None, memo=memo, failed=trace)
        self.done.assessments[id_] = assessment
        return goods_row(assessment, memo, before.taken if before else ())

    def _speak(self, containers: Collection[str], dirty: Collection[str]) -> dict[str, bool]:
        """Let containers speak for their contents, innermost first.

        Returns those that now say something else, and whether the kinds that are true of them differ.
        """
        own = [id_ for id_ in dirty if self._row(id_).kind == "container"]
        queue = dict.fromkeys([*containers, *own])
        changed: dict[str, bool] = {}
        while queue:
            self._load(queue)
            said: dict[str, list[tuple[Deviation, ...]]] = {id_: [] for id_ in queue}
            for member in self._members(queue):
                if member.parent in said:
                    said[member.parent].append(member.own + member.taken)
            outer: dict[str, None] = {}
            for id_ in queue:
                row = self._row(id_)
                taken = taken_on(row.own, said[id_], self._dark)
                if taken != row.taken:
                    self._written[id_] = row._replace(taken=taken, shared=is_shared(row.own + taken))
                    if row.parent:
                        outer[row.parent] = None
                before = self._rows.get(id_)
                if taken != row.taken or id_ in dirty:
                    changed[id_] = before is None or _speech(before) != _speech(self._row(id_))
            queue = outer
        return changed

    def _members(self, containers: Collection[str]) -> list[SubjectRow]:
        """The members with a say, as just derived where they were."""
        stored = self._unit.members(containers, shared=True)
        self._rows.update((row.id, row) for row in stored if row.id not in self._rows)
        found = {row.id: self._row(row.id) for row in stored}
        found.update((row.id, row) for row in self._written.values() if row.parent in containers)
        return [row for row in found.values() if row.parent in containers]

    def _load(self, ids: Iterable[str]) -> None:
        missing = [id_ for id_ in ids if id_ not in self._rows and id_ not in self._written]
        if missing:
            found = self._unit.subjects("goods", missing)
            for id_ in missing:
                self._rows[id_] = found.get(id_) or SubjectRow("goods", id_, "container")

    def _below(self, containers: Collection[str]) -> list[str]:
        """All contents with a say of these containers, however deep."""
        found: dict[str, None] = {}
        level = list(containers)
        while level:
            rows = [row for row in self._members(level) if row.id not in found]
            found.update(dict.fromkeys(row.id for row in rows))
            level = [row.id for row in rows if row.kind == "container"]
        return list(found)

    def _above(self, row: SubjectRow) -> Above:
        above = Above()
        seen = {row.id}
        parent = row.parent
        while parent is not None and parent not in seen:
            seen.add(parent)
            self._load([parent])
            outer = self._row(parent)
            above = above.within(outer.own + outer.taken)
            parent = outer.parent
        return above

    def _reconcile(self, rows: Sequence[SubjectRow]) -> None:
        alerts = self._unit.alerts([_subject(row, kind) for row in rows for kind in _kinds(row)])
        for row in rows:
            if alerts or row.own or row.taken:
                subject = _subject(row, row.kind)
                found = list(alerts.get(subject, ()))
                if row.own or row.taken or found:
                    self._try(subject, row, found)
                for other in (_subject(row, kind) for kind in _kinds(row) if kind != row.kind):
                    if other in alerts:
                        self._try(other, row._replace(own=(), taken=(), status=None), list(alerts[other]))
        self.done.transitions.extend(self._alerting.write())

    def _try(self, subject: Subject, row: SubjectRow, alerts: list[AlertRow]) -> None:
        try:
            self._decide(subject, row, alerts)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 # as in _assessed: one subject's bug is not the others'
            trace = traceback.format_exc()
            self.done.failed[row.id] = trace
            self._unit.put_subjects([row._replace(look_again=None, failed=trace)])

    def _decide(self, subject: Subject, row: SubjectRow, alerts: list[AlertRow]) -> None:
        if row.failed is not None and subject.id in self.done.failed:
            return
        held = row.own + row.taken
        heard = audible(held, self._above(row), self._dark)
        ledger = Ledger(
            subject,
            row.status,
            frozenset(each.key for each in held),
            heard,
            [alert.open() for alert in alerts],
        )
        decisions = reconcile(ledger, lambda alert: self._was_true(subject, alert))
        assessment = self.done.assessments.get(subject.id)
        if decisions:
            if assessment is None and row.scope == "goods":
                # Unmuted or spoken for by others: its alerts say where it was last seen all the same.
                assessment = assess(subject.id, self._moment)
            by_id = {alert.id: alert for alert in alerts}
            self._alerting.apply(subject, row, assessment, decisions, by_id)
        if assessment is not None:
            decided = {each.alert.id for each in decisions if not isinstance(each, Opens)}
            lasting = [alert for alert in alerts if alert.id not in decided and not alert.shelved]
            self._alerting.restate(lasting, row, assessment)

    def _was_true(self, subject: Subject, alert: Open) -> bool:
        moment = self._moment.as_of(alert.opened_at)
        then = assess(subject.id, moment)
        if then.subject != subject:
            return False
        own = then.deviations
        if any(each.key == alert.key for each in own):
            return True
        if subject.kind != "container" or alert.key[1] is not None:
            return False
        dark = frozenset(row.subject.id for row in self._unit.was_open(Kind.SITE_DARK.value, alert.opened_at))
        return any(each.key == alert.key for each in _spoken_for(subject.id, own, moment, dark))


_GOODS = ("return", "container")


def _kinds(row: SubjectRow) -> tuple[str, ...]:
    """An id of goods turns from a return's into a container's when an event says so; its old alerts must go."""
    return _GOODS if row.scope == "goods" else (row.kind,)


def _dark(unit: Unit) -> frozenset[str]:
    return frozenset(row.id for row in unit.flagged("site"))


def _subject(row: SubjectRow, kind: str) -> Subject:
    return Subject(kind, row.id)  # type: ignore[arg-type] # the kinds of a scope are subject kinds


def _speech(row: SubjectRow) -> frozenset[Kind]:
    """What a container's contents hear of it: the shared kinds that are true of it."""
    return frozenset(each.kind for each in row.own + row.taken if is_shared((each,)))


def _at(deviation: Deviation, sites: frozenset[str]) -> bool:
    return deviation.site in sites or not sites.isdisjoint(deviation.expected)


def _spoken_for(
    container: str, own: Iterable[Deviation], moment: Moment, dark: frozenset[str]
) -> tuple[Deviation, ...]:
    """What a container said for its contents at an earlier moment."""
    members: list[tuple[Deviation, ...]] = []
    for item in dict.fromkeys(stay.item for stay in moment.evidence.contents(container, moment.now)):
        if container_at(held(item, moment), moment.now) == container:
            inner = assess(item, moment).deviations
            if moment.evidence.is_container(item):
                inner += _spoken_for(item, inner, moment, dark)
            members.append(inner)
    return taken_on(tuple(own), members, dark)
