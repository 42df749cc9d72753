"""Apprise against a real HTTP server: delivered once, retried while it is down, secrets and ids kept in hand."""

import json
import logging
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from operator import ne
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from apprise import Apprise
from structlog.testing import capture_logs

from gateway.adapters.notify import AppriseNotifier, ChannelsFaulty, LoggedNotifications
from gateway.adapters.notify.sending import MOST_HANGING, harmless
from gateway.ports.delivery import HEARTBEAT, Health, Notice, SendOutcome, SendResult
from gateway.service.channels import LONGEST_SENDING
from gateway.service.delivery import Deliveries, Outside
from gateway.tracking.instants import HOUR, SECOND, Instant
from gateway.tracking.plan import Alerting, Heartbeat, Match, Network, Policy
from tests.servers.waiting import eventually
from tests.unit.delivery_world import DELIVERED, MIDNIGHT, ROOT, World, late, network_of

# Apprise imports it to mend it for later versions of Python.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "s3cr3t-t0ken"
NOTICE = Notice("m1", "Major: delayed, SN-1", "SN-1 should have reached REFILL\n  alert 01JD", "major")


class Webhook:
    """A server that keeps what it is sent. `status` is its answer; while `gate` is clear it does not answer."""

    def __init__(self) -> None:
        self.status = 200
        self.gate = threading.Event()
        self.gate.set()
        self.requests: list[tuple[str, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.gate.wait(20)
                outer.requests.append((self.path, body))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name is theirs
                """Be quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, scheme: str = "json") -> str:
        host, port = self._server.server_address[:2]
        return f"{scheme}://{host!s}:{port}/hooks/{SECRET}"

    def received(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.requests]

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    yield server
    server.close()


def notifier(*, environ: dict[str, str] | None = None, **channels: str) -> AppriseNotifier:
    return AppriseNotifier(Alerting(channels), environ or {})


def sent(to: AppriseNotifier, channel: str = "chat", notice: Notice = NOTICE) -> SendResult:
    """Send, and wait for the result."""
    done = threading.Event()
    sending = to.send(channel, notice, done.set)
    if sending.result is None:
        assert done.wait(20)
    assert sending.result is not None
    return sending.result


def test_a_notice_arrives_as_it_is(webhook: Webhook) -> None:
    assert sent(notifier(chat=webhook.url())) == DELIVERED
    (received,) = webhook.received()
    assert (received["title"], received["message"], received["type"]) == (
        NOTICE.title,
        NOTICE.text,
        "failure",
    )


def test_a_form_takes_it_too(webhook: Webhook) -> None:
    assert sent(notifier(chat=webhook.url("form")), notice=NOTICE._replace(severity="resolved")) == DELIVERED
    ((path, body),) = webhook.requests
    assert path == f"/hooks/{SECRET}"
    assert parse_qs(body.decode())["type"] == ["success"]


def test_a_refusal_is_a_failure_whose_reason_has_no_secret(webhook: Webhook) -> None:
    webhook.status = 403
    outcome, reason, _ = sent(notifier(chat=webhook.url()))
    assert outcome is SendOutcome.FAILED
    assert "403" in reason
    assert SECRET not in reason


def test_a_server_that_is_not_there_is_a_failure_whose_reason_has_no_secret(webhook: Webhook) -> None:
    url = webhook.url()
    webhook.close()
    outcome, reason, _ = sent(notifier(chat=url))
    assert (outcome, SECRET in reason, reason != "") == (SendOutcome.FAILED, False, True)


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """What a program that logs everything writes. (caplog listens to loggers that have been cut off, too.)"""
    root, written = logging.getLogger(), StringIO()
    handler, level = logging.StreamHandler(written), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


def test_a_service_that_trips_over_a_bug_has_failed(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(*_: object, **__: object) -> None:
        raise RuntimeError(webhook.url())

    channels = notifier(chat=webhook.url())
    monkeypatch.setattr(Apprise, "notify", trip)
    outcome, reason, _ = sent(channels)
    assert (outcome, SECRET in reason) == (SendOutcome.FAILED, False)
    assert reason.startswith("RuntimeError: json://***:")


def test_nothing_secret_gets_into_the_logs(webhook: Webhook, logged: StringIO) -> None:
    channels = notifier(chat=webhook.url())
    sent(channels)
    webhook.status = 500
    sent(channels)
    with pytest.raises(ChannelsFaulty) as faulty:
        notifier(chat=f"nonesuch://{SECRET}@host/{SECRET}")
    logging.getLogger("tests").debug("it listens")
    assert "it listens" in logged.getvalue()
    assert SECRET not in logged.getvalue()
    assert SECRET not in str(faulty.value)
    assert SECRET not in repr(vars(channels))


def test_hostile_ids_call_nobody_and_arrive_as_text_where_html_is_shown(webhook: Webhook) -> None:
    hostile = NOTICE._replace(title="@everyone", text="<b>&</b> <!channel> <@U1> @here \u202eevil *x*")
    assert sent(notifier(chat=webhook.url() + "?format=html"), notice=hostile) == DELIVERED
    assert sent(notifier(chat=webhook.url() + "?format=markdown"), notice=hostile) == DELIVERED
    html, markdown = webhook.received()
    assert "&lt;b&gt;" in html["message"]
    assert "<b>" not in html["message"]
    assert r"\*x\*" in markdown["message"]
    for received in (html, markdown):
        assert "@everyone" not in received["title"]
        for called in ("<!channel>", "<@U1>", "@here", "\u202e"):
            assert called not in received["message"]


def test_what_is_harmless_already_stays_as_it_is() -> None:
    text = "SN-1 < 40 °C at HUB, 100 % – «ok»\n  next: x"
    assert harmless(text) == text


def test_a_channel_that_hangs_holds_up_no_other(webhook: Webhook) -> None:
    other = Webhook()
    try:
        channels = notifier(chat=webhook.url() + "?rto=15", mail=other.url())
        webhook.gate.clear()
        hanging = channels.send("chat", NOTICE, lambda: None)
        assert sent(channels, "mail") == DELIVERED
        assert hanging.result is None
        webhook.gate.set()
        eventually(lambda: hanging.result, lambda result: result == DELIVERED)
    finally:
        other.close()


def test_a_channel_with_several_abandoned_sendings_is_not_tried_until_one_ends(webhook: Webhook) -> None:
    channels = notifier(chat=webhook.url() + "?rto=15")
    webhook.gate.clear()
    hanging = [channels.send("chat", NOTICE, lambda: None) for _ in range(MOST_HANGING)]
    for sending in hanging:
        sending.abandon()
    refused = eventually(lambda: sent_at_once(channels), lambda result: "still hang" in result.reason)
    assert refused.outcome is SendOutcome.FAILED
    webhook.gate.set()
    eventually(lambda: [sending.result for sending in hanging], lambda results: None not in results)
    assert sent(channels) == DELIVERED


def sent_at_once(channels: AppriseNotifier) -> SendResult:
    return channels.send("chat", NOTICE, lambda: None).result or SendResult(SendOutcome.FAILED)


@pytest.mark.parametrize(
    ("value", "environ", "said"),
    [
        (
            "env:CHAT",
            {},
            "channel chat: the environment has no CHAT; set it, or CHAT_FILE, to an Apprise URL",
        ),
        ("env:CHAT", {"CHAT": " "}, "the environment has no CHAT"),
        ("env:CHAT", {"CHAT": "nonesuch://x"}, "its nonesuch://… URL is none that Apprise can use"),
        ("env:CHAT", {"CHAT": "words"}, "what it holds is none that Apprise can use"),
        ("env:CHAT", {"CHAT_FILE": "/nowhere/chat"}, "CHAT_FILE names /nowhere/chat, which cannot be read"),
        ("json://a, json://b", {}, "holds 2 URLs; give each a channel of its own"),
    ],
)
def test_a_channel_that_cannot_be_used_is_named_with_what_to_do(
    value: str, environ: dict[str, str], said: str
) -> None:
    with pytest.raises(ChannelsFaulty) as faulty:
        notifier(environ=environ, chat=value)
    assert said in str(faulty.value)


def test_all_faulty_channels_are_named_at_once() -> None:
    with pytest.raises(ChannelsFaulty) as faulty:
        notifier(chat="env:A", mail="env:B")
    assert len(faulty.value.faults) == 2


def test_a_url_comes_from_the_environment_or_from_a_file_that_it_names(
    webhook: Webhook, tmp_path: Path
) -> None:
    secret = tmp_path / "mail"
    secret.write_text(webhook.url() + "\n")
    environ = {"CHAT": webhook.url(), "MAIL_FILE": str(secret)}
    channels = notifier(environ=environ, chat="env:CHAT", mail="env:MAIL")
    assert [sent(channels, name) for name in ("chat", "mail")] == [DELIVERED, DELIVERED]


def test_a_changed_network_brings_its_channels_and_keeps_the_old_ones_if_they_are_faulty(
    webhook: Webhook,
) -> None:
    channels = notifier(chat=webhook.url())
    with pytest.raises(ChannelsFaulty):
        channels.use(Alerting({"mail": webhook.url(), "chat": "env:NONE"}))
    assert sent(channels) == DELIVERED
    assert sent(channels, "mail").outcome is SendOutcome.FAILED
    channels.use(Alerting({"chat": webhook.url() + "/elsewhere"}))
    assert sent(channels) == DELIVERED
    assert [path.rpartition("/")[2] for path, _ in webhook.requests] == [SECRET, "elsewhere"]
    channels.use(Alerting({"mail": webhook.url()}, heartbeat=Heartbeat(webhook.url(), HOUR)))
    assert [sent(channels, name).outcome for name in ("mail", HEARTBEAT, "chat")] == [
        SendOutcome.DELIVERED,
        SendOutcome.DELIVERED,
        SendOutcome.FAILED,
    ]


def seconds(deliveries: Deliveries, webhook: Webhook, first: int, last: int) -> None:
    """Let the seconds after midnight pass one by one, each until the channel has answered, if it was asked."""
    for second in range(first, last):
        now = Instant(MIDNIGHT + second * SECOND)
        asked = len(webhook.requests)
        due = deliveries.run_once(now)
        while due == now + LONGEST_SENDING:
            eventually(lambda: len(webhook.requests), partial(ne, asked))
            due = deliveries.run_once(now)


def test_an_alert_is_told_once_after_its_channel_comes_back(webhook: Webhook) -> None:
    network = Network(
        sites=network_of().sites,
        alerting=Alerting({"chat": webhook.url()}, (Policy(Match(), ("chat",)),)),
    )
    world = World(network)
    outside = Outside(
        world.memory,
        world.publisher,
        AppriseNotifier(network.alerting, {}),
        LoggedNotifications(),
        lambda: Health.WELL,
    )
    deliveries = Deliveries(outside, lambda: network, ROOT, Instant(MIDNIGHT - HOUR), chance=lambda: 0.0)
    alert = world.opens(late())
    webhook.status = 503
    with capture_logs() as logs:
        seconds(deliveries, webhook, 60, 68)
        assert world.waiting() == {"channel:chat": 1}
        tries = len(webhook.requests)
        assert tries == 4
        webhook.status = 200
        seconds(deliveries, webhook, 68, 78)
    assert world.waiting() == {}
    assert len(webhook.requests) == tries + 1
    assert len({body for _, body in webhook.requests}) == 1
    assert f"alert {alert.id}" in webhook.received()[-1]["message"]
    noted = [line for line in logs if line["event"] == "notification"]
    assert [(line["channels"], line["title"]) for line in noted] == [(["chat"], "Major: delayed, SN-1")]
    failed = [line for line in logs if line["event"] == "notification_failed"]
    assert all("503" in line["reason"] for line in failed)
    assert len(failed) == 4
