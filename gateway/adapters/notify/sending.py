"""The channels of network.yaml, told through Apprise.

Each sending has a thread of its own, so that one that hangs blocks nothing else. Text goes as plain text: Apprise
escapes it for services that take HTML or Markdown, and what would call people by name is made harmless here.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Final

from apprise import Apprise, NotifyFormat, NotifyType

from gateway.adapters.notify.under_way import Begun, UnderWay
from gateway.adapters.notify.urls import ChannelFault, declared, resolved, service, without_secrets
from gateway.ports.delivery import Notice, SendOutcome, SendResult
from gateway.tracking.plan import Alerting

MOST_HANGING: Final = 3
"""A channel with so many abandoned sendings that still hang is not tried again before one of them has ended."""
_LONGEST_REASON: Final = 300
_TYPES: Final = {
    "resolved": NotifyType.SUCCESS,
    "minor": NotifyType.INFO,
    "warning": NotifyType.WARNING,
    "major": NotifyType.FAILURE,
    "critical": NotifyType.FAILURE,
}
_MENTIONS: Final = str.maketrans({"@": "@\u200b"})
_TURNING: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that turn the direction of reading, and so can make one id look like another."""


class ChannelsFaulty(Exception):
    """Channels that cannot be used, all of them with what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class AppriseNotifier:
    """A `Notifier` over the channels of a network, and of its heartbeat.

    Raises:
        ChannelsFaulty: a URL is missing from the environment, or is none; nothing was connected to.
    """

    def __init__(self, alerting: Alerting, environ: Mapping[str, str]) -> None:
        keep_quiet()
        self._environ = environ
        self._channels: dict[str, _Channel] = {}
        self.use(alerting)

    def use(self, alerting: Alerting) -> None:
        """Take up the channels of a changed network; the old ones stay if any of the new is at fault.

        Raises:
            ChannelsFaulty: as above.
        """
        faults: list[str] = []
        channels: dict[str, _Channel] = {}
        for name, value in declared(alerting).items():
            try:
                url = resolved(name, value, self._environ)
                known = self._channels.get(name)
                channels[name] = known if known is not None and known.url == url else _Channel(name, url)
            except ChannelFault as fault:
                faults.append(str(fault))
        if faults:
            raise ChannelsFaulty(faults)
        self._channels = channels

    def send(self, channel: str, notice: Notice, done: Callable[[], None]) -> Begun:
        """Begin to send in a thread of its own; a channel that is not there has failed at once."""
        known = self._channels.get(channel)
        if known is None:
            return Begun(SendResult(SendOutcome.FAILED, "the network has no such channel"))
        if known.under_way.hanging >= MOST_HANGING:
            return Begun(
                SendResult(SendOutcome.FAILED, f"{known.under_way.hanging} earlier sendings still hang")
            )
        sending = Begun()
        arguments = (known, notice, sending, done)
        threading.Thread(target=_send, args=arguments, name=f"notify {channel}", daemon=True).start()
        return sending


class _Channel:
    """One service, and how many abandoned sendings to it have not ended."""

    def __init__(self, name: str, url: str) -> None:
        self.url = url
        self.service: Apprise = service(name, url)
        self.under_way = UnderWay()

    def __repr__(self) -> str:
        return "_Channel(…)"


def _send(channel: _Channel, notice: Notice, sending: Begun, done: Callable[[], None]) -> None:
    channel.under_way.begin(sending)
    try:
        sending.result = _told(channel, notice)
    except Exception as error:  # noqa: BLE001 # any of a hundred services may raise anything
        reason = without_secrets(f"{type(error).__name__}: {error}", channel.url)
        sending.result = SendResult(SendOutcome.FAILED, reason[:_LONGEST_REASON])
    finally:
        channel.under_way.end(sending)
        done()


def _told(channel: _Channel, notice: Notice) -> SendResult:
    with channel.service.notify(
        title=harmless(notice.title),
        body=harmless(notice.text),
        body_format=NotifyFormat.TEXT,
        notify_type=_TYPES.get(notice.severity, NotifyType.INFO),
    ) as result:
        if result:
            return SendResult(SendOutcome.DELIVERED)
        said = "; ".join(entry.message for entry in result.logs()) or "the service gave no reason"
    return SendResult(SendOutcome.FAILED, without_secrets(said, channel.url)[:_LONGEST_REASON])


def harmless(text: str) -> str:
    """Text in which no id calls people (`@everyone`, `<!channel>`) or turns the direction of reading.

    An invisible character parts what would call; the text reads the same.
    """
    return text.translate(_TURNING).translate(_MENTIONS).replace("<!", "<\u200b!")


def keep_quiet() -> None:
    """Keep what Apprise and urllib3 log to themselves: paths of webhooks are secrets. Why a sending failed, we say."""
    for name in ("apprise", "urllib3"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
