"""Malformed and hostile input of every kind, at a rate, while good traffic goes on: each message is answered.

Each ends in quarantine, whole, with its reason; none is fatal; the good ones beside it are accepted promptly.
"""

import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from random import Random
from typing import Any, Final, NamedTuple

import pytest

from tests.integration.gateway_process import GatewayProcess
from tests.integration.gateway_senders import Event, Senders, from_now
from tests.servers.mosquitto import Mosquitto
from tests.servers.tap import PUBACK, Tap

NETWORK: Final = """
version: 1
sites:
  - {id: PORT, lat: 53.54, lon: 9.98, timezone: Europe/Berlin}
  - {id: YARD, lat: 53.60, lon: 10.02, timezone: Europe/Berlin}
routes:
  - id: drums
    purpose: dispose
    stops: [{sites: [PORT], dwell: {max: 9d}}, {sites: [YARD], transit: {max: 9d}}]
containers:
  - {id: DRUM-1, tracker: bound}
devices:
  - {id: good, kind: scanner, site: PORT}
  - {id: bad, kind: scanner, site: PORT}
  - {id: fuzz, kind: scanner, site: PORT}
  - {id: homeless, kind: scanner}
  - {id: confined, kind: scanner, site: PORT, sites: [PORT]}
  - {id: loose, kind: tracker}
  - {id: bound, kind: tracker, container: DRUM-1}
  - {id: dead, kind: scanner, silent_after: 1s}
sources: [{id: erp}]
"""
AT: Final = from_now(-30)
SCAN: Final[dict[str, Any]] = {"at": AT, "step": "arriving", "item": "D-1"}
FIX: Final[dict[str, Any]] = {"at": AT, "lat": 53.54, "lon": 9.98}


class Case(NamedTuple):
    """A bad payload. Its answer names `event`, or where no id can be read (None) the payload's digest."""

    channel: str
    payload: bytes
    reason: str
    event: str | None = None


def bad(id_: object, reason: str = "malformed", channel: str = "device/bad/scan", **fields: Any) -> Case:
    """A payload that is right but for these fields."""
    what = channel.rpartition("/")[2]
    right = {"scan": SCAN, "position": FIX, "announce": {"at": AT, "item": "D-1", "route": "drums"}}[what]
    payload = json.dumps({"id": id_, **right, **fields}).encode()
    known = isinstance(id_, str) and id_.isascii() and id_.replace("-", "").isalnum()
    return Case(channel, payload, reason, str(id_) if known else None)


def raw(payload: bytes, reason: str = "malformed", event: str | None = None) -> Case:
    return Case("device/bad/scan", payload, reason, event)


