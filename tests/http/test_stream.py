"""The event stream: what changes is told as it changes; nothing is missed, nothing told twice."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.types import Message

from gateway.adapters.http.desk import Desk
from gateway.adapters.http.rights import Role
from gateway.adapters.http.stream import Listening, Tail
from gateway.ports.desk import Marks
from gateway.service.queries.changes import What, distance, place_of, place_text
from tests.http.listener import Heard, heard_until, listening
from tests.http.world import World
from tests.unit.cli_world import position, scan

BEGINNING = "t0-c0-e0"


def transitions(world: World) -> list[str]:
    with world.state.reader() as unit:
        return [each.body for each in unit.transitions(after=0, limit=10_000)]


def alerts(heard: Sequence[Heard]) -> list[Any]:
    return [
        (each.data["id"], each.data["transition"], each.data["time"])
        for each in heard
        if each.event == "alert"
    ]


def send(world: World, *happened: tuple[str, Any]) -> None:
    events = [{"topic": topic, "payload": payload} for topic, payload in happened]
    assert world.client.post("/api/v1/events", json=events).status_code == 200


def strangers(first: int, count: int) -> list[tuple[str, Any]]:
    """Scans of which each opens an alert."""
    return [scan(f"X-{number}", "9T15:00", "inspecting", "HUB") for number in range(first, first + count)]


async def _hear(world: World, since: str | None, count: int, only: str = "") -> list[Heard]:
    async with listening(world.server.url, world.secrets[Role.VIEWER], since, only) as frames:
        return await heard_until(frames, lambda found: len(alerts(found)) >= count)


def test_whoever_has_heard_nothing_hears_all_of_it_once_and_in_order(seen: World) -> None:
    known = transitions(seen)
    heard = asyncio.run(_hear(seen, BEGINNING, len(known)))
    with seen.state.reader() as unit:
        rows = unit.transitions(after=0, limit=1_000)
    places = [place_of(each.id) for each in heard if each.event == "alert"]
    assert [place.transitions for place in places if place is not None] == [row.seq for row in rows]
    assert heard[0].event == "hello"


def test_whoever_comes_back_goes_on_where_they_were(seen: World) -> None:
    known = len(transitions(seen))

    async def told() -> list[Heard]:
        found = await _hear(seen, BEGINNING, 3)
        while len(alerts(found)) < known:
            found += await _hear(seen, found[-1].id, min(2, known - len(alerts(found))))
        return found

    heard = alerts(asyncio.run(told()))
    assert len(heard) == len(set(heard)) == known


def test_alerts_journeys_and_positions_are_told_as_they_come(world: World) -> None:
    async def told() -> list[Heard]:
        async with listening(world.server.url, world.secrets[Role.OPERATOR]) as frames:
            hello = await anext(frames)
            await asyncio.to_thread(send, world, *strangers(1, 1), position("9T16:00", 50.1, 8.7))
            found = await heard_until(
                frames, lambda found: {"alert", "journeys", "positions"} <= {e.event for e in found}
            )
        return [hello, *found]

    heard = {each.event: each.data for each in asyncio.run(told())}
    assert heard["hello"] == {}
    assert (heard["alert"]["kind"], heard["alert"]["subject"]["id"]) == ("unexpected", "X-1")
    assert heard["positions"]["items"][0] | {"id": None} == {
        "container": "TOTE-1",
        "device": "trk-1",
        "id": None,
        "at": "2026-03-09T16:00:00Z",
        "lat": 50.1,
        "lon": 8.7,
    }


def test_a_journey_is_told_as_it_is_by_now(world: World) -> None:
    async def told() -> dict[str, Any]:
        async with listening(world.server.url, world.secrets[Role.VIEWER], only="?only=journeys") as frames:
            await anext(frames)
            await asyncio.to_thread(send, world, scan("B-2", "9T16:00", "receiving", "REFILL"))

            def done(found: list[Heard]) -> bool:
                return any(item["id"] == "B-2" for each in found for item in each.data["items"])

            found = await heard_until(frames, done)
        assert {each.event for each in found} == {"journeys"}
        return next(item for each in found for item in each.data["items"] if item["id"] == "B-2")

    assert asyncio.run(told()) == {
        "id": "B-2",
        "kind": "return",
        "status": "completed",
        "stop": 3,
        "route": "R",
        "container": None,
        "severity": None,
    }


@pytest.mark.parametrize("since", ["t9999999-c0-e0", "t0-c0-e99999999"])
def test_whoever_knows_more_than_there_is_loads_anew(seen: World, since: str) -> None:
    async def first() -> Heard:
        async with listening(seen.server.url, seen.secrets[Role.VIEWER], since) as frames:
            return await anext(frames)

    heard = asyncio.run(first())
    with seen.state.reader() as unit:
        assert (heard.event, heard.id) == ("reset", place_text(unit.marks_now()))


def test_an_id_that_is_none_is_refused(seen: World) -> None:
    answer = seen.client.get("/api/v1/stream", headers={"Last-Event-ID": "17"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Last-Event-ID")


class Taker:
    """The other end of an answer, which takes what is sent to it when it likes."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.may_take = asyncio.Event()
        self.gone = asyncio.Event()

    async def send(self, message: Message) -> None:
        await self.may_take.wait()
        self.taken.append(message.get("body", b""))

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    @property
    def text(self) -> str:
        return b"".join(self.taken).decode()


