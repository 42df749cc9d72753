"""The URLs of channels: where they come from, whether Apprise can use them, and how they are kept out of texts.

A URL holds passwords and tokens: here it never gets into an error or a log.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from apprise import Apprise, AppriseAsset

from gateway.ports.delivery import HEARTBEAT
from gateway.tracking.plan import Alerting

_FROM_ENVIRONMENT: Final = "env:"
_SEPARATORS: Final = re.compile(r"[/:@?&=,;+\s]+")
_SHORTEST_SECRET: Final = 4


class ChannelFault(ValueError):
    """A channel that cannot be used: what is wrong, and what to do."""


def declared(alerting: Alerting) -> dict[str, str]:
    """The channels of a network by name, that of the heartbeat included where it is none of them by name."""
    found = dict(alerting.channels)
    if alerting.heartbeat is not None and alerting.heartbeat.channel not in found:
        found[HEARTBEAT] = alerting.heartbeat.channel
    return found


def resolved(name: str, value: str, environ: Mapping[str, str]) -> str:
    """The URL itself: of `env:NAME` the variable's value, or what is in the file that `NAME_FILE` names.

    Raises:
        ChannelFault: there is no such variable, it is empty, or its file cannot be read.
    """
    return from_environment(f"channel {name}", value, environ, "an Apprise URL")


def from_environment(whose: str, value: str, environ: Mapping[str, str], what: str) -> str:
    """The value itself, `what` it should be, of `whose` key it is.

    Raises:
        ChannelFault: as above.
    """
    if not value.startswith(_FROM_ENVIRONMENT):
        return value
    variable = value.removeprefix(_FROM_ENVIRONMENT)
    url = environ.get(variable, "").strip()
    file = environ.get(f"{variable}_FILE")
    if not url and file:
        try:
            url = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            said = f"{whose}: {variable}_FILE names {file}, which cannot be read: {error}"
            raise ChannelFault(said) from error
    if not url:
        said = f"{whose}: the environment has no {variable}; set it, or {variable}_FILE, to {what}"
        raise ChannelFault(said)
    return url


def service(name: str, url: str) -> Apprise:
    """The one service that a URL names, ready to be told something.

    Raises:
        ChannelFault: it names none that Apprise knows, or several.
    """
    # No time limit of Apprise's own, and one service after the other: both would run in its shared pool of a few
    # threads, where hanging channels hold up those that do not.
    asset = AppriseAsset(
        app_id="Returns Gateway",
        app_desc="Alerts about returned goods",
        async_mode=False,
        service_timeout=0,
    )
    found = Apprise(asset=asset)
    usable = found.add(url)
    if not usable or len(found) == 0:
        scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", url)
        what = f"its {scheme[0]}… URL" if scheme else "what it holds"
        raise ChannelFault(
            f"channel {name}: {what} is none that Apprise can use; see its page of that service"
        )
    if len(found) > 1:
        said = (
            f"channel {name} holds {len(found)} URLs; give each a channel of its own, to be tried by itself"
        )
        raise ChannelFault(said)
    return found


def without_secrets(text: str, url: str) -> str:
    """The text with each part of the URL, its scheme left out, made unreadable."""
    parts = set(_SEPARATORS.split(url.partition("://")[2]))
    parts |= {unquote(part) for part in parts}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET:
            text = text.replace(part, "***")
    return text
