"""EPCIS over HTTP as any client of the standard expects it: negotiation, discovery, exceptions of its bindings."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from gateway.adapters.http.bulwark import LARGEST_BODY
from gateway.adapters.http.problems import MEDIA_TYPE
from gateway.adapters.http.rights import Role
from gateway.adapters.state import SqlState
from gateway.epcis.documents import LARGEST_DOCUMENT, MOST_EVENTS
from gateway.ports.access import AuditRow
from gateway.ports.state import Unavailable
from tests.epcis.gateways import CONTEXT, event, wrapped
from tests.http.conftest import HISTORY
from tests.http.test_epcis import CAPTURE, EVENTS, PARTNERED, events_in, finished, post, seen_at
from tests.http.world import World

URN = "urn:epc:id:sgtin:4012345.011111.9876"
LINK = "https://id.gs1.org/01/04012345111118/21/9876"
EPCIS = "/epcis/v2"
HOUSE = "urn:returns-gateway:problem:"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which one event of a partner's was captured, for tests that ask."""
    with World(tmp_path_factory.mktemp("asked"), HISTORY, PARTNERED) as world:
        captured = event(eventID="urn:x:1", epcList=[URN], eventTime="2026-03-09T12:00:00+01:00")
        assert finished(world, post(world, wrapped(captured)))["notes"] == [
            {
                "event": 0,
                "detail": "it names no read point or business location that is a site of the network",
            }
        ]
        yield world


@pytest.fixture
def partnered(make_world: Callable[..., World]) -> World:
    return make_world(*HISTORY, network=PARTNERED)


def get(world: World, address: str, **headers: str) -> httpx.Response:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.client.get(address, headers=said)


@pytest.mark.parametrize("address", [EVENTS, f"{EVENTS}/urn:x:1", CAPTURE, f"{EPCIS}/queries"])
@pytest.mark.parametrize(
    ("accept", "told"),
    [
        ("*/*", "application/json"),
        ("application/ld+json", "application/ld+json"),
        ("application/json;q=0.1, application/ld+json;q=0.2", "application/ld+json"),
    ],
)
def test_the_answer_is_of_the_type_that_the_client_likes_best(
    asked: World, address: str, accept: str, told: str
) -> None:
    answer = get(asked, address, Accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, told)
    assert answer.headers["GS1-EPCIS-Version"] == "2.0"
    assert answer.json() is not None


@pytest.mark.parametrize("address", [EVENTS, f"{EVENTS}/urn:x:1", CAPTURE, f"{EPCIS}/queries"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Accept", "application/xml"),
        ("GS1-EPCIS-Max", "1.2"),
        ("GS1-EPCIS-Min", "2.1"),
        ("GS1-CBV-Min", "3.0.0"),
        ("GS1-EPCIS-Version", "1.2"),
    ],
)
def test_what_cannot_be_had_is_refused_as_not_acceptable(
    asked: World, address: str, name: str, value: str
) -> None:
    answer = get(asked, address, **{name: value})
    told = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (406, MEDIA_TYPE)
    assert (told["type"], told["status"]) == ("epcisException:NotAcceptableException", 406)
    assert (told["field"], value in told["value"]) == (name, True)


def test_accept_in_several_lines_is_one_list(asked: World) -> None:
    lines = [("Accept", "application/xml"), ("Accept", "application/ld+json")]
    answer = asked.client.send(
        httpx.Request("GET", f"{asked.server.url}{EVENTS}", headers=[*auth(asked), *lines])
    )
    assert answer.headers["Content-Type"] == "application/ld+json"


def auth(world: World) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer {world.secrets[Role.VIEWER]}")]


@pytest.mark.parametrize("address", [f"{EVENTS}?EQ_eventID=urn:x:1", f"{EVENTS}/urn:x:1"])
@pytest.mark.parametrize(
    ("wanted", "said", "epc"),
    [
        ({}, "Never_Translates", URN),
        ({"GS1_EPC_Format": "No_Preference"}, "Never_Translates", URN),
        ({"GS1_EPC_Format": "Never_Translates"}, "Never_Translates", URN),
        ({"GS1_EPC_Format": "Always_GS1_Digital_Link"}, "Always_GS1_Digital_Link", LINK),
    ],
)
def test_epcs_are_told_as_the_client_wants_them(
    asked: World, address: str, wanted: dict[str, str], said: str, epc: str
) -> None:
    answer = get(asked, address, **wanted)
    (found,) = events_in(answer.json())
    assert (answer.headers["GS1-EPC-Format"], found["epcList"]) == (said, [epc])


