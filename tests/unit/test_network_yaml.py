"""The traps of YAML: each is read as its writer meant it, or is a fault with a place."""

import gc
from typing import Any

import pytest

from gateway.network import examine, loading, parse
from gateway.network.source import FASTEST, MOST_NODES, Portable, compose

_SITE = "version: 1\nsites: [{id: %s, lat: 1, lon: 2}]\n"


@pytest.fixture(params=[FASTEST, Portable], ids=["libyaml", "python"])
def composer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check by either composer: not every machine has libyaml."""
    chosen: Any = request.param
    monkeypatch.setattr(loading, "compose", lambda text: compose(text, chosen))


def _only_fault(text: str) -> tuple[int, int, str, str]:
    examined = examine(text, "network.yaml")
    assert examined.network is None
    (fault,) = examined.faults
    return fault.line, fault.column, fault.path, fault.message


@pytest.mark.usefixtures("composer")
@pytest.mark.parametrize(
    "id_", ["no", "on", "off", "true", "007", "1e3", "10:30", "0x1F", "1_000", "2026-12-25", "12"]
)
@pytest.mark.parametrize("written", ["{0}", "'{0}'", '"{0}"'])
def test_an_id_is_what_is_written_with_quotes_or_without(id_: str, written: str) -> None:
    assert list(parse(_SITE % written.format(id_)).sites) == [id_]


@pytest.mark.usefixtures("composer")
@pytest.mark.parametrize("hours", ["20:00-24:00", "'20:00-24:00'"])
def test_times_are_not_numbers_of_base_sixty(hours: str) -> None:
    week = parse(
        f"version: 1\ncalendars: {{c: {{open: {{mon: {hours}}}}}}}\nsites: [{{id: s, lat: 1, lon: 2, calendar: c}}]"
    )
    calendar = week.sites["s"].calendar
    assert calendar is not None
    assert calendar.week[0] == ((72_000_000_000, 86_400_000_000),)


@pytest.mark.usefixtures("composer")
@pytest.mark.parametrize("word", ["yes", "true", "on", "True"])
def test_every_word_for_true_is_true_where_a_boolean_belongs(word: str) -> None:
    stops = f"[{{sites: [a], optional: {word}, dwell: {{max: 1h}}}}, {{sites: [a], transit: {{max: 1h}}}}]"
    network = parse(_SITE % "a" + f"routes: [{{id: r, stops: {stops}}}]")
    assert network.routes["r"].stops[0].optional is True


@pytest.mark.usefixtures("composer")
@pytest.mark.parametrize(
    ("text", "line", "column", "path", "message"),
    [
        pytest.param("", 1, 1, "", "is empty", id="an empty file"),
        pytest.param("# version: 1\n", 1, 1, "", "is empty", id="comments only"),
        pytest.param("- a\n", 1, 1, "", "is no network; write a mapping", id="a list"),
        pytest.param("version\n", 1, 1, "", "is no network; write a mapping", id="a word"),
        pytest.param("version: 1\nsites:\n\t- id: a\n", 3, 1, "", "a tab cannot indent", id="a tab"),
        pytest.param("\ufeffversion: 1\n", 1, 1, "", "byte order mark", id="a byte order mark"),
        pytest.param("version: 1\n# \x1b\n", 2, 3, "", "U+001B is not allowed", id="a control character"),
        pytest.param("version: 1\n# \ud800\n", 2, 3, "", "U+D800 is not allowed", id="half a surrogate pair"),
        pytest.param("version: 1\nsites: [\n", 3, 1, "", "is not YAML", id="an open bracket"),
        pytest.param("version: 1\n  sites: a\n", 2, 8, "", "is not YAML", id="a wrong indentation"),
        pytest.param("version: 1\nsites: *s\n", 2, 8, "", "undefined alias", id="an unknown alias"),
        pytest.param("version: 1\n---\nversion: 1\n", 2, 1, "", "another document", id="two documents"),
        pytest.param("version: 1\nversion: 1\n", 2, 1, "version", "twice, first in line 1", id="a key twice"),
        pytest.param("version: 1\n? [a]\n: b\n", 2, 3, "", "cannot be a key", id="a list as a key"),
        pytest.param("version: !!set 1\n", 1, 10, "version", "has no meaning here", id="a tag"),
        pytest.param(
            "version: 1\nsites: !x []\n", 2, 8, "sites", "the tag '!x' has no meaning", id="a list's tag"
        ),
        pytest.param("version: !!python/none 1\n", 1, 10, "version", "no meaning", id="a tag of Python's"),
        pytest.param("version: 1\n<<: 3\n", 2, 5, "", "<< merges mappings only", id="a merge of a number"),
        pytest.param("version: 1\nsites: &a [*a]\n", 2, 8, "", "an alias contains itself", id="a cycle"),
        pytest.param("version: 1\n~: 1\n", 2, 1, "['~']", "is an unknown key", id="null as a key"),
    ],
)
def test_what_is_not_a_network_has_a_place(
    text: str, line: int, column: int, path: str, message: str
) -> None:
    found = _only_fault(text)
    assert found[:3] == (line, column, path)
    assert message in found[3]


@pytest.mark.usefixtures("composer")
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "{? "])
def test_nesting_without_end_is_a_fault_and_no_crash(opening: str) -> None:
    assert "is nested deeper than 32 levels" in _only_fault(opening * 100_000)[3]


@pytest.mark.usefixtures("composer")
def test_aliases_of_aliases_are_not_expanded_without_bound() -> None:
    laughs = "".join(f"- &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 12))
    message = _only_fault(f"- &l0 [x]\n{laughs}")[3]
    assert f"{MOST_NODES:,} are allowed" in message


@pytest.mark.usefixtures("composer")
def test_a_chain_of_aliases_counts_as_nesting() -> None:
    chain = "".join(f"- &l{i} [*l{i - 1}]\n" for i in range(1, 100))
    assert "is nested deeper than 32 levels" in _only_fault(f"- &l0 [x]\n{chain}")[3]


@pytest.mark.usefixtures("composer")
def test_anchors_aliases_and_merges_save_repetition() -> None:
    text = """\
