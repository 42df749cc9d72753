"""Parameters of an event query → what to look for (EPCIS 2.0, section 8.2.7.1, as query strings have them).

Values of a list are separated by `|`, or the parameter is repeated. Of the parameters here all hold together; what is
none of them is refused, for a query that is half understood finds what was not asked for. Patterns of company prefixes,
values with a unit and fields of somebody's own cannot be asked for.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from gateway.epcis import measures
from gateway.epcis.classes import canonical_uri
from gateway.epcis.matching import (
    CLASSES,
    EPCS,
    Predicate,
    at_place,
    declared,
    equal,
    lasting,
    named,
    of_classes,
    of_type,
    typed,
    within_place,
)
from gateway.epcis.mentions import class_name, transaction_name
from gateway.epcis.names import is_uri, item_id
from gateway.epcis.problems import Class, Invalid, Problem
from gateway.epcis.words import DISPOSITION, EVENT_TYPES, PARTIES, REASONS, STEPS, TRANSACTIONS, Vocabulary
from gateway.identity import BadId, NotAnInstance
from gateway.tracking.instants import Instant, instant

DEFAULT_PER_PAGE: Final = 30
MOST_PER_PAGE: Final = 1_000
MOST_VALUES: Final = 50
"""Of one parameter."""
EARLIEST: Final = Instant(-(2**61))
LATEST: Final = Instant(2**61)


class Query(NamedTuple):
    """What to look for. `happened` and `recorded` are from (included) and before when, by event and record time.

    `ids` are event ids, `names` what `naming` finds events by, any of them; None: not asked for. `ordered` tells
    whether an order was asked for: by event time, else by record time.
    """

    predicates: tuple[Predicate, ...]
    happened: tuple[Instant, Instant]
    recorded: tuple[Instant, Instant]
    ids: tuple[str, ...] | None
    names: tuple[str, ...] | None
    ordered: bool
    by_event_time: bool
    newest: bool
    first: int | None
    """eventCountLimit: no more than so many, over all pages."""
    at_most: int | None
    """maxEventCount: refused if there are more."""
    per_page: int
    token: str | None

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether all that was asked of an event is true of this one; its times and ids are looked at elsewhere."""
        return all(predicate(event) for predicate in self.predicates)


def query(parameters: Sequence[tuple[str, str]]) -> Query:
    """The query of these parameters, in the order of the query string, decoded.

    Raises:
        Invalid: one is unknown, or has no value that it may have.
    """
    return _Parsing(parameters).query()


