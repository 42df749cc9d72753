"""Whatever the bytes, decoding answers; and what it accepts is fit to be stored and sent on."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.tracking.cbv import BUSINESS_STEPS
from gateway.tracking.instants import instant, rfc3339
from gateway.tracking.model import Scan
from gateway.wire.decoding import Reading, decode
from gateway.wire.payloads import AnnouncementPayload, PositionPayload, ScanPayload, StatusPayload
from gateway.wire.receipt import quarantined, receipts, render
from gateway.wire.topics import Channel, What

NOW = instant("2026-11-22T08:14:03Z")
WHATS: tuple[What, ...] = ("scan", "position", "status", "announce")
channels = st.sampled_from([Channel("source" if w == "announce" else "device", "x", w) for w in WHATS])
fields = st.sampled_from(
    sorted(
        {
            name
            for payload in (ScanPayload, PositionPayload, StatusPayload, AnnouncementPayload)
            for name in payload.__annotations__
        }
    )
)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(fields | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=12,
)
likely_texts = st.sampled_from(
    [
        "e1",
        "2026-11-22T08:14:03Z",
        "packing",
        "unpacking",
        "SN-1",
        "(01)09506000134352",
        "online",
        "open",
        "\ud800",
    ]
)
likely_values = st.sampled_from([0, 1.5, [], ["SN-1", "SN-2"], ["e0"], True, "\x00", float("nan"), None])
objects = st.dictionaries(fields, likely_texts | likely_values | anything, max_size=12)


def check(channel: Channel, payload: bytes) -> None:
    decoded = decode(channel, payload)
    assert decoded
    for each in decoded:
        if isinstance(each, Reading):
            assert "\n" not in each.text
            assert "\\u0000" not in json.dumps(json.loads(each.text), allow_nan=False)
        else:
            (receipt,) = receipts(NOW, [render(quarantined(each))])
            (result,) = json.loads(receipt)["results"]
            assert (result["id"] is None) == ("sha256" in result)
            assert result["message"].isprintable()


@given(channels, st.binary(max_size=200))
def test_any_bytes_are_answered(channel: Channel, payload: bytes) -> None:
    check(channel, payload)


@given(channels, anything | objects | st.lists(objects, max_size=4))
def test_any_json_is_answered(channel: Channel, payload: Any) -> None:
    check(channel, json.dumps(payload).encode())


@given(channels, st.text('{}[]",:\\u0dNaInfty1eE+-. \n\ufeff', max_size=60))
def test_anything_like_json_is_answered(channel: Channel, payload: str) -> None:
    check(channel, payload.encode())


ids = st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True)
articles = st.from_regex(r"[A-Z]{2}-[!-~]{1,20}", fullmatch=True)
instants = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)


@given(
    id_=ids,
    at=instants,
    step=st.sampled_from(sorted(BUSINESS_STEPS)),
    items=st.lists(articles, min_size=1, max_size=8, unique=True),
    container=articles | st.none(),
    note=st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=50) | st.none(),
)
def test_a_scan_that_is_written_is_read_back(
    id_: str, at: int, step: str, items: list[str], container: str | None, note: str | None
) -> None:
    payload = {
        "id": id_,
        "at": rfc3339(at),
        "step": step,
        "items": items,
        "container": container,
        "note": note,
    }
    (reading,) = decode(Channel("device", "d", "scan"), json.dumps(payload).encode())
    assert isinstance(reading, Reading)
    scan = reading.fact
    assert isinstance(scan, Scan)
    assert (scan.id, scan.at, scan.step, scan.items) == (id_, at, step, tuple(items))
    assert (scan.container, scan.note) == (container, note)
    (of_array,) = decode(Channel("device", "d", "scan"), json.dumps([payload]).encode())
    assert isinstance(of_array, Reading)
    assert of_array.fact == scan