version: 1
sites:
- &shop {id: a, lat: 1, lon: 2, kind: shop}
- {<<: *shop, id: b}
- {id: c, <<: [{lat: 3}, *shop]}
routes:
- {id: r, stops: [{sites: [a], dwell: &day {max: 1d}}, {sites: [b], transit: *day}]}
"""
    network = parse(text)
    assert [(s.id, s.lat, s.kind) for s in network.sites.values()] == [
        ("a", 1, "shop"),
        ("b", 1, "shop"),
        ("c", 3, "shop"),
    ]


@pytest.mark.usefixtures("composer")
def test_a_fault_in_what_is_merged_is_where_that_is_written() -> None:
    text = "version: 1\nsites:\n- &shop {id: a, lat: 1, lon: 200}\n- {<<: *shop, id: b}\n"
    assert [(f.line, f.column, f.path) for f in examine(text, "n").faults] == [
        (3, 30, "sites[0].lon"),
        (3, 30, "sites[1].lon"),
    ]


@pytest.mark.usefixtures("composer")
@pytest.mark.parametrize("tagged", ["!!str 1", "!!int 1", "! 1", "!!int '1'"])
def test_a_standard_tag_changes_nothing(tagged: str) -> None:
    assert examine(f"version: {tagged}\n", "n").faults == ()


@pytest.mark.usefixtures("composer")
def test_a_key_without_a_value_was_forgotten() -> None:
    text = "version: 1\nsites: [{id: a, lat: 1, lon: 2}]\nroutes:\n- id: r\n  missing_after:\n  stops: [{sites: [a]}]\n"
    line, _, path, message = _only_fault(text)
    assert (line, path, message) == (5, "routes[0].missing_after", "has no value; write one, or leave it out")


def test_places_count_characters_and_not_bytes() -> None:
    line = "sites: [{name: 'Çelebi 𝄞', lat: 1, lon: 1, id: ä}]"
    assert _only_fault(f"version: 1\n{line}\n")[:3] == (2, line.index("ä") + 1, "sites[0].id")


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        examine("version: 1", "n")
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