class _Parsing:
    def __init__(self, parameters: Sequence[tuple[str, str]]) -> None:
        self._given: dict[str, list[str]] = {}
        for name, value in parameters:
            self._given.setdefault(name, []).extend(value.split("|"))
        self._problems: list[Problem] = []
        self._predicates: list[Predicate] = []
        self._names: list[tuple[str, ...]] = []

    def query(self) -> Query:
        for name, values in self._given.items():
            if len(values) > MOST_VALUES:
                self._wrong(
                    name, f"it has {len(values)} values, and {MOST_VALUES} are allowed; ask several times"
                )
            elif name not in _PLAIN:
                self._filter(name, values)
        happened = (self._time("GE_eventTime", EARLIEST), self._time("LT_eventTime", LATEST))
        recorded = (self._time("GE_recordTime", EARLIEST), self._time("LT_recordTime", LATEST))
        order = self._word("orderBy", ("eventTime", "recordTime"))
        direction = self._word("orderDirection", ("ASC", "DESC"))
        first, at_most = self._number("eventCountLimit", None), self._number("maxEventCount", None)
        per_page = self._number("perPage", DEFAULT_PER_PAGE)
        self._check_limits(order, first, at_most)
        if self._problems:
            raise Invalid(self._problems)
        ids = self._given.get("EQ_eventID")
        by_time = order == "eventTime" or (order is None and happened != (EARLIEST, LATEST))
        return Query(
            predicates=tuple(self._predicates),
            happened=happened,
            recorded=recorded,
            ids=None if ids is None else tuple(dict.fromkeys(ids)),
            names=self._names[0] if self._names else None,
            ordered=order is not None,
            by_event_time=by_time,
            newest=order is not None and direction != "ASC",
            first=first,
            at_most=at_most,
            per_page=min(per_page or DEFAULT_PER_PAGE, MOST_PER_PAGE),
            token=self._one("nextPageToken"),
        )

    def _filter(self, name: str, values: list[str]) -> None:
        simple = _SIMPLE.get(name)
        pattern, measured = _TYPED(name), _MEASURED(name)
        if simple is not None:
            self._check_words(name, values)
            self._predicates.append(simple(values))
        elif name in EPCS or name in CLASSES:
            self._match(name, values)
        elif name in _PERIODS:
            self._within(name, _PERIODS[name])
        elif name in _EXISTS:
            if self._holds(name):
                self._predicates.append(_EXISTS[name])
        elif name == "EQ_booleanValue":
            self._predicates.append(measures.saying_whether(self._word(name, ("true", "false")) == "true"))
        elif measured is not None:
            self._measured(name, values, (measured[1], measured[2]))
        elif pattern is not None:
            self._typed(pattern[1], pattern[2], values)
        else:
            self._wrong(name, "it is no parameter that is served; leave it out")

    def _check_words(self, name: str, values: list[str]) -> None:
        for value in values:
            if name == "EQ_action" and value not in _ACTIONS:
                self._wrong(name, f"it must be one of {', '.join(_ACTIONS)}", value)
            elif name == "eventType" and value not in EVENT_TYPES and not is_uri(value):
                self._wrong(name, f"it must be one of {', '.join(EVENT_TYPES)}, or a URI", value)

    def _match(self, name: str, values: list[str]) -> None:
        patterns = [value for value in values if "*" in value]
        kinds = [canonical_uri(value) for value in patterns]
        if any("*" in kind for kind in kinds):
            self._wrong(
                name, "of patterns only those are served that leave the serial number open", values[0]
            )
            return
        if name in CLASSES:
            classes = [class_name(value) for value in values]
            self._predicates.append(of_classes(CLASSES[name], classes))
            self._names.append(tuple(classes))
            return
        try:
            ids = [item_id(value) for value in values if value not in patterns]
        except (BadId, NotAnInstance, UnicodeDecodeError) as error:
            self._wrong(name, str(error), values[0])
            return
        self._predicates.append(named(EPCS[name], ids, kinds))
        if not patterns:
            self._names.append(tuple(ids))

    def _typed(self, what: str, kind: str, values: list[str]) -> None:
        field, vocabulary, key = _LISTS[what]
        self._predicates.append(typed(field, key, vocabulary.bare(kind), values))
        if what == "bizTransaction":
            self._names.append(tuple(transaction_name(value) for value in values))

    def _within(self, name: str, period: Callable[[Instant, Instant], Predicate]) -> None:
        value = self._one(name)
        at = None if value is None else self._instant(name, value)
        if at is not None:
            self._predicates.append(period(at, LATEST) if name.startswith("GE_") else period(EARLIEST, at))

    def _measured(self, name: str, values: list[str], asked: tuple[str, str]) -> None:
        how, field = asked
        if how != "EQ" and len(values) > 1:
            self._wrong(name, "it has several values; give one")
        elif not all(_NUMBER(value) for value in values):
            self._wrong(name, "it must be a number, such as 20 or 0.5", values[0])
        else:
            compared, numbers = measures.COMPARISONS[how], [float(value) for value in values]
            self._predicates.append(measures.compared(field, compared, numbers))

    def _holds(self, name: str) -> bool:
        """Whether it is asked for; without a value it is, too: in EPCIS 1.2 it had none."""
        return self._word(name, ("true", "false", "")) != "false"

    def _check_limits(self, order: str | None, first: int | None, at_most: int | None) -> None:
        if first is not None and at_most is not None:
            self._wrong("eventCountLimit", "it cannot be given with maxEventCount; leave one out")
        if first is not None and order is None:
            self._wrong("eventCountLimit", "it needs orderBy, which says what comes first")

    def _one(self, name: str) -> str | None:
        values = self._given.get(name)
        if values is not None and len(values) != 1:
            self._wrong(name, "it has several values; give one")
        return values[0] if values else None

    def _word(self, name: str, words: tuple[str, ...]) -> str | None:
        value = self._one(name)
        if value is not None and value not in words:
            self._wrong(name, f"it must be one of {', '.join(words)}", value)
        return value

    def _number(self, name: str, default: int | None) -> int | None:
        value = self._one(name)
        if value is None:
            return default
        if not re.fullmatch(r"[1-9]\d{0,8}", value, re.ASCII):
            self._wrong(name, "it must be a whole number from 1 on", value)
            return default
        return int(value)

    def _time(self, name: str, default: Instant) -> Instant:
        value = self._one(name)
        at = None if value is None else self._instant(name, value)
        return default if at is None else at

    def _instant(self, name: str, value: str) -> Instant | None:
        try:
            return instant(value)
        except ValueError:
            self._wrong(name, "it must be a time with an offset, such as 2026-11-22T09:14:03%2B01:00", value)
            return None

    def _wrong(self, name: str, what: str, value: object = ...) -> None:
        self._problems.append(Problem(f"{name[:80]}: {what}", name[:80], value, Class.PARAMETER))


