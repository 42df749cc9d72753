"""Webhooks against a real HTTP server: signed, retried, and posted after a kill between commit and delivery."""

import hmac
import json
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest

from gateway.adapters.notify import ChannelsFaulty, HttpPoster
from gateway.adapters.notify.webhooks import MOST_HANGING, asked, meaning, signature
from gateway.ports.delivery import Parcel, SendOutcome, SendResult
from gateway.service.webhooks import lane_of
from gateway.tracking.instants import SECOND, Duration, Instant
from gateway.tracking.plan import Alerting, Webhook
from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import Senders, from_now
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import eventually

# Apprise imports it to mend it for later versions of Python.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET: Final = "wh-s3cret"
PATH: Final = "/hooks/p4th-s3cret"
PARCEL: Final = Parcel("41", b'{"transition": "opened"}', Instant(1_700_000_000 * SECOND))


class Post(NamedTuple):
    path: str
    signature: str
    delivery: str
    body: bytes


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    """Closing it waits for whoever is still being answered."""


class Receiver:
    """A server that keeps what it is sent. `status` is its answer; while `gate` is clear it does not answer."""

    def __init__(self, port: int = 0) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.posts: list[Post] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signed, delivery = self.headers["X-Returns-Signature"], self.headers["X-Returns-Delivery"]
                outer.posts.append(Post(self.path, signed, delivery, body))
                outer.gate.wait(20)
                self.send_response_only(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name is theirs
                """Be quiet."""

        self._server = _Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def lines(self) -> list[dict[str, Any]]:
        """What came, each delivery once."""
        return [json.loads(body) for body in {post.delivery: post.body for post in self.posts}.values()]

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


def poster_for(url: str) -> HttpPoster:
    return HttpPoster(Alerting(webhooks=(Webhook("env:URL", "env:KEY"),)), {"URL": url, "KEY": SECRET})


def posted(poster: HttpPoster, url: str = "env:URL") -> SendResult:
    """The result of one post, once it is there."""
    over = threading.Event()
    sending = poster.post(url, PARCEL, over.set)
    if sending.result is None:
        assert over.wait(20)
    assert sending.result is not None
    return sending.result


def verified(post: Post) -> bool:
    """As a receiver checks a signature, by what the documentation says."""
    at, _, given = post.signature.removeprefix("t=").partition(",v1=")
    made = hmac.new(SECRET.encode(), at.encode() + b"." + post.body, sha256).hexdigest()
    return hmac.compare_digest(made, given)


def test_a_post_is_signed_and_has_the_body_byte_for_byte(receiver: Receiver) -> None:
    assert posted(poster_for(receiver.url)).outcome is SendOutcome.DELIVERED
    (post,) = receiver.posts
    assert (post.path, post.delivery, post.body) == (PATH, "41", PARCEL.body)
    assert post.signature.startswith("t=1700000000,v1=")
    assert verified(post)
    assert not verified(post._replace(body=post.body + b" "))
    assert signature(SECRET, 1_700_000_000, PARCEL.body) == post.signature


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, SendOutcome.DELIVERED),
        (204, SendOutcome.DELIVERED),
        (301, SendOutcome.TURNED_AWAY),
        (308, SendOutcome.TURNED_AWAY),
        (400, SendOutcome.REFUSED),
        (401, SendOutcome.TURNED_AWAY),
        (403, SendOutcome.TURNED_AWAY),
        (404, SendOutcome.TURNED_AWAY),
        (408, SendOutcome.FAILED),
        (410, SendOutcome.REFUSED),
        (413, SendOutcome.REFUSED),
        (422, SendOutcome.REFUSED),
        (425, SendOutcome.FAILED),
        (429, SendOutcome.FAILED),
        (500, SendOutcome.FAILED),
        (503, SendOutcome.FAILED),
        (600, SendOutcome.FAILED),
    ],
)
def test_an_answer_means_taken_never_or_later(status: int, outcome: SendOutcome) -> None:
    assert meaning(status).outcome is outcome


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    elsewhere = Receiver()
    receiver.status, receiver.headers = status, {"Location": elsewhere.url}
    result = posted(poster_for(receiver.url))
    elsewhere.close()
    assert result.outcome is SendOutcome.TURNED_AWAY
    assert "redirects are not followed" in result.reason
    assert (len(receiver.posts), elsewhere.posts) == (1, [])


