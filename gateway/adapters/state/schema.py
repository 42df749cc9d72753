"""What the state store keeps: tables and indices, for SQLite and PostgreSQL alike. No SQL runs here.

Instants are microseconds since the epoch, UTC. Text sorts by code point in both databases, as events do. A table
that is read by ranges of its key is stored in that order (SQLite: WITHOUT ROWID); one that only grows is stored
in the order of `seq`, which is never used twice. An index that every scan would have to be sorted into costs a
page written for each, so those are few: by an event's own key nothing is found but through `events`, which knows
its instant.

Changing anything here needs a migration, see `migrations`.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
    or_,
)

NEVER: Final = 2**62
"""Later than every instant: the end of a stay that lasts, so that one index answers for ended and lasting ones."""

metadata = MetaData()

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_SEQ = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str, *, null: bool = False, key: bool = False) -> Column[str]:
    return Column(name, _TEXT, nullable=null, primary_key=key)


def _whole(name: str, *, null: bool = False, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null, primary_key=key, autoincrement=False)


def _seq() -> Column[int]:
    return Column("seq", _SEQ, primary_key=True, autoincrement=True)


def _growing(name: str, *columns: Column[Any]) -> Table:
    return Table(name, metadata, _seq(), *columns, sqlite_autoincrement=True)


def _keyed(name: str, *columns: Column[Any]) -> Table:
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


# Facts.

events = _growing(
    "events",
    _text("origin"),
    _text("id"),
    _text("what"),
    _whole("at"),
    _whole("received_at"),
    _text("payload"),
    Column("result", LargeBinary, nullable=False),
)
Index("events_identity", events.c.origin, events.c.id, unique=True)
Index("events_received", events.c.received_at, events.c.seq)

repeats = _growing(
    "repeats",
    _text("origin", null=True),
    _text("id", null=True),
    _text("entry", null=True),
    _whole("received_at"),
)
Index("repeats_received", repeats.c.received_at, repeats.c.seq)

voids = _keyed("voids", _text("origin", key=True), _text("id", key=True))

scans = _keyed(
    "scans",
    _text("subject", key=True),
    _whole("at", key=True),
    _text("id", key=True),
    _text("device", key=True),
    _text("site"),
    _text("step"),
    _text("container", null=True),
    Column("as_item", Boolean, nullable=False),
    Column("items", Integer, nullable=False),
    _text("disposition", null=True),
)
_packed = scans.c.container.is_not(None)
Index("scans_container", scans.c.container, scans.c.at, sqlite_where=_packed, postgresql_where=_packed)
Index("scans_at", scans.c.at)

announcements = _keyed(
    "announcements",
    _text("item", key=True),
    _whole("at", key=True),
    _text("id", key=True),
    _text("source", key=True),
    _text("route"),
    _whole("due_at", null=True),
    Column("cancelled", Boolean, nullable=False),
    _text("origin_site", null=True),
    _text("rma", null=True),
    _text("description", null=True),
    Column("value", Double),
    _text("hazard_class", null=True),
)
Index("announcements_at", announcements.c.at)

positions = _keyed(
    "positions",
    _text("container", key=True),
    _whole("at", key=True),
    _text("id", key=True),
    _text("device", key=True),
    _text("site", null=True),
    Column("counted", Boolean, nullable=False),
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
    Column("accuracy_m", Double),
    Column("speed_kmh", Double),
    Column("heading_deg", Double),
    Column("altitude_m", Double),
    Column("battery_pct", Double),
    _text("sensors", null=True),
    _text("door", null=True),
)
Index("positions_at", positions.c.at)

excursions = _keyed(
    "excursions",
    _text("container", key=True),
    _whole("at", key=True),
    _text("id", key=True),
    _text("device", key=True),
    _text("sensor", key=True),
    Column("value", Double, nullable=False),
)
Index("excursions_sensor", excursions.c.container, excursions.c.sensor, excursions.c.at)

batteries = _keyed(
    "batteries",
    _text("device", key=True),
    _whole("at", key=True),
    _text("id", key=True),
    Column("pct", Double, primary_key=True, autoincrement=False),
)

# What is derived.

visits = _keyed(
    "visits",
    _text("container", key=True),
    _whole("at", key=True),
    _text("id", key=True),
    _text("device", key=True),
    _text("site"),
    _text("step"),
    _whole("confirmed_at"),
)

stays = _keyed(
    "stays",
    _text("item", key=True),
    _whole("since_at", key=True),
    _text("since_id", key=True),
    _text("since_device", key=True),
    _text("container"),
    _whole("until_at"),
    _text("until_id", null=True),
    _text("until_device", null=True),
    _text("blind_site", null=True),
)
Index("stays_container", stays.c.container, stays.c.until_at)

unpackings = _keyed(
    "unpackings",
    _text("container", key=True),
    _whole("begin_at", key=True),
    _text("begin_id", key=True),
    _text("begin_device", key=True),
    _text("site", key=True),
    _text("body"),
)

subjects = _keyed(
    "subjects",
    _text("scope", key=True),
    _text("id", key=True),
    _text("kind"),
    _text("status", null=True),
    Column("stop", Integer),
    _text("route", null=True),
    _text("parent", null=True),
    _whole("look_again", null=True),
    _text("own", null=True),
    _text("taken", null=True),
    Column("shared", Boolean, nullable=False),
    Column("telling", Boolean, nullable=False),
    _text("memo", null=True),
    _text("failed", null=True),
)
"""`telling`: shared, or a container: what the container around must look at."""
_due = subjects.c.look_again.is_not(None)
Index("subjects_due", subjects.c.look_again, sqlite_where=_due, postgresql_where=_due)
_inside = subjects.c.parent.is_not(None)
Index(
    "subjects_parent",
    subjects.c.parent,
    subjects.c.telling,
    sqlite_where=_inside,
    postgresql_where=_inside,
)
FLAGGED: Final = subjects.c.shared.is_(True)
Index("subjects_flagged", subjects.c.scope, sqlite_where=FLAGGED, postgresql_where=FLAGGED)

alerts = _keyed(
    "alerts",
    _text("id", key=True),
    _text("subject_kind"),
    _text("subject_id"),
    _text("kind"),
    _text("part"),
    _whole("since"),
    _text("deviation"),
    _whole("opened_at"),
    _whole("version"),
    _text("route", null=True),
    _text("container", null=True),
    _text("summary"),
    _text("details"),
    _whole("acknowledged_at", null=True),
    _text("acknowledged_by", null=True),
    _whole("snoozed_until", null=True),
    _whole("resolved_at", null=True),
    _text("reason", null=True),
    Column("shelved", Boolean, nullable=False),
    _text("comments"),
    _whole("notified_at", null=True),
    Column("escalated", Integer, nullable=False),
)
"""`part` is what tells apart deviations of one kind: the stop's number, the sensor's name, or nothing."""
OPEN: Final = alerts.c.resolved_at.is_(None)
LIVE: Final = or_(OPEN, alerts.c.shelved.is_(True))
SUPERSEDED: Final = alerts.c.reason == literal_column("'superseded'")
_key = (alerts.c.subject_kind, alerts.c.subject_id, alerts.c.kind, alerts.c.part)
Index("alerts_live", *_key, unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
Index("alerts_superseded", *_key, sqlite_where=SUPERSEDED, postgresql_where=SUPERSEDED)
Index("alerts_open", alerts.c.id, sqlite_where=OPEN, postgresql_where=OPEN)
Index("alerts_kind", alerts.c.kind, alerts.c.opened_at)
_ended = alerts.c.resolved_at.is_not(None)
Index("alerts_resolved", alerts.c.resolved_at, sqlite_where=_ended, postgresql_where=_ended)

transitions = _growing(
    "transitions", _text("alert_id"), _whole("at"), _text("body"), _text("route", null=True)
)
Index("transitions_at", transitions.c.at)
Index("transitions_alert", transitions.c.alert_id, transitions.c.seq)

# What is to be delivered, and what could not be accepted.

outbox = _growing("outbox", _text("lane"), _text("key"), _text("body"), _whole("due_at"))
Index("outbox_order", outbox.c.lane, outbox.c.seq)
Index("outbox_due", outbox.c.lane, outbox.c.due_at)

quarantine = _growing(
    "quarantine",
    _text("id"),
    _text("topic"),
    Column("payload", LargeBinary, nullable=False),
    _whole("received_at"),
    _text("reason"),
    _text("message"),
    _text("event_id", null=True),
    _text("field", null=True),
    _text("value", null=True),
    _text("trace", null=True),
    _text("status"),
    Column("seen", Integer, nullable=False),
)
Index("quarantine_id", quarantine.c.id, unique=True)
Index("quarantine_status", quarantine.c.status, quarantine.c.id)
Index("quarantine_received", quarantine.c.received_at, quarantine.c.seq)

# What is projected into time series.

journey_marks = _growing("journey_marks", _whole("at"), _text("subjects"))
"""`subjects` is a JSON array: one row for a batch, so that intake hardly notices."""

milestones = _growing(
    "milestones",
    _text("subject"),
    _whole("begin"),
    _text("measurement"),
    _whole("at"),
    _text("tags"),
    _text("fields"),
    Column("n", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("told", Boolean, nullable=False),
)
Index("milestones_subject", milestones.c.subject, milestones.c.seq)
UNTOLD: Final = milestones.c.told.is_(False)
Index("milestones_untold", milestones.c.seq, sqlite_where=UNTOLD, postgresql_where=UNTOLD)

standings = _keyed(
    "standings",
    _text("subject", key=True),
    _text("kind"),
    _text("route", null=True),
    _text("status", null=True),
    _text("site", null=True),
    _whole("since", null=True),
    _whole("leave_by", null=True),
    Column("turns", Integer, nullable=False),
)

refused_points = _growing(
    "refused_points", _whole("refused_at"), _text("measurement"), _text("point"), _text("reason")
)

meta = _keyed("meta", _text("key", key=True), _text("value"))

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))