async def allowed() -> bool:
    return True


def test_a_listener_that_falls_behind_holds_nobody_up_and_is_told_to_load_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.adapters.http.stream.KEPT", 5)
    monkeypatch.setattr("gateway.adapters.http.stream.POLL_S", 0.01)

    async def story() -> tuple[Taker, Taker]:
        tail = Tail(Desk(world.outside))
        slow, quick = Taker(), Taker()
        quick.may_take.set()
        running = [
            asyncio.create_task(
                Listening(tail, None, frozenset({What.ALERT}), allowed)({}, each.receive, each.send)
            )
            for each in (slow, quick)
        ]
        async with asyncio.timeout(30):
            while not quick.taken:
                await asyncio.sleep(0.01)
            for number in range(20):
                await asyncio.to_thread(send, world, *strangers(number, 1))
                while quick.text.count('"opened"') <= number:
                    await asyncio.sleep(0.01)
            slow.may_take.set()
            while "event: reset" not in slow.text:
                await asyncio.sleep(0.01)
            for each in (slow, quick):
                each.gone.set()
            await asyncio.gather(*running)
        assert tail.listeners == 0
        return slow, quick

    slow, quick = asyncio.run(story())
    assert quick.text.count('"opened"') == 20
    assert "event: reset" not in quick.text
    assert slow.text.count('"opened"') < 20


def test_a_listener_that_takes_nothing_is_let_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.adapters.http.stream.STUCK_S", 0.05)

    async def story() -> int:
        tail = Tail(Desk(world.outside))
        stuck = Taker()
        stuck.may_take.set()

        async def take_the_start_only(message: Message) -> None:
            if message["type"] != "http.response.start":
                await asyncio.Event().wait()

        async with asyncio.timeout(30):
            await Listening(tail, None, frozenset(What), allowed)({}, stuck.receive, take_the_start_only)
        return tail.listeners

    assert asyncio.run(story()) == 0


@pytest.mark.parametrize("busy", [False, True])
def test_a_stream_ends_when_its_token_is_revoked(
    world: World, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    monkeypatch.setattr("gateway.adapters.http.stream.CHECK_S", 0.1)

    async def story() -> None:
        async with asyncio.timeout(30), listening(world.server.url, world.secrets[Role.VIEWER]) as frames:
            assert (await anext(frames)).event == "hello"
            with world.state.unit() as unit:
                [row] = [each for each in unit.tokens() if each.name == Role.VIEWER.value]
                unit.put_token(row._replace(revoked_at=world.clock.now()))
            number = 0
            while busy and not world.client_of(Role.VIEWER).get("/api/v1/alerts").is_error:
                await asyncio.to_thread(send, world, *strangers(number, 1))
                number += 1
            with pytest.raises(asyncio.IncompleteReadError) as ended:
                async for _ in frames:
                    pass
            assert ended.value.partial == b""

    asyncio.run(story())


def test_as_many_as_may_listen_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.adapters.http.stream.LISTENERS", 0)
    answer = world.client.get("/api/v1/stream")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


@pytest.mark.slow
def test_two_hundred_listeners_of_whom_some_leave_and_come_back_each_hear_all_of_it_once(
    world: World,
) -> None:
    count, opened = 200, 60
    url, secret = world.server.url, world.secrets[Role.VIEWER]

    async def faithful(since: str) -> list[Any]:
        return alerts(await _hear(world, since, opened, "?only=alert"))

    async def fickle(since: str) -> list[Any]:
        found: list[Any] = []
        while len(found) < opened:
            heard = await _hear(
                world, since, 7 if opened - len(found) >= 7 else opened - len(found), "?only=alert"
            )
            found += alerts(heard)
            since = heard[-1].id
        return found

    async def story() -> list[list[Any]]:
        async with listening(url, secret) as frames:
            since = (await anext(frames)).id
        each = [asyncio.create_task((fickle if n % 4 == 0 else faithful)(since)) for n in range(count)]
        for number in range(0, opened, 6):
            await asyncio.to_thread(send, world, *strangers(number, 6))
        return await asyncio.gather(*each)

    heard = asyncio.run(story())
    assert len(heard) == count
    assert {len(each) for each in heard} == {opened}
    assert all(each == heard[0] for each in heard)
    assert len(set(heard[0])) == opened


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("t1-c2-e3", Marks(1, 2, 3)),
        ("t1-c2", None),
        ("t1-c2-e3 ", None),
        ("t-1-c2-e3", None),
        ("t" + "9" * 40 + "-c0-e0", None),
    ],
)
def test_a_place_is_read_as_it_was_written(text: str, place: Marks | None) -> None:
    assert place_of(text) == place
    assert place is None or place_text(place) == text


def test_the_way_between_places_is_how_many_rows_lie_there() -> None:
    assert distance(Marks(1, 2, 3), Marks(4, 2, 5)) == 5
    assert distance(Marks(1, 2, 3), Marks(4, 1, 5)) is None