THEN: Final = "Tue, 14 Nov 2023 22:13:20 GMT"
"""When the parcel is sent, as HTTP writes it."""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": " 30 "}, 30),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "999999999"}, 999_999_999),
        ({"Retry-After": "9" * 5_000}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "1.5"}, 0),
        ({"Retry-After": "\u0663"}, 0),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:14:20 GMT"}, 60),
        ({"Retry-After": "Tuesday, 14-Nov-23 22:14:20 GMT"}, 60),
        ({"Retry-After": "Tue Nov 14 22:14:20 2023"}, 60),
        ({"Retry-After": "Tue, 14 Nov 2023 22:12:20 GMT"}, 0),
        ({"Retry-After": "Tue, 99 Nov 2023 22:12:20 GMT"}, 0),
        ({"Retry-After": "Tue, 14 Nov 99999 22:12:20 GMT"}, 0),
        ({"Retry-After": "Mon, 01 Jan 2024 00:01:00 GMT", "Date": "Mon, 01 Jan 2024 00:00:00 GMT"}, 60),
        ({"Retry-After": "Tue, 14 Nov 2023 22:14:20 GMT", "Date": "never"}, 60),
    ],
)
def test_how_long_an_answer_asks_to_be_left_alone(headers: dict[str, str], seconds: int) -> None:
    assert asked(headers, PARCEL.at) == seconds * SECOND


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("said", ["120", "Tue, 14 Nov 2023 22:15:20 GMT"])
def test_an_answer_that_asks_for_time_is_heard(receiver: Receiver, status: int, said: str) -> None:
    receiver.status, receiver.headers = status, {"Retry-After": said, "Date": THEN}
    result = posted(poster_for(receiver.url))
    assert result == SendResult(SendOutcome.FAILED, f"it answers {status}", Duration(120 * SECOND))


def test_why_it_cannot_be_reached_is_said_without_the_address() -> None:
    gone = Receiver()
    gone.close()
    result = posted(poster_for(gone.url))
    assert result.outcome is SendOutcome.FAILED
    assert "NewConnectionError" in result.reason
    assert "p4th" not in result.reason


def test_one_that_hangs_is_not_asked_again_and_again(receiver: Receiver) -> None:
    receiver.gate.clear()
    poster = poster_for(receiver.url)
    hanging = [poster.post("env:URL", PARCEL, lambda: None) for _ in range(MOST_HANGING)]
    eventually(lambda: len(receiver.posts), lambda count: count == MOST_HANGING)
    for posting in hanging:
        posting.abandon()
    assert "still hang" in posted(poster).reason
    receiver.gate.set()
    eventually(lambda: posted(poster).outcome, lambda outcome: outcome is SendOutcome.DELIVERED)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "alerting.webhooks[0].url: the environment has no URL; set it, or URL_FILE, to an address"),
        ({"URL": "https://a/"}, "alerting.webhooks[0].secret: the environment has no KEY"),
        ({"URL": f"ftp://a{PATH}", "KEY": SECRET}, "is not https://…"),
        ({"URL": f"https://me:pw@a{PATH}", "KEY": SECRET}, "without a user in it"),
        ({"URL": f"http://erp.example{PATH}", "KEY": SECRET}, "would leave this machine unencrypted"),
    ],
)
def test_what_the_environment_has_is_checked_before_anything_is_sent(
    environ: dict[str, str], said: str
) -> None:
    with pytest.raises(ChannelsFaulty) as faulty:
        HttpPoster(Alerting(webhooks=(Webhook("env:URL", "env:KEY"),)), environ)
    (fault,) = faulty.value.faults
    assert said in fault
    assert "p4th" not in fault


