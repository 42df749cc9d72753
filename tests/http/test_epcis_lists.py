"""EPCIS's lists: of types, articles, steps, places and dispositions, page by page, and the events of their members."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from gateway.adapters.http.problems import MEDIA_TYPE
from gateway.adapters.http.rights import Role
from gateway.epcis.words import EVENT_TYPES, STEPS
from tests.epcis.gateways import wrapped
from tests.http.conftest import HISTORY
from tests.http.test_epcis import EVENTS, PARTNERED, events_in, finished, pages, post, seen_at
from tests.http.world import World

EPCIS = "/epcis/v2"
ARTICLE = "https://id.gs1.org/01/04012345111118/21/9?76"
SITES = [f"urn:returns-gateway:site:{site}" for site in ("CP1", "CP2", "HUB", "REFILL", "REPAIR", "SORT")]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that tests ask; of one article, whose id needs quoting, two events were captured."""
    with World(tmp_path_factory.mktemp("asked"), HISTORY, PARTNERED) as world:
        named = {"epcList": [ARTICLE.replace("?", "%3F")]}
        seen = [{**seen_at("X", "HUB", "holding", f"9T1{hour}:00"), **named} for hour in (2, 3)]
        assert finished(world, post(world, wrapped(*seen)))["errors"] == []
        world.project()
        yield world


def members(document: dict[str, Any]) -> list[str]:
    found: list[str] = document["member"]
    assert document["type"] == "Collection"
    return found


def test_what_there_is_is_told_and_each_of_it_is_there(asked: World) -> None:
    top = members(asked.get(EPCIS, Role.VIEWER))
    assert len(top) == 9
    for name in top:
        assert asked.client.get(f"{EPCIS}/{name}").status_code == 200
        assert asked.client.options(f"{EPCIS}/{name}").headers["GS1-EPCIS-Max"] == "2.0"


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("eventTypes", sorted(EVENT_TYPES)),
        ("bizSteps", sorted(STEPS.terms)),
        ("bizLocations", SITES),
        ("readPoints", SITES),
    ],
)
def test_a_list_has_the_terms_and_places_that_are_known(
    asked: World, which: str, expected: list[str]
) -> None:
    found = asked.client.get(f"{EPCIS}/{which}?perPage=100")
    assert (members(found.json()), "next" in found.links) == (expected, False)


@pytest.mark.parametrize("which", ["eventTypes", "dispositions", "epcs", "readPoints"])
def test_pages_of_a_list_together_are_the_list(asked: World, which: str) -> None:
    whole = members(asked.get(f"{EPCIS}/{which}", perPage=100))
    assert pages(asked.client, f"{EPCIS}/{which}?perPage=2", members) == whole
    assert len(whole) == len(set(whole)) >= 3


def test_articles_are_listed_by_their_uris(asked: World) -> None:
    found = members(asked.get(f"{EPCIS}/epcs"))
    assert {"urn:returns-gateway:id:A", "urn:returns-gateway:id:TOTE-1", quoted(ARTICLE)} <= set(found)


def quoted(uri: str) -> str:
    return uri.replace("?", "%3F")


@pytest.mark.parametrize(
    ("which", "member", "parameter"),
    [
        ("epcs", quoted(ARTICLE), "MATCH_anyEPC"),
        ("epcs", "urn:returns-gateway:id:A", "MATCH_anyEPC"),
        ("bizSteps", "holding", "EQ_bizStep"),
        ("bizSteps", "https://ref.gs1.org/cbv/BizStep-holding", "EQ_bizStep"),
        ("dispositions", "returned", "EQ_disposition"),
        ("readPoints", SITES[2], "EQ_readPoint"),
        ("bizLocations", SITES[2], "EQ_bizLocation"),
        ("eventTypes", "ObjectEvent", "eventType"),
    ],
)
@pytest.mark.parametrize("safe", ["", "/:"])
def test_the_events_of_a_member_are_those_that_a_query_finds(
    asked: World, which: str, member: str, parameter: str, safe: str
) -> None:
    address = f"{EPCIS}/{which}/{quote(member, safe=safe)}"
    assert members(asked.get(address)) == ["events"]
    found = events_in(asked.get(f"{address}/events", perPage=100))
    assert found == events_in(asked.get(EVENTS, Role.VIEWER, **{parameter: member}, perPage=100))
    assert found or which == "dispositions"
    assert len(pages(asked.client, f"{address}/events?perPage=1", events_in)) == len(found)
    assert asked.client.options(f"{address}/events").status_code == 204


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/colours", 404, "NoSuchResourceException"),
        ("/colours/red", 404, "NoSuchResourceException"),
        ("/colours/red/events", 404, "NoSuchResourceException"),
        ("/queries/mine/events", 404, "NoSuchNameException"),
        ("/epcs/urn:returns-gateway:id:NONE", 404, "NoSuchResourceException"),
        ("/epcs/%00", 404, "NoSuchResourceException"),
        ("/epcs/%FF", 404, "NoSuchResourceException"),
        ("/epcs/urn:returns-gateway:id:%25FF", 404, "NoSuchResourceException"),
        ("/bizSteps/dancing", 404, "NoSuchResourceException"),
        ("/readPoints/urn:returns-gateway:site:MOON", 404, "NoSuchResourceException"),
        ("/eventTypes/Event", 404, "NoSuchResourceException"),
        ("/eventTypes/Event/events", 400, "QueryParameterException"),
        ("/epcs/%00/events", 400, "QueryParameterException"),
        ("/epcs/urn:epc:idpat:sgtin:*.*.*/events", 400, "QueryParameterException"),
        ("/bizSteps/holding/events?EQ_bizStep=packing", 400, "QueryParameterException"),
        ("/bizSteps?colour=red", 400, "QueryParameterException"),
        ("/bizSteps?perPage=0", 400, "QueryParameterException"),
        ("/epcs?nextPageToken=%25", 400, "QueryParameterException"),
        ("/epcs?nextPageToken=AA", 400, "QueryParameterException"),
        (f"/epcs?nextPageToken={'YWFh' * 300}", 400, "QueryParameterException"),
    ],
)
def test_what_is_not_there_or_cannot_be_asked_is_told_in_the_standards_words(
    asked: World, path: str, status: int, kind: str
) -> None:
    answer: httpx.Response = asked.client.get(EPCIS + path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, MEDIA_TYPE)
    assert answer.json()["type"] == f"epcisException:{kind}"


def test_lists_are_told_in_no_xml(asked: World) -> None:
    for path in ("", "/bizSteps", "/bizSteps/holding", "/bizSteps/holding/events"):
        assert asked.client.get(EPCIS + path, headers={"Accept": "application/xml"}).status_code == 406
