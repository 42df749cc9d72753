"""The webhooks of network.yaml: one signed POST for each transition of an alert, and what the answer means.

Each post has a thread of its own, so that a webhook that hangs blocks nothing else. Nothing is tried again here, no
redirect is followed, and neither an address nor a secret gets into a text. Knows nothing of alerts.

The signature is the hex HMAC-SHA256 of `<t>.<body>`, where `t` is when it was sent, in seconds since the epoch: a
receiver that checks both knows who sent it, and that nobody sends an old one again.
"""

import hmac
import re
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Final, NamedTuple

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import parse_url

from gateway import __version__
from gateway.adapters.notify.sending import ChannelsFaulty, keep_quiet
from gateway.adapters.notify.under_way import Begun, UnderWay
from gateway.adapters.notify.urls import ChannelFault, from_environment, without_secrets
from gateway.network.webhooks import plainly_open
from gateway.ports.delivery import Parcel, SendOutcome, SendResult
from gateway.tracking.instants import SECOND, Duration, Instant
from gateway.tracking.plan import Alerting, Webhook

CONNECT_S: Final = 5.0
READ_S: Final = 10.0
MOST_HANGING: Final = 8
"""A webhook with so many abandoned posts that still hang is not tried again before one of them has ended."""
_LATER: Final = frozenset({408, 425, 429})
"""Refusals that only mean: not now."""
_CURABLE: Final = frozenset({401, 402, 403, 404, 405, 407, 421, 451})
"""Refusals of the address or of who posts there, not of what is posted; proxies give some while they are changed."""
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_LONGEST_REASON: Final = 300
_SMALL: Final = 4_096
"""Bytes of an answer that are read so as to keep the connection; of a longer one nothing is."""


class Ready(NamedTuple):
    """A webhook with what the environment has for it."""

    url: str
    secret: str

    def __repr__(self) -> str:
        return "Ready(…)"


class HttpPoster:
    """A `Poster` over the webhooks of a network.

    Raises:
        ChannelsFaulty: an address or a secret is missing from the environment, or cannot be used.
    """

    def __init__(self, alerting: Alerting, environ: Mapping[str, str]) -> None:
        keep_quiet()
        self._environ = environ
        self._hooks: dict[str, _Hook] = {}
        self.use(self.prepared(alerting))

    def prepared(self, alerting: Alerting) -> Mapping[str, Ready]:
        """The webhooks of a network by their addresses as it has them, ready to be taken up.

        Raises:
            ChannelsFaulty: as above.
        """
        ready: dict[str, Ready] = {}
        faults: list[str] = []
        for index, webhook in enumerate(alerting.webhooks):
            try:
                ready[webhook.url] = _resolved(f"alerting.webhooks[{index}]", webhook, self._environ)
            except ChannelFault as fault:
                faults.append(str(fault))
        if faults:
            raise ChannelsFaulty(faults)
        return ready

    def use(self, ready: Mapping[str, Ready]) -> None:
        """Take up what was prepared, in place of what was before."""
        known = self._hooks
        self._hooks = {
            url: known[url] if url in known and known[url].ready == each else _Hook(each)
            for url, each in ready.items()
        }

    def post(self, url: str, parcel: Parcel, done: Callable[[], None]) -> Begun:
        """Begin to post in a thread of its own; to a webhook that is not there it has failed at once."""
        hook = self._hooks.get(url)
        if hook is None:
            return Begun(SendResult(SendOutcome.FAILED, "the network has no such webhook"))
        if hook.under_way.hanging >= MOST_HANGING:
            return Begun(SendResult(SendOutcome.FAILED, f"{hook.under_way.hanging} earlier posts still hang"))
        posting = Begun()
        arguments = (hook, parcel, posting, done)
        threading.Thread(target=_post, args=arguments, name="webhook", daemon=True).start()
        return posting


class _Hook:
    """One webhook, its connections, and how many abandoned posts to it have not ended."""

    def __init__(self, ready: Ready) -> None:
        self.ready = ready
        self.pool = PoolManager(
            maxsize=MOST_HANGING,
            retries=False,
            timeout=Timeout(connect=CONNECT_S, read=READ_S),
            ssl_context=ssl.create_default_context(),
        )
        self.under_way = UnderWay()