NETWORK: Final = """
version: 1
defaults: {{hold_off: 1h}}
sites: [{{id: A, lat: 50.0, lon: 8.0}}, {{id: B, lat: 50.1, lon: 8.1}}, {{id: C, lat: 50.2, lon: 8.2}}]
routes:
  - {{id: run, due_within: 30d, stops: [{{sites: [A], dwell: {{max: 30d}}}}, {{sites: [B], transit: {{max: 30d}}}}]}}
devices: [{{id: d, kind: scanner}}]
sources: [{{id: erp}}]
alerting: {{webhooks: [{hooks}]}}
"""


def declared(monkeypatch: pytest.MonkeyPatch, **servers: Receiver) -> str:
    """A network with these webhooks, whose addresses and secrets the environment has."""
    for name, server in servers.items():
        monkeypatch.setenv(f"{name}_URL", server.url)
        monkeypatch.setenv(f"{name}_KEY", SECRET)
    hooks = (f'{{url: "env:{name}_URL", secret: "env:{name}_KEY"}}' for name in servers)
    return NETWORK.format(hooks=", ".join(hooks))


def check_all_came(server: Receiver, written: list[dict[str, Any]]) -> None:
    """All transitions came there, signed."""
    server.close()
    assert all(map(verified, server.posts))
    assert sorted(map(json.dumps, server.lines())) == sorted(map(json.dumps, written))


def check_ready_tells_why(desk: str) -> None:
    """Readiness says which webhook takes nothing; that is no reason to serve nobody."""

    def part() -> dict[str, Any]:
        told: dict[str, Any] = httpx.get(f"{desk}/readyz").json()["parts"]["webhooks"]
        return told

    said = eventually(part, lambda told: "env:GONE_URL" in told["reason"])
    assert said["ready"] is True
    assert "env:GONE_URL has taken nothing since " in said["reason"]
    assert ": it answers 410" in said["reason"]


def waiting(gateway: GatewayProcess, url: str) -> object:
    """How many transitions wait for a webhook."""
    return gateway.store.one(f"SELECT COUNT(*) FROM outbox WHERE lane = '{lane_of(url)}'")  # noqa: S608 # ours


def misroute(senders: Senders, item: str) -> None:
    """Announces it and has it seen where it does not belong: an alert opens with the scan."""
    senders.ask("source/erp/announce", {"id": f"a-{item}", "at": from_now(-60), "item": item, "route": "run"})
    scan = {"id": f"s-{item}", "at": from_now(), "step": "arriving", "item": item, "site": "C"}
    senders.ask("device/d/scan", scan)


def test_what_was_committed_is_posted_after_a_kill_by_hooks_that_were_down_slow_or_failing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    down, slow, gone = Receiver(), Receiver(), Receiver()
    down.close()
    slow.gate.clear()
    gone.status = 410
    network = declared(monkeypatch, HOOK=down, SLOW=slow, GONE=gone)
    (tmp_path / "broker").mkdir()
    with (
        Mosquitto(tmp_path / "broker") as broker,
        Senders(broker) as senders,
        GatewayProcess(tmp_path, broker, network) as gateway,
    ):
        for number in range(3):
            misroute(senders, f"SN-{number}")
        senders.wait_transition("opened", subject="SN-2")  # MQTT does not wait
        written = gateway.store.transitions()
        refused = gateway.wait_logged("webhook_refused", len(written))
        eventually(lambda: len(slow.posts), lambda count: count == 3)
        gateway.wait_logged("webhook_failed")
        check_ready_tells_why(str(gateway.wait_logged("http_listening")[0]["url"]))
        assert waiting(gateway, "env:HOOK_URL") == len(written)
        logs = json.dumps(gateway.log())
        gateway.kill()
        first = {(post.delivery, post.body) for post in slow.posts}
        slow.gate.set()
        back = Receiver(down.port)
        back.status = 500
        gateway.start()
        eventually(lambda: len(back.posts), lambda count: count > 0, 20)
        back.status = 200
        eventually(lambda: (len(back.lines()), len(slow.lines())), lambda n: n == (len(written),) * 2, 20)
        logs += json.dumps(gateway.log())
        assert gateway.stop() == 0
    for server in (back, slow, gone):
        check_all_came(server, written)
    assert len(gone.posts) == len(refused) == len(written)
    assert first <= {(post.delivery, post.body) for post in slow.posts[3:]}  # again, under the same ids
    assert "s3cret" not in logs
