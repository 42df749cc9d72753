"""EPCIS over HTTP: what is captured moves journeys, is asked for again, and whoever sends rubbish is told so."""

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from gateway.adapters.http.bulwark import LARGEST_BODY
from gateway.adapters.http.problems import MEDIA_TYPE
from gateway.adapters.http.rights import Role
from gateway.epcis.documents import MOST_EVENTS
from gateway.epcis.reading import Sender
from gateway.ports.state import Unavailable
from gateway.service.epcis import desk as service
from tests.epcis.gateways import CONTEXT, event, wrapped
from tests.http.conftest import HISTORY
from tests.http.world import World
from tests.servers.waiting import eventually
from tests.unit.cli_world import NETWORK, rfc

PARTNERED = NETWORK.replace("devices:\n", "devices:\n  - {id: erp, kind: scanner}\n")
CAPTURE, EVENTS = "/epcis/v2/capture", "/epcis/v2/events"


@pytest.fixture
def partnered(make_world: Callable[..., World]) -> World:
    """A world whose integrator's source is a device too."""
    return make_world(*HISTORY, network=PARTNERED)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Such a world that tests may ask, and in which nothing is captured."""
    with World(tmp_path_factory.mktemp("asked"), HISTORY, PARTNERED) as world:
        yield world


def seen_at(item: str, site: str, step: str, when: str, **fields: Any) -> dict[str, Any]:
    return event(
        epcList=[f"urn:returns-gateway:id:{item}"],
        readPoint={"id": f"urn:returns-gateway:site:{site}"},
        bizStep=step,
        eventTime=rfc(when),
        eventTimeZoneOffset="+00:00",
        **fields,
    )


def post(
    world: World, body: Any, path: str = CAPTURE, role: Role = Role.INTEGRATOR, **headers: str
) -> httpx.Response:
    said = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return world.client_of(role).post(path, content=content, headers=said)


def finished(world: World, accepted: httpx.Response, role: Role = Role.INTEGRATOR) -> Any:
    """The job, once the worker is done with it."""
    assert accepted.status_code == 202, accepted.text
    where = accepted.headers["Location"]
    return eventually(lambda: world.get(where, role), lambda job: not job["running"])


def events_in(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


def test_what_a_partner_captures_moves_journeys_as_a_scan_does(partnered: World) -> None:
    world = partnered
    open_before = {each["kind"] for each in world.get("/api/v1/return", id="A")["alerts"]}
    document = wrapped(
        seen_at("A", "REFILL", "receiving", "8T10:00"), seen_at("LOST", "HUB", "inspecting", "9T12:00")
    )
    accepted = post(world, document)
    job = finished(world, accepted)
    assert (job["success"], job["errors"], job["events"]) == (True, [], 2)
    told = world.get("/api/v1/return", id="A")
    assert open_before == {"missing", "misrouted"}
    assert (told["status"], told["alerts"]) == ("completed", [])
    assert [each["kind"] for each in world.get("/api/v1/alerts", subject="LOST")["items"]] == ["unexpected"]
    assert world.acted >= 1
    (found,) = events_in(world.get(EVENTS, MATCH_epc="urn:returns-gateway:id:LOST"))
    assert (found["bizStep"], found["eventID"][:14]) == ("inspecting", "ni:///sha-256;")


def test_an_answer_says_which_versions_and_limits_there_are(partnered: World) -> None:
    accepted = post(partnered, wrapped(seen_at("A", "HUB", "holding", "9T12:00")))
    versions = {"GS1-EPCIS-Version": "2.0", "GS1-CBV-Version": "2.0"}
    for name, value in versions.items():
        assert accepted.headers[name] == partnered.client.get(EVENTS).headers[name] == value
    assert accepted.headers["GS1-EPCIS-Capture-Limit"] == str(MOST_EVENTS)
    assert accepted.headers["GS1-EPCIS-Capture-File-Size-Limit"] == str(LARGEST_BODY)
    assert accepted.headers["GS1-Capture-Error-Behaviour"] == "rollback"
    discovered = partnered.client.options(CAPTURE)
    assert (discovered.status_code, discovered.headers["GS1-EPCIS-Max"]) == (204, "2.0")
    assert discovered.headers["GS1-EPCIS-Capture-Limit"] == str(MOST_EVENTS)
    assert discovered.headers["GS1-Capture-Error-Behaviour"] == "all"
    assert partnered.client.options(EVENTS).headers["Allow"] == "GET, OPTIONS, POST"
    assert partnered.get("/epcis/v2/queries") == []


def test_one_event_is_captured_at_once_and_told_at_its_address(partnered: World) -> None:
    one = {"@context": [CONTEXT], **seen_at("A", "REFILL", "receiving", "8T10:00")}
    created = post(partnered, one, EVENTS, Content_Type="application/ld+json; charset=utf-8")
    assert (created.status_code, created.content) == (201, b"")
    assert partnered.get("/api/v1/return", id="A")["status"] == "completed"
    (found,) = events_in(partnered.get(created.headers["Location"], Role.VIEWER))
    assert created.headers["Location"] == f"{EVENTS}/{quote(found['eventID'], safe=':;=')}"
    assert post(partnered, one, EVENTS).status_code == 201
    assert post(partnered, wrapped(one, one), EVENTS).json()["detail"].startswith("the document has 2 events")
    clash = {**one, "eventID": "https://example.com/e/1?x=1#y"}
    assert post(partnered, clash, EVENTS).status_code == 201
    refused = post(partnered, {**clash, "bizStep": "holding"}, EVENTS)
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "epcisException:ResourceAlreadyExistsException",
    )
    (found,) = events_in(partnered.get(f"{EVENTS}/{quote(clash['eventID'], safe='')}"))
    assert found["eventID"] == clash["eventID"]


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_of_a_document_with_one_wrong_event_all_or_that_one_stays_out(
    partnered: World, behaviour: str
) -> None:
    right, wrong = seen_at("X1", "HUB", "holding", "9T12:00"), seen_at("X2", "HUB", "holding", "10T12:00")
    job = finished(partnered, post(partnered, wrapped(right, wrong), GS1_Capture_Error_Behaviour=behaviour))
    assert (job["success"], job["captureErrorBehaviour"]) == (False, behaviour)
    assert [(each["event"], each["field"]) for each in job["errors"]] == [
        (1, "epcisBody.eventList.1.eventTime")
    ]
    captured = events_in(partnered.get(EVENTS, MATCH_epc="urn:returns-gateway:id:X1"))
    assert len(captured) == {"rollback": 0, "proceed": 1}[behaviour]


def test_an_integrator_sees_its_own_captures_and_an_administrator_all(partnered: World) -> None:
    own = post(partnered, wrapped(seen_at("A", "HUB", "holding", "9T12:00"))).headers["Location"]
    partnered.clock.pass_(1_000_000)
    restored = {**seen_at("A", "HUB", "holding", "9T12:30"), "returns:device": "scan-1"}
    context = (CONTEXT, {"returns": "urn:returns-gateway:epcis:"})
    accepted = post(partnered, wrapped(restored, context=context), role=Role.ADMIN)
    job = finished(partnered, accepted, Role.ADMIN)
    assert job["errors"] == []
    client = partnered.client_of(Role.INTEGRATOR)
    assert client.get(accepted.headers["Location"]).status_code == 404
    assert [each["captureID"] for each in client.get(CAPTURE).json()] == [own.rpartition("/")[2]]
    assert len(partnered.get(CAPTURE)) == 2
    (line,) = [each for each in partnered.get("/api/v1/audit")["items"] if each["action"] == "epcis_capture"]
    assert (line["who"], line["target"]) == ("admin", job["captureID"])


def test_a_source_that_is_no_device_is_told_what_to_declare(world: World) -> None:
    for path in (CAPTURE, EVENTS):
        refused = post(world, wrapped(seen_at("A", "HUB", "holding", "9T12:00")), path)
        told = refused.json()
        assert (refused.status_code, told["type"]) == (403, "epcisException:SecurityException")
        assert "add {id: erp, kind: scanner} to devices in network.yaml" in told["detail"]


def test_pages_of_events_and_of_captures_together_are_the_list(partnered: World) -> None:
    for hour in range(10, 15):
        partnered.clock.pass_(1_000_000)
        finished(partnered, post(partnered, wrapped(seen_at("A", "HUB", "holding", f"9T{hour}:00"))))
    client = partnered.client
    jobs = [each["captureID"] for each in pages(client, f"{CAPTURE}?perPage=2", list)]
    assert jobs == [each["captureID"] for each in partnered.get(CAPTURE)]
    query = f"{EVENTS}?orderBy=eventTime&orderDirection=ASC&MATCH_epc={quote('urn:returns-gateway:id:A')}"
    times = [each["eventTime"] for each in pages(client, f"{query}&perPage=2", events_in)]
    assert times == [each["eventTime"] for each in events_in(client.get(query).json())]
    assert (len(jobs), len(times), times) == (5, 9, sorted(times))


def pages(client: httpx.Client, address: str, read: Callable[[Any], list[Any]]) -> list[Any]:
    """What all pages tell, by their Link headers, each of at most two."""
    found: list[Any] = []
    for _ in range(20):
        answer = client.get(address)
        told = read(answer.json())
        assert len(told) <= 2
        found += told
        if "next" not in answer.links:
            return found
        address = answer.links["next"]["url"]
    pytest.fail("there is no end to it")


NESTED = b"[" * 100_000 + b"]" * 100_000
NUL, HALF = "a\0", "\ud800"
DEEP = b'{"type":' * 500 + b"1" + b"}" * 500


@pytest.mark.parametrize("path", [CAPTURE, EVENTS])
@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "no JSON"),
        (b"{not json", 400, "no JSON"),
        (b"\xff\xfe{}", 400, "no UTF-8"),
        (b'"text"', 400, "neither an object nor an array"),
        (NESTED, 400, "nests"),
        (DEEP, 400, "nests"),
        (b"[" + b"{}," * 210_000 + b"{}]", 413, "opens more than"),
        (b'{"type": "EPCISDocument"}', 400, "epcisBody is missing"),
        (b'{"type": "ObjectEvent", "x": "\\ud800"}', 400, "surrogate"),
        (b'{"type": "ObjectEvent", "x": "\\u0000"}', 400, "NUL"),
        (b'{"type": "ObjectEvent", "x": 1e999}', 400, "too large"),
        (b'{"type": "ObjectEvent", "x": NaN}', 400, "no number"),
        (json.dumps(wrapped(event(action="<img onerror=x>"))).encode(), 400, "<img onerror=x>"),
        (json.dumps([event()] * (MOST_EVENTS + 1)).encode(), 413, "2000 are allowed"),
    ],
)
def test_rubbish_is_refused_in_the_words_of_the_standard(
    asked: World, path: str, body: bytes, status: int, said: str
) -> None:
    answer = post(asked, body, path)
    told = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, MEDIA_TYPE)
    assert told["type"].startswith("epcisException:")
    assert said in told["detail"]
    assert asked.get(CAPTURE) == []


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 3 * LARGEST_BODY])
def test_a_document_that_is_too_large_is_not_read_to_its_end(asked: World, size: int) -> None:
    client = asked.client_of(Role.INTEGRATOR)
    said = {"Content-Type": "application/json"}
    whole = client.post(CAPTURE, content=b" " * size, headers=said)
    streamed = client.post(CAPTURE, content=iter([b" " * 65_536] * (size // 65_536 + 1)), headers=said)
    assert [each.status_code for each in (whole, streamed)] == [413, 413]


@pytest.mark.parametrize(
    "headers",
    [
        *({"Content_Type": kind} for kind in ("application/xml", "", "text/plain; x=application/json")),
        {"Content_Encoding": "gzip"},
    ],
)
def test_what_is_not_sent_as_json_is_refused_unread(asked: World, headers: dict[str, str]) -> None:
    answer = post(asked, b"{}", CAPTURE, Role.INTEGRATOR, **headers)
    assert (answer.status_code, answer.json()["type"]) == (
        415,
        "epcisException:UnsupportedMediaTypeException",
    )


def token(*parts: Any) -> str:
    """One that nobody gave."""
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("address", "status", "field"),
    [
        (f"{EVENTS}?perPage=0", 400, "perPage"),
        (f"{EVENTS}?perPage=many", 400, "perPage"),
        (f"{EVENTS}?GE_eventTime=yesterday", 400, "GE_eventTime"),
        (f"{EVENTS}?EQ_colour=red", 400, "EQ_colour"),
        (f"{EVENTS}?EQ_bizStep=a%00b", 400, "EQ_bizStep"),
        (f"{EVENTS}?nextPageToken=rubbish", 400, "nextPageToken"),
        (f"{EVENTS}?nextPageToken={'W1tb' * 200}", 400, "nextPageToken"),
        (f"{EVENTS}?nextPageToken={token([1e999, 1], 1)}", 400, "nextPageToken"),
        (f"{EVENTS}?nextPageToken={token([10**30, 1], 1)}", 400, "nextPageToken"),
        (f"{EVENTS}?nextPageToken={token([1, 10**30], 1)}", 400, "nextPageToken"),
        (f"{EVENTS}?orderBy=eventTime&nextPageToken={token([1, NUL, 'b'], 1)}", 400, "nextPageToken"),
        (f"{EVENTS}?orderBy=eventTime&nextPageToken={token([1, HALF, 'b'], 1)}", 400, "nextPageToken"),
        (f"{EVENTS}?maxEventCount=1", 413, "maxEventCount"),
        (f"{CAPTURE}?perPage=-1", 400, "perPage"),
        (f"{CAPTURE}?nextPageToken={token([1, 1], 0)}", 400, "nextPageToken"),
        (f"{CAPTURE}?status=open", 400, "status"),
        (f"{CAPTURE}/none", 404, None),
        (f"{CAPTURE}/%00", 404, None),
        (f"{EVENTS}/none", 404, None),
        (f"{EVENTS}/%00", 404, None),
        (f"{EVENTS}/%FF%FE/..%2F..%2Fetc", 404, None),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    asked: World, address: str, status: int, field: str | None
) -> None:
    answer = asked.client.get(address)
    told = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, MEDIA_TYPE)
    assert (told["type"].partition(":")[0], told.get("field")) == ("epcisException", field)


def test_a_behaviour_that_is_none_is_refused(asked: World) -> None:
    answer = post(asked, wrapped(event()), GS1_Capture_Error_Behaviour="shrug")
    assert (answer.status_code, answer.json()["field"]) == (400, "GS1-Capture-Error-Behaviour")


def test_what_is_told_over_http_and_captured_elsewhere_gives_the_same_journeys(
    make_world: Callable[..., World],
) -> None:
    first = make_world(*HISTORY, network=PARTNERED)
    finished(first, post(first, wrapped(seen_at("A", "REFILL", "receiving", "8T10:00"))))
    announced = [each for each in HISTORY if each[1][0].endswith("/announce")]
    second = make_world(*announced, network=PARTNERED)
    told = pages_of_documents(first)
    for document in told:
        job = finished(second, post(second, document, role=Role.ADMIN), Role.ADMIN)
        assert job["errors"] == []
        second.clock.pass_(1)
    assert len(told) > 2
    second.clock.time = first.clock.time
    for item in ("A", "B-1", "B-2", "STRAY"):
        assert journey(second, item) == journey(first, item)
    assert said(second) == said(first)


def said(world: World) -> list[dict[str, Any]]:
    """What a gateway tells, but for when it heard of it."""
    events = [each for document in pages_of_documents(world) for each in events_in(document)]
    return sorted(({**each, "recordTime": ""} for each in events), key=lambda each: str(each["eventID"]))


def pages_of_documents(world: World) -> list[dict[str, Any]]:
    address, found = f"{EVENTS}?perPage=4", []
    while address:
        answer = world.client.get(address)
        found.append(answer.json())
        address = answer.links.get("next", {}).get("url", "")
    return found


def journey(world: World, item: str) -> tuple[Any, ...]:
    told = world.get("/api/v1/return", id=item)
    seen = [sighting or {} for each in told["stops"] for sighting in (each["arrived"], each["departed"])]
    stops = [(each.get("at"), each.get("site"), each.get("step")) for each in seen]
    return told["status"], stops, told["deviations"], sorted(each["kind"] for each in told["alerts"])


def test_what_a_crash_left_is_worked_on_at_the_next_start(tmp_path: Any) -> None:
    world = World(tmp_path, HISTORY, PARTNERED)
    document = json.dumps(wrapped(seen_at("A", "REFILL", "receiving", "8T10:00"))).encode()
    accepting = service.Desk(world.state, lambda: world.terrain, world.clock.now, lambda _: None)
    capture = accepting.accept(document, Sender("erp")).id
    with world:
        job = eventually(lambda: world.get(f"{CAPTURE}/{capture}"), lambda job: not job["running"])
        assert job["success"] is True
        assert world.get("/api/v1/return", id="A")["status"] == "completed"


def test_no_thread_outlives_the_server(tmp_path: Any) -> None:
    before = set(threading.enumerate())
    with World(tmp_path, (), PARTNERED) as world:
        finished(world, post(world, wrapped(event())))
        assert "epcis" in {each.name for each in threading.enumerate()}
    assert not [each for each in threading.enumerate() if each.name == "epcis" and each not in before]


def test_a_bug_fails_its_job_and_the_next_is_worked_on(
    partnered: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in = service.take_in

    def stumbling(*arguments: Any) -> Any:
        if arguments[2][0].event["bizStep"] == "holding":
            raise ZeroDivisionError
        return take_in(*arguments)

    monkeypatch.setattr(service, "take_in", stumbling)
    first = post(partnered, wrapped(seen_at("A", "HUB", "holding", "9T12:00")))
    partnered.clock.pass_(1)
    second = post(partnered, wrapped(seen_at("A", "REFILL", "receiving", "8T10:00")))
    failed = finished(partnered, first)
    assert failed["success"] is False
    assert "the gateway failed on it" in failed["errors"][0]["detail"]
    assert finished(partnered, second)["success"] is True


def test_whoever_captures_faster_than_it_is_worked_on_is_told_to_wait(
    partnered: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.adapters.http.resources.epcis._MOST_WAITING", 0)
    answer = post(partnered, wrapped(event()))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_a_store_that_is_away_for_a_moment_delays_a_job_and_loses_nothing(
    partnered: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in, away = service.take_in, [Unavailable("the disk is full")]

    def failing_once(*arguments: Any) -> Any:
        if away:
            raise away.pop()
        return take_in(*arguments)

    monkeypatch.setattr(service, "take_in", failing_once)
    monkeypatch.setattr("gateway.adapters.http.capturing._AGAIN_S", 0.05)
    job = finished(partnered, post(partnered, wrapped(seen_at("A", "HUB", "holding", "9T12:00"))))
    assert (job["success"], away) == (True, [])