def signature(secret: str, at_s: int, body: bytes) -> str:
    """The header that says who sent a body, and when (`at_s`, in seconds since the epoch)."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def _resolved(whose: str, webhook: Webhook, environ: Mapping[str, str]) -> Ready:
    url = from_environment(f"{whose}.url", webhook.url, environ, "an address, https://…")
    secret = from_environment(
        f"{whose}.secret", webhook.secret, environ, "what the receiver checks signatures with"
    )
    try:
        parts = parse_url(url)
    except LocationParseError:
        # Its cause repeats the address, which may be a secret.
        raise ChannelFault(f"{whose}.url: what it holds is no address; write https://…") from None
    if parts.scheme not in ("http", "https") or not parts.host or parts.auth:
        raise ChannelFault(f"{whose}.url: what it holds is not https://… without a user in it; correct it")
    if plainly_open(url) and not webhook.allow_http:
        said = (
            f"{whose}.url: it would leave this machine unencrypted; use https://, or write allow_http: true"
        )
        raise ChannelFault(said)
    return Ready(url, secret)


def _post(hook: _Hook, parcel: Parcel, posting: Begun, done: Callable[[], None]) -> None:
    hook.under_way.begin(posting)
    try:
        posting.result = _answer(hook, parcel)
    except (HTTPError, OSError, ValueError) as error:
        reason = without_secrets(f"{type(error).__name__}: {error}", hook.ready.url)
        posting.result = SendResult(SendOutcome.FAILED, reason[:_LONGEST_REASON])
    finally:
        if posting.result is None:  # a bug of ours: its traceback goes where those of threads go
            posting.result = SendResult(SendOutcome.FAILED, "a bug of the gateway")
        hook.under_way.end(posting)
        done()


def _answer(hook: _Hook, parcel: Parcel) -> SendResult:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"returns-gateway/{__version__}",
        "X-Returns-Signature": signature(hook.ready.secret, parcel.at // SECOND, parcel.body),
        "X-Returns-Delivery": parcel.id,
    }
    response = hook.pool.request(
        "POST", hook.ready.url, body=parcel.body, headers=headers, redirect=False, preload_content=False
    )
    result = meaning(response.status)
    if result.outcome is not SendOutcome.DELIVERED:
        result = result._replace(wait=asked(response.headers, parcel.at))
    _let_go(response)
    return result


def _let_go(response: BaseHTTPResponse) -> None:
    """Keep the connection where hardly anything is left to read, else close it: what is said there is not needed."""
    length = response.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > _SMALL:
        response.close()
        return
    with suppress(HTTPError, OSError):  # the answer was in the status
        response.read()
    response.release_conn()


def asked(headers: Mapping[str, str], sent_at: Instant) -> Duration:
    """How long an answer asks to be left alone (`Retry-After`, RFC 9110 section 10.2.3); 0 where it does not.

    A date counts from what the server's own clock shows (`Date`), for it may be as wrong as ours; else from `sent_at`.
    """
    said = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(said):
        return Duration(int(said) * SECOND)
    until = _date(said)
    if until is None:
        return Duration(0)
    shown = _date(headers.get("Date", ""))
    return Duration(max(0, until - (sent_at if shown is None else shown)))


def _date(text: str) -> Instant | None:
    """An HTTP date in any of its three spellings (RFC 9110 section 5.6.7)."""
    try:
        date = parsedate_to_datetime(text)
        return Instant(round((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()) * SECOND)
    except (ValueError, OverflowError):
        return None


def meaning(status: int) -> SendResult:
    """What an answer's status means: taken, never to be taken, not before something is put right, or later."""
    if 200 <= status < 300:
        return SendResult(SendOutcome.DELIVERED)
    if 300 <= status < 400:
        said = f"it answers {status}; redirects are not followed, write where it leads to"
        return SendResult(SendOutcome.TURNED_AWAY, said)
    if status in _CURABLE:
        return SendResult(
            SendOutcome.TURNED_AWAY, f"it answers {status}; correct its address, its secret or what is there"
        )
    if 400 <= status < 500 and status not in _LATER:
        return SendResult(SendOutcome.REFUSED, f"it answers {status}")
    return SendResult(SendOutcome.FAILED, f"it answers {status}")
