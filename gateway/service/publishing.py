"""What the broker is told of alerts: their current states, retained, and the log of their transitions.

A row of the outbox goes only after the broker has confirmed it. The lane `alert` holds no states, only which alerts
to publish: the state is read when it is sent, so that one never lands after a newer one.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Final, TypeVar

import structlog

from gateway.ports.delivery import Publication, Published, Publisher
from gateway.ports.rows import OutboxRow
from gateway.ports.state import State, Unavailable, Unit
from gateway.service.alert_json import retained
from gateway.service.alerting import ALERT_LANE, LOG_LANE
from gateway.service.pauses import Pause
from gateway.tracking.instants import MINUTE, SECOND, Duration, Instant
from gateway.wire.topics import alert_log_topic, alert_topic, is_id

_LOG = structlog.get_logger(__name__)

K = TypeVar("K")

MAX_MESSAGES: Final = 500
"""Publications of one round."""
SET_ASIDE: Final = Duration(5 * MINUTE)
"""How long an alert waits that the broker refuses, or that trips over a bug of ours."""
PAGE: Final = 500


class Publishing:
    """The lanes `alert` and `alert-log`. While the broker confirms nothing, both wait."""

    def __init__(self, state: State, publisher: Publisher, root: str, chance: Callable[[], float]) -> None:
        self._state = state
        self._publisher = publisher
        self._root = root
        self._chance = chance
        self._pause = Pause(longest=Duration(1 * MINUTE))

    def connected(self) -> None:
        """There is a new connection: what waits may be tried at once."""
        self._pause.over()

    def step(self, now: Instant) -> Instant | None:
        """Publish a batch of each lane; says when there is more to do.

        Raises:
            Unavailable: what was confirmed may be published again.
        """
        if self._pause.until <= now:
            self._publish_states(now)
        if self._pause.until <= now:
            self._publish_log(now)
        with self._state.reader() as reader:
            ahead = [due for lane in (ALERT_LANE, LOG_LANE) if (due := reader.next_outbox(lane)) is not None]
        return max(min(ahead), self._pause.until) if ahead else None

    def _publish_states(self, now: Instant) -> None:
        seqs: dict[str, list[int]] = {}
        messages: dict[str, Publication] = {}
        broken: list[str] = []
        with self._state.reader() as reader:
            for row in reader.outbox(ALERT_LANE, now, MAX_MESSAGES):
                seqs.setdefault(row.key, []).append(row.seq)
            for alert_id in seqs:
                try:
                    messages[alert_id] = self._state_of(alert_id, reader, now)
                except Unavailable:
                    raise
                except Exception:  # noqa: BLE001 # a bug of ours in one alert must not hold up the others (invariant 2)
                    _LOG.exception("alert_set_aside", alert=alert_id, again_in_s=SET_ASIDE / SECOND)
                    broken.append(alert_id)
        outcomes = self._outcomes(messages, now)
        broken += [alert_id for alert_id, outcome in outcomes.items() if outcome is Published.REFUSED]
        confirmed = [alert_id for alert_id, outcome in outcomes.items() if outcome is Published.CONFIRMED]
        self._done(
            [seq for alert_id in confirmed for seq in seqs[alert_id]],
            [seq for alert_id in broken for seq in seqs[alert_id]],
            now,
        )

    def _state_of(self, alert_id: str, reader: Unit, now: Instant) -> Publication:
        state = retained(reader.alert(alert_id), now, reader)
        return Publication(alert_topic(self._root, alert_id), state, retain=True)

    def _publish_log(self, now: Instant) -> None:
        """In order: those after one that is not confirmed are sent again with it."""
        with self._state.reader() as reader:
            rows = reader.outbox(LOG_LANE, now, MAX_MESSAGES)
        topic = alert_log_topic(self._root)
        outcomes = self._outcomes({row.seq: Publication(topic, row.body.encode()) for row in rows}, now)
        confirmed = takewhile(lambda row: outcomes[row.seq] is Published.CONFIRMED, rows)
        self._done([row.seq for row in confirmed], (), now)

    def _outcomes(self, messages: Mapping[K, Publication], now: Instant) -> dict[K, Published]:
        """Publish, and pause if the broker did not confirm all."""
        if not messages:
            return {}
        answers = self._publisher.publish(list(messages.values()))
        outcomes = dict(zip(messages, answers, strict=True))
        refused = [message.topic for key, message in messages.items() if outcomes[key] is Published.REFUSED]
        if refused:
            _LOG.error("alerts_refused", topics=refused[:_NAMED], count=len(refused), remedy=_MAY_NOT_WRITE)
        if all(outcome is Published.CONFIRMED for outcome in answers):
            self._pause.over()
        else:
            self._pause.failed(now, self._chance())
        return outcomes

    def _done(self, delivered: Sequence[int], aside: Sequence[int], now: Instant) -> None:
        if delivered or aside:
            with self._state.unit() as unit:
                unit.delivered(delivered)
                unit.postpone(aside, Instant(now + SET_ASIDE))


def refresh(unit: Unit, retained_now: Mapping[str, int | None], now: Instant) -> int:
    """Make the retained alerts agree with the open ones, after a start: clear what is no longer open, publish the rest.

    `retained_now` are the ids seen retained below the alert topic, each with the `version` that its JSON told (None:
    it told none). What differs goes into the lane `alert`; returns how many alerts that are. An id that can be no
    level of a topic is none of ours and is passed over.
    """
    missing = dict(retained_now)
    wrong: list[str] = []
    after: str | None = None
    while page := unit.list_alerts(resolved=False, after=after, limit=PAGE):
        wrong += [alert.id for alert in page if missing.pop(alert.id, None) != alert.version]
        after = page[-1].id
    wrong += [alert_id for alert_id in missing if is_id(alert_id) is not None]
    unit.put_outbox([OutboxRow(ALERT_LANE, alert_id, "{}", now) for alert_id in wrong])
    return len(wrong)


_NAMED: Final = 5
_MAY_NOT_WRITE: Final = "let the gateway's user write below alert/ and alert-log in the broker's access list"
