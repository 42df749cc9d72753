"""What is read over HTTP: a return with its whole story, lists with their filters, and nothing that was not asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.http.rights import Role
from tests.http.conftest import HISTORY
from tests.http.world import World
from tests.unit.cli_world import NETWORK, at, happen, rfc, scan


def test_a_return_tells_its_journey_stop_by_stop_with_what_went_wrong(seen: World) -> None:
    told = seen.get("/api/v1/return", id="A")
    assert (told["status"], told["trip"]["number"]) == ("off_plan", 1)
    stops = [
        (each["progress"], each["arrived"] and each["arrived"]["site"], each["late_s"])
        for each in told["stops"]
        if not each["optional"]
    ]
    assert stops == [
        ("passed", "CP2", 28_800),
        ("passed", "HUB", None),
        ("next", None, 86_400),
    ]
    assert told["next"]["sites"] == ["REFILL"]
    assert [each["site"] for each in told["off_route"]] == ["REPAIR"]
    assert {each["kind"] for each in told["alerts"]} == {"missing", "misrouted"}
    assert {each["kind"] for each in told["past_alerts"]} == {"not_collected", "overdwell", "delayed"}
    assert told["zones"]["HUB"] == "UTC"


def test_a_return_tells_what_was_announced_of_it(seen: World) -> None:
    (said,) = seen.get("/api/v1/return", id="B-1")["announcements"]
    assert (said["rma"], said["value"], said["source"]) == ("4711", 80.5, "erp")


def test_a_container_tells_its_contents_and_where_it_is(seen: World) -> None:
    told = seen.get("/api/v1/container", id="TOTE-1")
    assert [each["id"] for each in told["contents"]] == ["B-1"]
    assert (told["position"]["lat"], told["tracker"], told["declared"]) == (51.4, "trk-1", True)


@pytest.mark.parametrize(
    ("path", "id_", "said"),
    [
        ("return", "B-11", "did you mean B-1?"),
        ("return", "HUB", "HUB is a site"),
        ("return", "TOTE-1", "ask for /api/v1/container?id= instead"),
        ("container", "B-1", "ask for /api/v1/return?id= instead"),
        ("return", "\u202eevil", "unprintable character"),
    ],
)
def test_what_is_not_there_is_told_with_what_was_perhaps_meant(
    seen: World, path: str, id_: str, said: str
) -> None:
    response = seen.client.get(f"/api/v1/{path}", params={"id": id_})
    assert response.status_code in (404, 422)
    assert said in response.json()["detail"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, ["A", "B-1", "B-2", "STRAY"]),
        ({"status": "off_plan"}, ["A"]),
        ({"status": "unplanned"}, ["STRAY"]),
        ({"status": ["off_plan", "unplanned"]}, ["A", "STRAY"]),
        ({"status": "completed"}, []),
        ({"route": "R"}, ["A", "B-1", "B-2"]),
        ({"route": "R", "status": "at_stop"}, ["B-1", "B-2"]),
        ({"route": "Q"}, []),
        ({"site": "CP1"}, ["B-1", "B-2"]),
        ({"site": "CP1", "kind": "delayed"}, ["B-1", "B-2"]),
        ({"site": "HUB"}, ["STRAY"]),
        ({"site": "HUB", "status": "unplanned"}, ["STRAY"]),
        ({"expected_at": "HUB"}, ["B-1", "B-2"]),
        ({"expected_at": "HUB", "status": "at_stop"}, ["B-1", "B-2"]),
        ({"expected_at": "HUB", "status": ["at_stop", "off_plan"]}, ["B-1", "B-2"]),
        ({"expected_at": "HUB", "status": "in_transit"}, []),
        ({"expected_at": "HUB", "status": "completed"}, []),
        ({"expected_at": "HUB", "site": "CP1", "container": "TOTE-1"}, ["B-1"]),
        ({"expected_at": "HUB", "q": "B-2"}, ["B-2"]),
        ({"expected_at": "REFILL"}, []),
        ({"expected_at": "NOWHERE"}, []),
        ({"kind": "missing"}, ["A"]),
        ({"kind": ["unexpected", "misrouted"]}, ["A", "STRAY"]),
        ({"container": "TOTE-1"}, ["B-1"]),
        ({"q": "B"}, ["B-1", "B-2"]),
        ({"q": "B-1"}, ["B-1"]),
        ({"q": "B", "status": "off_plan"}, []),
        ({"q": "TOTE"}, []),
    ],
)
def test_returns_are_found_by_each_filter(seen: World, query: dict[str, Any], ids: list[str]) -> None:
    assert [each["id"] for each in seen.get("/api/v1/returns", **query)["items"]] == ids


def test_a_list_says_how_each_stands(seen: World) -> None:
    found = {each["id"]: each for each in seen.get("/api/v1/returns")["items"]}
    assert found["B-1"] | {"deviations": None} == {
        "id": "B-1",
        "kind": "return",
        "status": "at_stop",
        "route": "R",
        "purpose": "refill",
        "stop": 0,
        "site": "CP1",
        "since": "2026-03-07T08:00:00Z",
        "leave_by": "2026-03-08T08:00:00Z",
        "container": "TOTE-1",
        "severity": "major",
        "deviations": None,
    }


def test_what_comes_is_found_as_it_goes_along(world: World) -> None:
    def coming(site: str, status: str | None = None) -> list[str]:
        page = world.get("/api/v1/returns", expected_at=site, status=status)
        return [each["id"] for each in page["items"]]

    happen(world.state, ("9T16:00", scan("B-2", "9T15:00", "departing", "CP1")), terrain=world.terrain)
    assert coming("HUB") == ["B-1"]  # it is under way, and where to is not known yet
    world.project()
    assert coming("HUB") == ["B-1", "B-2"]
    assert coming("HUB", "in_transit") == ["B-2"]
    happen(world.state, ("9T16:30", scan("B-2", "9T16:10", "arriving", "HUB")), terrain=world.terrain)
    world.project()
    assert (coming("HUB"), coming("SORT"), coming("REFILL")) == (["B-1"], ["B-2"], ["B-2"])


def test_a_tote_is_expected_like_what_is_in_it(make_world: Callable[..., World]) -> None:
    left = {"id": "t-1", "at": rfc("7T11:00"), "step": "departing", "container": "TOTE-1", "site": "CP1"}
    tote = "{id: TOTE-1, route: R, tracker: trk-1}"
    made = make_world(
        *HISTORY[:8],
        ("7T11:00", ("device/scan-1/scan", left)),
        network=NETWORK.replace("{id: TOTE-1, tracker: trk-1}", tote),
    )
    for path, ids in (("returns", ["B-1"]), ("containers", ["TOTE-1"])):
        page = made.get(f"/api/v1/{path}", expected_at="HUB", status="in_transit")
        assert [each["id"] for each in page["items"]] == ids


def test_a_list_that_is_on_one_page_says_how_many_it_has(seen: World) -> None:
    whole = seen.get("/api/v1/returns")
    first = seen.get("/api/v1/returns", limit=3)
    rest = seen.get("/api/v1/returns", limit=3, cursor=first["next"])
    assert [each["total"] for each in (whole, first, rest)] == [4, None, None]
    assert seen.get("/api/v1/containers", site="REPAIR")["total"] == 0


def test_a_list_goes_on_after_the_longest_id_there_is(world: World) -> None:
    ids = [face * 128 for face in "😀😁"]
    for item in ids:
        world.client.post(
            "/api/v1/returns", json={"id": f"l{len(item)}{ord(item[0])}", "item": item, "route": "R"}
        )
    first = world.get("/api/v1/returns", q="😀", limit=1)
    pages = [world.get("/api/v1/returns", limit=1)]
    while pages[-1]["next"] is not None:
        pages.append(world.get("/api/v1/returns", limit=1, cursor=pages[-1]["next"]))
    found = [each["id"] for page in pages for each in page["items"]]
    assert [each["id"] for each in first["items"]] == ids[:1]
    assert found[-2:] == ids


def test_containers_are_listed_with_what_is_in_them(seen: World) -> None:
    (tote,) = seen.get("/api/v1/containers")["items"]
    assert (tote["id"], tote["items"], tote["position"]["at"]) == ("TOTE-1", 1, "2026-03-07T10:00:00Z")


def test_the_positions_of_a_container_come_latest_first_and_page(seen: World) -> None:
    first = seen.get("/api/v1/container/positions", id="TOTE-1", limit=1)
    second = seen.get("/api/v1/container/positions", id="TOTE-1", limit=1, cursor=first["next"])
    assert [each["items"][0]["at"] for each in (first, second)] == [
        "2026-03-07T10:00:00Z",
        "2026-03-07T09:00:00Z",
    ]
    assert (second["items"][0]["sensors"], second["next"]) == ({"temperature_c": 21.5}, None)


def test_sites_say_what_is_there_and_whether_they_are_open(seen: World) -> None:
    found = {each["id"]: each for each in seen.get("/api/v1/sites")["items"]}
    assert found["CP1"]["stock"] == [
        {"route": "R", "subjects": 2, "oldest_since": "2026-03-07T08:00:00Z", "over": 2}
    ]
    assert found["HUB"]["fence"] == {"radius_m": 300.0, "polygon": None}
    assert found["HUB"]["open"] is True


def test_a_site_says_its_hours_and_when_it_closes(tmp_path: Path) -> None:
    hours = """calendars:
  week: {open: {mon-thu: ["08:00-12:00", "13:00-18:00"], sat: ["09:00-24:00"]}}
