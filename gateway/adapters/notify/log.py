"""Every notification in the log, told to somebody or not: so that a gateway without channels is not mute."""

from collections.abc import Sequence

import structlog

from gateway.ports.delivery import Notice

_LOG = structlog.get_logger(__name__)


class LoggedNotifications:
    """A `NotificationLog`."""

    def noted(self, notice: Notice, channels: Sequence[str]) -> None:
        _LOG.info(
            "notification",
            message=notice.id,
            severity=notice.severity,
            title=notice.title,
            text=notice.text,
            channels=list(channels),
        )