_PLAIN: Final = frozenset(
    {"GE_eventTime", "LT_eventTime", "GE_recordTime", "LT_recordTime", "orderBy", "orderDirection"}
    | {"eventCountLimit", "maxEventCount", "perPage", "nextPageToken", "EQ_eventID"}
)
_ACTIONS: Final = ("ADD", "OBSERVE", "DELETE")
_PERIODS: Final[Mapping[str, Callable[[Instant, Instant], Predicate]]] = {
    **dict.fromkeys(("GE_errorDeclarationTime", "LT_errorDeclarationTime"), declared),
    **dict.fromkeys(("GE_errorDeclaration_Time", "LT_errorDeclaration_Time"), declared),
    **{
        f"{bound}_{field}": partial(measures.timed, field)
        for bound in ("GE", "LT")
        for field in measures.TIMES
    },
}
"""Times besides those that pages go by. The standard's text and its REST bindings spell the first differently."""
_EXISTS: Final[Mapping[str, Predicate]] = {
    "EXISTS_errorDeclaration": lambda event: "errorDeclaration" in event,
    "EXISTS_sensorElementList": measures.sensed,
}
_MEASURED: Final = re.compile(r"(EQ|GT|GE|LT|LE)_(quantity|percRank)").fullmatch
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII).fullmatch
_SIMPLE: Final[Mapping[str, Callable[[list[str]], Predicate]]] = {
    "eventType": of_type,
    "EQ_action": lambda values: equal(("action",), values),
    "EQ_bizStep": lambda values: equal(("bizStep",), [STEPS.bare(each) for each in values]),
    "EQ_disposition": lambda values: equal(("disposition",), [DISPOSITION.bare(each) for each in values]),
    "EQ_persistentDisposition_set": lambda values: lasting("set", values),
    "EQ_persistentDisposition_unset": lambda values: lasting("unset", values),
    "EQ_readPoint": lambda values: at_place("readPoint", values),
    "EQ_bizLocation": lambda values: at_place("bizLocation", values),
    "WD_readPoint": lambda values: within_place("readPoint", values),
    "WD_bizLocation": lambda values: within_place("bizLocation", values),
    "EQ_transformationID": lambda values: equal(("transformationID",), values),
    "EQ_errorReason": lambda values: equal(
        ("errorDeclaration", "reason"), [REASONS.bare(each) for each in values]
    ),
    "EQ_correctiveEventID": lambda values: equal(("errorDeclaration", "correctiveEventIDs"), values),
    **{f"EQ_{field}": partial(measures.saying, field) for field in measures.WORDS},
}
_TYPED: Final = re.compile(r"EQ_(bizTransaction|source|destination)_(\S{1,200})").fullmatch
_LISTS: Final[Mapping[str, tuple[str, Vocabulary, str]]] = {
    "bizTransaction": ("bizTransactionList", TRANSACTIONS, "bizTransaction"),
    "source": ("sourceList", PARTIES, "source"),
    "destination": ("destinationList", PARTIES, "destination"),
}
