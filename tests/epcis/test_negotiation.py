"""What is asked of an answer by headers is given, or refused in the standard's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.epcis.negotiation import JSON, LINKED, Agreed, CbvFormat, EpcFormat, agreed
from gateway.epcis.problems import Class, Invalid


def asked(**headers: str) -> Agreed:
    return agreed({name.replace("_", "-").lower(): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("Application/JSON; charset=utf-8", JSON),
        ("application/ld+json", LINKED),
        ("application/json, application/ld+json", JSON),
        ("application/json;q=0.5, application/ld+json;q=0.9", LINKED),
        ("application/ld+json; q=0.2, application/json ;Q=0.300", JSON),
        ("application/ld+json, */*;q=0.1", LINKED),
        ("application/json;q=0, */*", LINKED),
        ("application/xml, application/json;q=0.001", JSON),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", JSON),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', LINKED),
    ],
)
def test_an_answer_is_of_the_type_that_is_liked_best(accept: str, media_type: str) -> None:
    assert asked(Accept=accept).media_type == media_type


@pytest.mark.parametrize(
    "accept",
    [
        "application/xml",
        "text/*",
        "application/json;q=0",
        "*/*;q=0",
        "application/*;q=0.000",
        "rubbish",
        ",;",
    ],
)
def test_what_is_told_in_no_type_that_is_liked_is_not_told(accept: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked(Accept=accept)
    problem = refused.value.problems[0].document()
    assert (problem["type"], problem["status"], problem["field"]) == (
        "epcisException:NotAcceptableException",
        406,
        "Accept",
    )


@pytest.mark.parametrize("what", ["EPCIS", "CBV"])
@pytest.mark.parametrize(
    ("bound", "version", "refused"),
    [
        ("Version", "2.0", None),
        ("Version", "2.0.0", None),
        ("Version", "2", None),
        ("Version", "1.2", Class.NOT_ACCEPTABLE),
        ("Version", "2.1", Class.NOT_ACCEPTABLE),
        ("Version", "20.0", Class.NOT_ACCEPTABLE),
        ("Min", "1.0", None),
        ("Min", "2.0.1", None),
        ("Min", "2.1", Class.NOT_ACCEPTABLE),
        ("Min", "10", Class.NOT_ACCEPTABLE),
        ("Max", "2.0", None),
        ("Max", "3.0.0", None),
        ("Max", "1.2.0", Class.NOT_ACCEPTABLE),
        ("Max", "latest", Class.VALIDATION),
        ("Min", "2.0, 1.2", Class.VALIDATION),
        ("Version", "2..0", Class.VALIDATION),
        ("Version", "٢.٠", Class.VALIDATION),
    ],
)
def test_versions_that_are_not_served_are_refused(
    what: str, bound: str, version: str, refused: Class | None
) -> None:
    found = None
    name = f"GS1-{what}-{bound}"
    try:
        asked(**{name: version})
    except Invalid as invalid:
        found = invalid.problems[0]
    assert (found.kind if found else None) == refused
    assert found is None or (found.field, found.value) == (name, version)


@pytest.mark.parametrize(
    ("word", "linked"),
    [("Never_Translates", False), ("No_Preference", False), ("Always_GS1_Digital_Link", True)],
)
def test_epcs_are_spelt_as_is_asked_and_the_answer_says_so(word: str, linked: bool) -> None:
    found = asked(GS1_EPC_Format=word)
    assert found.linked == linked
    assert found.headers()["GS1-EPC-Format"] == ("Always_GS1_Digital_Link" if linked else "Never_Translates")
    assert asked().linked is False


@pytest.mark.parametrize(
    ("name", "word", "refused"),
    [
        ("GS1-EPC-Format", "Always_EPC_URN", Class.NOT_ACCEPTABLE),
        ("GS1-EPC-Format", "Always_DL", Class.VALIDATION),
        ("GS1-CBV-XML-Format", "Always_URN", Class.NOT_ACCEPTABLE),
        ("GS1-CBV-XML-Format", "never", Class.VALIDATION),
    ],
)
def test_a_spelling_that_cannot_be_had_is_refused(name: str, word: str, refused: Class) -> None:
    with pytest.raises(Invalid) as raised:
        asked(**{name: word})
    assert [(each.kind, each.field) for each in raised.value.problems] == [(refused, name)]


def test_terms_in_json_are_web_uris_already() -> None:
    assert asked(GS1_CBV_XML_Format="Always_Web_URI") == asked()


NAMES = (
    "accept",
    "gs1-epcis-version",
    "gs1-cbv-min",
    "gs1-epcis-max",
    "gs1-epc-format",
    "gs1-cbv-xml-format",
)
VALUES = st.sampled_from([*EpcFormat, *CbvFormat, "2.0", JSON, LINKED, "*/*;q=0.5"]) | st.text(max_size=30)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_whatever_the_headers_there_is_an_agreement_or_a_reason(headers: dict[str, str]) -> None:
    try:
        assert agreed(headers).media_type in {JSON, LINKED}
    except Invalid as invalid:
        (problem,) = invalid.problems
        assert str(problem.field).lower() in headers
        assert problem.status in {400, 406}