def test_epcs_as_urns_are_refused(asked: World) -> None:
    answer = get(asked, EVENTS, GS1_EPC_Format="Always_EPC_URN")
    assert (answer.status_code, answer.json()["type"]) == (406, "epcisException:NotAcceptableException")


@pytest.mark.parametrize("path", [CAPTURE, EVENTS])
@pytest.mark.parametrize("name", ["GS1-EPCIS-Version", "GS1-CBV-Version"])
def test_what_is_sent_in_another_version_is_refused_unread(asked: World, path: str, name: str) -> None:
    refused = post(asked, b"{not json", path, Role.ADMIN, **{name: "1.2"})
    assert (refused.status_code, refused.json()["field"]) == (406, name)
    read = post(asked, b"{not json", path, Role.ADMIN, **{name: "2.0.0"})
    assert (read.status_code, "no JSON" in read.json()["detail"]) == (400, True)


@pytest.mark.parametrize("path", [CAPTURE, EVENTS])
def test_options_tell_what_can_be_asked_for(asked: World, path: str) -> None:
    answer = asked.client.options(path)
    told = {
        **{f"GS1-{what}-{bound}": "2.0" for what in ("EPCIS", "CBV") for bound in ("Min", "Max", "Version")},
        "GS1-Extensions": "returns=urn:returns-gateway:epcis:",
        "GS1-EPC-Format": "Never_Translates",
        "GS1-CBV-XML-Format": "Never_Translates",
        "Allow": "GET, OPTIONS, POST",
    }
    if path == CAPTURE:
        told["GS1-Capture-Error-Behaviour"] = "all"
        told["GS1-EPCIS-Capture-Limit"] = str(MOST_EVENTS)
        told["GS1-EPCIS-Capture-File-Size-Limit"] = str(LARGEST_DOCUMENT)
    assert answer.status_code == 204
    assert {name: answer.headers.get(name) for name in told} == told


def exception(answer: httpx.Response) -> tuple[int, str]:
    told = answer.json()
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    return answer.status_code, told["type"].removeprefix("epcisException:")


@pytest.mark.parametrize(
    ("role", "method", "path", "expected"),
    [
        (None, "GET", EVENTS, (401, "SecurityException")),
        (Role.VIEWER, "POST", CAPTURE, (403, "SecurityException")),
        (Role.VIEWER, "GET", f"{EVENTS}/urn:x:none", (404, "NoSuchResourceException")),
        (Role.ADMIN, "GET", f"{CAPTURE}/none", (404, "NoSuchResourceException")),
        (Role.VIEWER, "GET", f"{EPCIS}/nowhere", (404, "NoSuchResourceException")),
        (Role.VIEWER, "GET", f"{EPCIS}/queries/mine", (404, "NoSuchNameException")),
        (Role.VIEWER, "GET", f"{EPCIS}/queries/mine/events", (404, "NoSuchNameException")),
        (Role.ADMIN, "DELETE", EVENTS, (405, "ImplementationException")),
        (Role.ADMIN, "POST", f"{EPCIS}/queries", (405, "ImplementationException")),
        (Role.ADMIN, "POST", CAPTURE, (415, "UnsupportedMediaTypeException")),
        (Role.VIEWER, "GET", f"{EVENTS}?EQ_bizStep={'a' * 17_000}", (414, "URITooLongException")),
        (Role.VIEWER, "GET", f"{EVENTS}?HASATTR_example:x=1", (400, "QueryParameterException")),
        (Role.VIEWER, "GET", f"{EVENTS}?maxEventCount=1", (413, "QueryTooLargeException")),
    ],
)
def test_every_error_is_an_exception_of_the_standard(
    asked: World, role: Role | None, method: str, path: str, expected: tuple[int, str]
) -> None:
    assert exception(asked.client_of(role).request(method, path)) == expected


def test_a_wrong_token_is_one_too_and_so_is_the_wait_after_too_many(partnered: World) -> None:
    guesser = partnered.browser(Authorization="Bearer guess")
    told = {exception(guesser.get(EVENTS)) for _ in range(12)}
    assert told == {(401, "SecurityException"), (429, "SecurityException")}
    assert guesser.get(EVENTS).headers["Retry-After"]