CASES: Final = {
    "nothing": raw(b""),
    "half an object": raw(b'{"id": "h1", "at": '),
    "null": raw(b"null"),
    "a number": raw(b"1e999"),
    "text": raw(b'"scan"'),
    "an empty array": raw(b"[]"),
    "an empty object": raw(b"{}"),
    "a NUL byte": raw(b"\0"),
    "a byte order mark": raw(b"\xef\xbb\xbf" + json.dumps({"id": "bom", **SCAN}).encode()),
    "UTF-16": raw(json.dumps({"id": "wide", **SCAN}).encode("utf-16")),
    "invalid UTF-8": raw(b'{"id": "u\xff8", "at": "2026-01-01T00:00:00Z"}'),
    "two objects": raw(b'{"id": "t1"} {"id": "t2"}'),
    "brackets without end": raw(b"[" * 60_000),
    "objects without end": raw(b'{"a":' * 10_000),
    "one byte too many": raw(json.dumps({"id": "big", **SCAN}).encode().ljust(65_537), "too_large"),
    "twice as much": raw(b"[" + b" " * 131_000 + b"]", "too_large"),
    "an array too long": raw(json.dumps([SCAN] * 501).encode(), "too_large"),
    "a slash in the id": bad("a/b"),
    "a plus in the id": bad("+"),
    "a hash in the id": bad("#"),
    "an id of dots and a slash": bad("../../etc/passwd"),
    "an id that is empty": bad(""),
    "an id of 65 characters": bad("x" * 65)._replace(event=None),
    "an id that is a number": bad(17),
    "an id that is null": bad(None),
    "an id in Arabic digits": bad("١٢٣")._replace(event=None),
    "a lone surrogate": raw(rb'{"id": "sur", "at": "2026-01-01T00:00:00Z", "item": "\ud800"}'),
    "a NUL in an item": bad("nul1", item="a\0b"),
    "a NUL in a field unknown": bad("nul2", colour="\0"),
    "an item of space": bad("space", item=" "),
    "an item of 129 characters": bad("long", item="y" * 129),
    "an item turned round": bad("turned", item="abc\u202edef"),
    "501 items": bad("many", items=[f"D-{n}" for n in range(501)]),
    "a kind of article": bad("gtin", "not_an_instance", item="0109506000134352"),
    "a step unknown": bad("step", step="arived"),
    "no step": bad("nostep", step=None),
    "a time without offset": bad("t-offset", at="2026-11-22T09:14:03"),
    "an offset of 26 hours": bad("t-26", at="2026-11-22T09:14:03+26:00"),
    "the thirtieth of February": bad("t-feb", at="2026-02-30T09:14:03Z"),
    "a time that is a number": bad("t-epoch", at=1_795_335_243),
    "the year 1": bad("t-0001", "too_old", at="0001-01-01T00:00:00Z"),
    "the year 9999": bad("t-9999", "future_time", at="9999-12-31T23:59:59.999999Z"),
    "before the year 1": bad("t-before", at="0001-01-01T00:00:00+14:00"),
    "after the year 9999": bad("t-after", at="9999-12-31T23:59:59-14:00"),
    "a leap second long ago": bad("t-leap", "too_old", at="2016-12-31T23:59:60Z"),
    "an hour ahead": bad("t-ahead", "future_time", at=from_now(3600)),
    "NaN": raw(b'{"id": "nan", "at": "2026-01-01T00:00:00Z", "step": "arriving", "lat": NaN}', event="nan"),
    "a float beyond floats": bad("inf", channel="device/loose/position", lat=0, container="C")._replace(
        payload=b'{"id": "inf", "at": "2026-01-01T00:00:00Z", "lat": 1e999, "lon": 0, "container": "C"}'
    ),
    "a number of 4,000 digits": bad("huge", channel="device/loose/position", lat=10**4000, container="C"),
    "a latitude of 91": bad("lat", channel="device/loose/position", lat=91, container="C"),
    "a device unknown": bad("s1", "unknown_device", "device/nobody/scan"),
    "a source unknown": bad("s2", "unknown_source", "source/nobody/announce"),
    "a tracker that scans": bad("s3", "not_allowed", "device/bound/scan"),
    "a scanner that strays": bad("s4", "not_allowed", "device/confined/scan", site="YARD"),
    "a tracker for another": bad("s5", "not_allowed", "device/bound/position", container="DRUM-2"),
    "no site": bad("s6", "no_site", "device/homeless/scan"),
    "a site unknown": bad("s7", "unknown_site", site="PORTO"),
    "no container": bad("s8", "no_container", "device/loose/position"),
    "a route unknown": bad("s9", "unknown_route", "source/erp/announce", route="drum"),
    "a due date in words": bad("s10", "malformed", "source/erp/announce", due_at="soon"),
}  # fmt: skip


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    settings = {"set_tcp_nodelay": "true", "message_size_limit": "262144"}
    with Mosquitto(tmp_path_factory.mktemp("broker"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, broker: Mosquitto) -> Iterator[GatewayProcess]:
    with GatewayProcess(tmp_path_factory.mktemp("gateway"), broker, NETWORK) as running:
        yield running
        assert running.stop() == 0
        assert [line for line in running.log() if line.get("level") not in {"info", "warning"}] == []


@pytest.fixture
def senders(gateway: GatewayProcess, broker: Mosquitto) -> Iterator[Senders]:  # noqa: ARG001 # to whom they send
    with Senders(broker) as connected:
        yield connected


def answers(senders: Senders, case: Case) -> list[dict[str, Any]]:
    if case.event is None:
        return senders.refused.get(sha256(case.payload).hexdigest(), [])
    return senders.answers.get((case.channel.rpartition("/")[0], case.event), [])


def all_answered(senders: Senders, times: int) -> bool:
    return all(len(answers(senders, case)) >= times for case in CASES.values())


def go_on_scanning(senders: Senders, over: threading.Event) -> list[float]:
    """One good scan after the other until told to stop; how long each took to be answered, in seconds."""
    took: list[float] = []
    while not over.is_set():
        number = len(took)
        began = time.monotonic()
        answer = senders.ask("device/good/scan", {"id": f"g{number}", **SCAN, "item": f"G-{number}"})
        took.append(time.monotonic() - began)
        assert (answer["result"], answer["verdict"]) == ("accepted", "unexpected")
    return took


def test_everything_malformed_is_answered_and_kept_whole_while_good_traffic_goes_on(
    gateway: GatewayProcess, senders: Senders
) -> None:
    rounds, rng, over = 25, Random(20), threading.Event()
    with Senders(senders.broker) as hostile, ThreadPoolExecutor(1) as pool:
        scanning = pool.submit(go_on_scanning, senders, over)
        try:
            for done in range(1, rounds + 1):
                cases = rng.sample(list(CASES.values()), len(CASES))
                hostile.send_all([(case.channel, case.payload) for case in cases])
                hostile.wait_for(partial(all_answered, hostile, done), "answers")
        finally:
            over.set()
        took = scanning.result(10)
        for what, case in CASES.items():
            said = {(each["result"], each["reason"]) for each in answers(hostile, case)}
            assert said == {("quarantined", case.reason)}, what
    kept = gateway.store.rows("SELECT topic, payload, reason, seen, trace FROM quarantine")
    assert set(kept) == {(case.channel, case.payload, case.reason, rounds, None) for case in CASES.values()}
    logging.info("%d good scans, answered in %.0f ms at most", len(took), max(took) * 1000)
    assert len(took) >= 5
    assert max(took) < 2


def test_a_bad_element_of_an_array_goes_to_quarantine_alone(
    gateway: GatewayProcess, senders: Senders
) -> None:
    elements = [json.dumps({"id": f"e{n}", **SCAN, "item": f"E-{n}"}).encode() for n in range(40)]
    elements[7] = b'{"id": "e7", "at": "yesterday",  "step": "arriving"}'
    elements[20] = b'{"nobody": [1, 2, {"knows": null}]}'
    elements[39] = b"[]"
    senders.send("device/bad/scan", b"[" + b" , ".join(elements) + b"]")
    digests = [sha256(elements[n]).hexdigest() for n in (20, 39)]
    senders.wait_for(
        lambda: len(senders.answers) >= 38 and all(digest in senders.refused for digest in digests),
        "40 answers",
    )
    results = {id_: result[0]["result"] for (_, id_), result in senders.answers.items()}
    assert results.pop("e7") == "quarantined"
    assert results == {f"e{n}": "accepted" for n in range(40) if n not in {7, 20, 39}}
    for n in (7, 20, 39):
        assert gateway.store.one("SELECT COUNT(*) FROM quarantine WHERE payload = ?", elements[n]) == 1


def test_what_is_only_odd_is_accepted(senders: Senders) -> None:
    odd = {
        "leap": {"at": AT[:17] + "00+00:00", "note": "\U0001f4e6 ünïcode\nand a line"},
        "x" * 64: {"at": AT, "item": "z" * 128},
        "A.b_c:d-e": {"at": AT, "newer": {"than": ["us", {"deeply": [1.5, None, True]}]}},
        "full": {"at": AT, "note": "n" * 1000, "pad": "p" * 60_000},
    }
    for id_, fields in odd.items():
        assert isinstance(fields, dict)
        assert senders.ask("device/bad/scan", {"id": id_, **SCAN, **fields})["result"] == "accepted"
    exact = json.dumps({"id": "exact", **SCAN}).encode()
    senders.send("device/bad/scan", exact.ljust(65_536))
    senders.wait_answers([Event("device/bad/scan", {"id": "exact"})])
    assert senders.answers["device/bad", "exact"][0]["result"] == "accepted"


@pytest.mark.parametrize("seed", [3, 17])
def test_every_mutilated_scan_gets_exactly_one_answer(
    gateway: GatewayProcess, senders: Senders, seed: int
) -> None:
    rng, count = Random(seed), 1_500
    messages = []
    for number in range(count):
        scan = bytearray(json.dumps({"id": f"f{seed}-{number}", **SCAN, "items": ["F-1", "F-2"]}).encode())
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(1, len(scan))
            match rng.randrange(3):
                case 0:
                    scan[at] = rng.randrange(256)
                case 1:
                    del scan[at : at + rng.randint(1, 9)]
                case _:
                    scan[at:at] = rng.choice((b'"', b"{", b"[", b"\\", b"\\u0000", b"1e9", b",", b"\xf0\x9f"))
        messages.append(bytes(scan))
    messages = [b"{" + message[1:] for message in dict.fromkeys(messages)]
    senders.send_all([("device/fuzz/scan", message) for message in messages])

    def answered() -> int:
        return sum(map(len, [*senders.answers.values(), *senders.refused.values()]))

    senders.wait_for(lambda: answered() >= len(messages), "answers to all", 30)
    results = [each for few in [*senders.answers.values(), *senders.refused.values()] for each in few]
    assert len(results) == len(messages)
    assert {"accepted", "quarantined"} <= {each["result"] for each in results}
    assert gateway.store.one("SELECT COUNT(*) FROM quarantine WHERE reason = 'internal'") == 0


def test_topics_of_nobody_are_acknowledged_and_kept_and_nobody_is_answered(
    tmp_path_factory: pytest.TempPathFactory, broker: Mosquitto
) -> None:
    odd = ["", " ", "a b", "ä", "x" * 65, "$SYS", "'; DROP TABLE events; --", "%2F", "\u202e", "💣"]
    topics = [f"device/{name}/scan" for name in odd] + [f"source/{name}/announce" for name in odd[:5]]
    with (
        Tap(broker.port) as tap,
        GatewayProcess(
            tmp_path_factory.mktemp("odd"),
            broker,
            NETWORK,
            settings={"MQTT__URL": tap.url, "MQTT__CLIENT_ID": "odd", "MQTT__ROOT": "odd/v1"},
        ) as gateway,
        Senders(broker, "odd/v1") as senders,
    ):
        payload = json.dumps({"id": "o1", **SCAN}).encode()
        senders.send_all([(topic, payload) for topic in topics])
        assert tap.wait_for(lambda: tap.sent[PUBACK] >= len(topics))
        kept = gateway.store.rows("SELECT topic, payload, reason FROM quarantine")
        assert set(kept) == {(topic, payload, "malformed") for topic in topics}
        assert senders.ask("device/good/scan", {"id": "o2", **SCAN})["result"] == "accepted"
        assert senders.answers.keys() == {("device/good", "o2")}


def test_retained_messages_are_taken_in_but_are_no_sign_of_life(
    gateway: GatewayProcess, senders: Senders
) -> None:
    def silent() -> list[str]:
        return [id_ for id_, alert in senders.retained.items() if alert["kind"] == "device_silent"]

    senders.wait_for(lambda: len(silent()) == 1, "alert of a silent device")
    scan = json.dumps({"id": "r1", **SCAN, "site": "PORT"}).encode()
    (before,) = silent()
    senders.retain("device/dead/scan", scan)
    senders.wait_for(lambda: silent() not in ([], [before]), "end of the silence and a new one")
    again = silent()
    gateway.stop()
    gateway.start()
    senders.wait_for(lambda: len(senders.answers["device/dead", "r1"]) > 1, "the retained scan once more")
    assert senders.answers["device/dead", "r1"][-1]["result"] == "duplicate"
    assert silent() == again
    assert gateway.store.rows(
        "SELECT id FROM alerts WHERE kind = 'device_silent' AND resolved_at IS NULL"
    ) == [(again[0],)]