sites:"""
    network = NETWORK.replace("sites:", hours, 1).replace(
        "kind: sorting_centre,", "kind: sorting_centre, timezone: Europe/Berlin, calendar: week,"
    )
    with World(tmp_path, (), network, at("4T14:00")) as made:
        found = {each["id"]: each for each in made.get("/api/v1/sites")["items"]}
    assert (found["SORT"]["open"], found["SORT"]["closes_at"]) == (True, rfc("4T17:00"))
    assert [f"{each['days']} {each['from']}-{each['to']}" for each in found["SORT"]["hours"]] == [
        "mon-thu 08:00-12:00",
        "mon-thu 13:00-18:00",
        "sat 09:00-24:00",
    ]
    assert (found["HUB"]["closes_at"], found["HUB"]["hours"]) == (None, [])


def test_routes_are_told_with_their_stops(seen: World) -> None:
    (route,) = seen.get("/api/v1/routes")["items"]
    assert [each["transit_max_s"] for each in route["stops"]] == [None, 86_400, 21_600, 172_800]


def test_devices_say_when_they_were_heard(seen: World) -> None:
    found = {each["id"]: each for each in seen.get("/api/v1/devices")["items"]}
    assert found["scan-1"]["heard_at"] == "2026-03-08T11:00:00Z"
    assert (found["scan-1"]["online"], found["trk-1"]["container"]) == (True, "TOTE-1")


def test_the_quarantine_keeps_what_was_refused_the_latest_first(seen: World) -> None:
    found = seen.get("/api/v1/quarantine")["items"]
    assert [(each["reason"], each["payload"][:5]) for each in found] == [
        ("malformed", "{not "),
        ("unknown_site", '{"id"'),
    ]
    assert [each["reason"] for each in seen.get("/api/v1/quarantine", reason="unknown_site")["items"]] == [
        "unknown_site"
    ]


def test_a_view_that_is_as_the_asker_knows_it_is_not_sent_again(seen: World) -> None:
    client = seen.client
    for path in ("/api/v1/returns", "/api/v1/return?id=A", "/api/v1/sites", "/api/v1/alerts"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
        other = client.get(path, headers={"If-None-Match": '"other"'})
        assert other.status_code == 200


def test_what_a_device_wrote_is_told_as_text_and_nothing_else(seen: World) -> None:
    response = seen.client_of(Role.VIEWER).get(
        "/api/v1/return", params={"id": "<img src=x onerror=alert(1)>"}
    )
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