def test_a_body_that_is_too_large_is_told_the_limits(asked: World) -> None:
    answer = post(asked, b" " * (LARGEST_BODY + 1))
    assert exception(answer) == (413, "CaptureLimitExceededException")
    many = post(asked, json.dumps([event()] * (MOST_EVENTS + 1)).encode())
    assert exception(many) == (413, "CaptureLimitExceededException")
    for each in (answer, many):
        assert each.headers["GS1-EPCIS-Capture-Limit"] == str(MOST_EVENTS)
        assert each.headers["GS1-EPCIS-Capture-File-Size-Limit"] == str(LARGEST_DOCUMENT)


@pytest.mark.parametrize(
    ("error", "status"), [(KeyError("secret"), 500), (Unavailable("the disk is full"), 503)]
)
def test_a_bug_and_a_store_that_is_away_are_exceptions_too(
    asked: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def failing(*_: Any) -> None:
        raise error

    class Log:
        def exception(self, *_: Any, **__: Any) -> None: ...

    monkeypatch.setattr("gateway.service.epcis.asking.page", failing)
    monkeypatch.setattr("gateway.adapters.http.bulwark._LOG", Log())
    answer = asked.client.get(EVENTS)
    assert exception(answer) == (status, "ImplementationException")
    assert "secret" not in answer.text
    assert answer.headers.get("Retry-After") == ("1" if status == 503 else None)


def test_elsewhere_problems_have_the_types_of_the_house(asked: World) -> None:
    answers = [
        asked.client_of(None).get("/api/v1/returns"),
        asked.client.get("/epcisfoo"),
        asked.client.post("/api/v1/events", content=b" " * (LARGEST_BODY + 1)),
    ]
    assert [each.status_code for each in answers] == [401, 404, 413]
    assert all(each.json()["type"].startswith(HOUSE) for each in answers)
    assert "GS1-EPCIS-Capture-Limit" not in answers[-1].headers


def test_a_page_says_whose_each_event_is_that_came_as_epcis(asked: World) -> None:
    by_id = {each["eventID"]: each for each in events_in(asked.get(EVENTS))}
    assert by_id["urn:x:1"]["returns:device"] == "erp"
    (one,) = events_in(asked.get(f"{EVENTS}/urn:x:1"))
    assert one == by_id["urn:x:1"]
    ours = [each for uri, each in by_id.items() if uri.startswith("urn:returns-gateway:event:")]
    assert [each for each in ours if "returns:device" in each] == []
    assert len(ours) >= 3


def test_a_page_that_its_sender_captures_again_changes_nothing(partnered: World) -> None:
    first = finished(partnered, post(partnered, wrapped(seen_at("A", "HUB", "holding", "9T12:00"))))
    page = partnered.get(EVENTS, MATCH_epc="urn:returns-gateway:id:A", EQ_bizStep="holding")
    partnered.clock.pass_(1)
    again = finished(partnered, post(partnered, page))
    assert (first["errors"], again["errors"], len(events_in(page))) == ([], [], 1)
    (found,) = events_in(partnered.get(EVENTS, EQ_bizStep="holding"))
    assert found == events_in(page)[0]


def trail(world: World) -> list[dict[str, Any]]:
    return [each for each in world.get("/api/v1/audit")["items"] if each["action"] == "epcis_capture"]


@pytest.mark.parametrize("path", [CAPTURE, EVENTS])
def test_what_the_trail_cannot_tell_of_is_not_captured(
    partnered: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    one = {"@context": [CONTEXT], **seen_at("X9", "HUB", "holding", "9T12:00"), "returns:device": "erp"}

    def away(_self: Any, _row: AuditRow) -> None:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as patched:
        with SqlState.reader(partnered.state) as unit:
            patched.setattr(type(unit), "add_audit", away)
        assert post(partnered, one, path, Role.ADMIN).status_code == 503
    assert (partnered.get(CAPTURE), trail(partnered)) == ([], [])
    assert events_in(partnered.get(EVENTS, MATCH_epc="urn:returns-gateway:id:X9")) == []
    captured = post(partnered, one, path, Role.ADMIN)
    (line,) = trail(partnered)
    target = captured.headers["Location"].removeprefix(f"{CAPTURE}/")
    assert (line["action"], line["who"]) == ("epcis_capture", "admin")
    assert path == EVENTS or line["target"] == target
