"""One mistake in the example each: where it is said to be, and what is said of it."""

import pytest

from gateway.network import Fault, examine
from gateway.network.faults import REPORTED, path, shown
from tests.unit.test_network import EXAMPLE


def _faults(old: str, new: str) -> tuple[Fault, ...]:
    assert EXAMPLE.count(old) >= 1, f"the example has no {old}"
    examined = examine(EXAMPLE.replace(old, new, 1), "network.yaml")
    assert examined.network is None
    return examined.faults


def _check(old: str, new: str, at: str, where: str, message: str) -> None:
    """There is one fault, its place in the file begins with `at`, its path is `where`."""
    (fault,) = _faults(old, new)
    line = EXAMPLE.replace(old, new, 1).splitlines()[fault.line - 1]
    assert line[fault.column - 1 :].startswith(at)
    assert fault.path == where
    assert message in fault.message


SHAPES = [
    ("version: 1", "version: 2", "2", "version", "version '2' is not known; this gateway reads version 1"),
    ("version: 1\n", "", "defaults", "version", "is missing; write version: 1"),
    ("sources:", "source:", "source", "source", "is an unknown key; did you mean sources?"),
    ("hold_off: 0s", "holdof: 0s", "holdof", "defaults.holdof", "did you mean hold_off?"),
    ("closed: [", "shut: [", "shut", "calendars.weekdays.shut", "is an unknown key; known are open, closed"),
    ("{radius_m: 150}", "{radius: 150}", "radius", "sites[0].fence.radius", "did you mean radius_m?"),
    ("unpack: true", "unpak: true", "unpak", "routes[0].stops[1].unpak", "did you mean unpack?"),
    ("min: -10", "low: -10", "low", "container_types[0].limits.temperature_c.low", "known are min, max"),
    ("{severity:", "{severty:", "severty", "alerting.policies[1].match.severty", "did you mean severity?"),
    ("{id: rma}", "{}", "{}", "sources[1].id", "is missing; add the key with its value"),
    ("lon: 13.4, ", "", "{id: SHOP-1", "sites[0].lon", "is missing"),
    ("{id: rma}", "{id: r m}", "r m", "sources[1].id", "'r m' is no id; use 1 to 64 of"),
    ("{id: rma}", f"{{id: {'r' * 65}}}", "rrr", "sources[1].id", "is no id"),
    ("{id: rma}", '{id: "rma\\n"}', '"rma', "sources[1].id", r"'rma\n' is no id"),
    ("name: Hub", 'name: "H\\e[1m"', '"H', "sites[2].name", "is not fit to print"),
    ("lat: 52.5", "lat: 90.5", "90.5", "sites[0].lat", "90.5 is outside -90 to 90"),
    ("lon: 13.4", "lon: -181", "-181", "sites[0].lon", "-181 is outside -180 to 180"),
    ("lat: 52.5", "lat: north", "north", "sites[0].lat", "'north' is no number; write one such as 52.5"),
    ("lat: 52.5", "lat: .nan", ".nan", "sites[0].lat", "is no number"),
    ("lat: 52.5", "lat: inf", "inf", "sites[0].lat", "is no number"),
    ("lat: 52.5", "lat: [1]", "[1]", "sites[0].lat", "a list is no number"),
    ('gln: "9512345000009"', "gln: 9512345000008", "951", "sites[0].gln", "its check digit should be 9"),
    ('gln: "9512345000009"', "gln: 951234500000", "951", "sites[0].gln", "is no GLN; write its 13 digits"),
    ("Europe/Vienna", "Europe/Wienna", "Europe", "sites[3].timezone", "did you mean Europe/Vienna?"),
    ("Europe/Vienna", "CET+1", "CET+1", "sites[3].timezone", "no time zone 'CET+1'; "),
    ("radius_m: 150", "radius_m: 0", "0}", "sites[0].fence.radius_m", "must be above 0"),
    ("radius_m: 150", "radius_m: 1e9", "1e9", "sites[0].fence.radius_m", "must be at most 1,000,000"),
    ("{radius_m: 150}", "{}", "{}", "sites[0].fence", "needs either radius_m or polygon"),
    (
        "{radius_m: 150}",
        "{radius_m: 1, polygon: [[1, 2], [1, 3], [2, 2]]}",
        "{rad",
        "sites[0].fence",
        "not both",
    ),
    ("{radius_m: 150}", "150", "150", "sites[0].fence", "'150' is no mapping"),
    (
        ", [51.41, 12.25], [51.41, 12.22]]",
        "]",
        "[[51.43",
        "sites[2].fence.polygon",
        "has 2 different corners",
    ),
    ("[51.41, 12.22]]", "[51.41]]", "[51.41]", "sites[2].fence.polygon[3]", "write [latitude, longitude]"),
    ("[51.41, 12.22]]", "[5, 1, 2]]", "[5, 1", "sites[2].fence.polygon[3]", "has 3 entries; write at most 2"),
    (
        "[51.41, 12.22]]",
        "[124, 12]]",
        "124",
        "sites[2].fence.polygon[3][0]",
        "the latitude before the longitude",
    ),
    (
        "purpose: refill",
        "purpose: refil",
        "refil",
        "routes[0].purpose",
        "'refil' is not possible here; did you mean",
    ),
    ("due_kind: legal", "due_kind: x", "x", "routes[0].due_kind", "it can be agreed, legal"),
    ("hours: working", "hours: open", "open", "routes[0].stops[0].dwell.hours", "it can be working"),
    ("due_within: 10d", "due_within: 10", "10", "routes[0].due_within", "'10' is no duration; write 90s"),
    ("due_within: 10d", "due_within: P1M", "P1M", "routes[0].due_within", "is no ISO 8601 duration"),
    ("due_within: 10d", "due_within: 0d", "0d", "routes[0].due_within", "0d is no time at all"),
    ("due_within: 10d", "due_within: 40000d", "40000d", "routes[0].due_within", "a hundred years or more"),
    ("due_within: 10d", f"due_within: {'9' * 999}d", "999", "routes[0].due_within", "is no duration"),
    ("due_within: 10d", "due_within: [1d]", "[1d]", "routes[0].due_within", "a single value belongs here"),
    ("max_future: 6m", "max_future: -5m", "-5m", "defaults.max_future", "'-5m' is no duration"),
    ("max_speed_kmh: 900", "max_speed_kmh: 0", "0", "defaults.max_speed_kmh", "must be above 0"),
    ("transit: {max: PT48H}", "transit: {}", "{}", "routes[0].stops[2].transit.max", "is missing"),
    ("sites: [PLANT-1]", "sites: PLANT-1", "PLANT-1", "routes[0].stops[2].sites", "'PLANT-1' is no list"),
    ("sites: [PLANT-1]", "sites: []", "[]", "routes[0].stops[2].sites", "is empty; write at least one"),
    ("[receiving]", "[recieving]", "recieving", "routes[0].stops[2].steps[0]", "did you mean receiving?"),
    ("[receiving]", "[xyz]", "xyz", "routes[0].stops[2].steps[0]", "write one of CBV 2.0"),
    ("unpack: true", "unpack: maybe", "maybe", "routes[0].stops[1].unpack", "is neither true nor false"),
    ("shock_g", "schock_g", "schock_g", "container_types[0].limits.schock_g", "did you mean shock_g?"),
    ("{max: 8}", "{}", "{}", "container_types[0].limits.shock_g", "limits nothing; give it a min, a max"),
    (
        "max: 40",
        "max: -40",
        "{min",
        "container_types[0].limits.temperature_c",
        "its min -10 is above its max -40",
    ),
    ("{id: DRUM-3", "{id: ' '", "' '", "containers[1].id", "space"),
    ("kind: scanner", "kind: scaner", "scaner", "devices[0].kind", "did you mean scanner?"),
    ("sites: [SHOP-1, SHOP-2], silent", "sites: [], silent", "[]", "devices[0].sites", "is empty"),
    ("env:NIGHT_MAIL", "env:1", "env:1", "alerting.channels.night-mail", "neither an Apprise URL"),
    (
        "kind: low_battery",
        "kind: low_batery",
        "low",
        "alerting.policies[0].match.kind",
        "did you mean low_battery?",
    ),
    ("kind: low_battery", "kind: []", "[]", "alerting.policies[0].match.kind", "is empty"),
    ("subject: return", "subject: SN-1", "SN-1", "alerting.policies[1].match.subject", "it can be return"),
    ("{after: 30m", "{after: 0s", "0s", "alerting.policies[1].escalate[0].after", "is no time at all"),
    ("notify: [night-mail]}]}", "notify: []}]}", "[]", "alerting.policies[1].escalate[0].notify", "is empty"),
    ("- {notify: [night-mail]}", "- {}", "{}", "alerting.policies[2].notify", "is missing"),
    (", every: 5m", "", "{channel", "alerting.heartbeat.every", "is missing"),
    ("2026-12-25", "2026-02-29", "2026-02-29", "calendars.weekdays.closed[0]", "2026-02-29 is no date"),
    ("2026-12-25", "25.12.2026", "25.12.2026", "calendars.weekdays.closed[0]", "write it as 2026-12-25"),
    ("calendars:\n", "calendars:\n  a b: {}\n", "a b", "calendars['a b']", "'a b' is no id"),
]
"""What to replace in the example, by what, where the fault then begins, its path, part of its message."""


@pytest.mark.parametrize(
    ("old", "new", "at", "where", "message"), SHAPES, ids=[f"{case[3]} {case[1]}"[:70] for case in SHAPES]
)
def test_a_value_of_the_wrong_shape(old: str, new: str, at: str, where: str, message: str) -> None:
    _check(old, new, at, where, message)


RULES = [
    ("{id: rma}", "{id: erp}", "erp", "sources[1].id", "'erp' is the id of sources[0] too"),
    ("calendar: weekdays", "calendar: weekday", "weekday", "sites[0].calendar", "did you mean weekdays?"),
    (
        "[PLANT-1]",
        "[PLANT-2]",
        "PLANT-2",
        "routes[0].stops[2].sites[0]",
        "no site 'PLANT-2'; did you mean PLANT-1?",
    ),
    ("[PLANT-1]", "[Q]", "Q", "routes[0].stops[2].sites[0]", "no site 'Q'; declare it, or correct it"),
    ("[SHOP-1, SHOP-2], dw", "[HUB-1, HUB-1], dw", "HUB-1]", "routes[0].stops[0].sites[1]", "is there twice"),
    (
        "[SHOP-1, SHOP-2], dw",
        "[SHOP-1], transit: {max: 1h}, dw",
        "{max",
        "routes[0].stops[0].transit",
        "no leg leads",
    ),
    (
        "transit: {max: PT48H}, ",
        "",
        "{sites",
        "routes[0].stops[2].transit",
        "is missing; every stop but the first",
    ),
    ("steps: [", "optional: true, steps: [", "true", "routes[0].stops[2].optional", "cannot be optional"),
    ("type: tote", "type: tot", "tot", "containers[0].type", "no container type 'tot'; did you mean tote?"),
    ("route: loop", "route: loops", "loops", "containers[0].route", "no route 'loops'; did you mean loop?"),
    (
        "tracker: trk-17",
        "tracker: trk-71",
        "trk-71",
        "containers[0].tracker",
        "no device 'trk-71'; did you mean trk-17?",
    ),
    (
        "tracker: trk-17",
        "tracker: scan-1",
        "scan-1",
        "containers[0].tracker",
        "'scan-1' is a scanner; name a device",
    ),
    (
        "container: DRUM-3",
        "container: TOTE-17",
        "TOTE-17",
        "devices[2].container",
        "has the tracker 'trk-17' already",
    ),
    ("type: drum}", "tracker: trk-17}", "trk-17", "containers[1].tracker", "is on 'TOTE-17' already"),
    (
        "tracker, silent",
        "tracker, container: X, silent",
        "X",
        "devices[1].container",
        "is on 'TOTE-17' already",
    ),
    (
        "scanner, site",
        "scanner, container: X, site",
        "X",
        "devices[0].container",
        "a scanner is on no container",
    ),
    (
        "site: SHOP-1, s",
        "site: HUB-1, s",
        "HUB-1",
        "devices[0].site",
        "its home 'HUB-1' is not one of its sites",
    ),
    (
        "SHOP-2], silent",
        "SHOP-3], silent",
        "SHOP-3",
        "devices[0].sites[1]",
        "no site 'SHOP-3'; did you mean SHOP-2?",
    ),
    (
        "route: [refill]",
        "route: [refil]",
        "refil",
        "alerting.policies[1].match.route[0]",
        "did you mean refill?",
    ),
    ("site: HUB-1, sub", "site: HUB, sub", "HUB", "alerting.policies[1].match.site", "did you mean HUB-1?"),
    (
        "notify: ops-chat",
        "notify: opschat",
        "opschat",
        "alerting.policies[1].notify",
        "did you mean ops-chat?",
    ),
    (
        "notify: [night-mail]}]}",
        "notify: mail}]}",
        "mail",
        "alerting.policies[1].escalate[0].notify",
        "no channel",
    ),
    (
        "channel: env:HEARTBEAT_URL",
        "channel: ops-cat",
        "ops-cat",
        "alerting.heartbeat.channel",
        "did you mean ops-chat?",
    ),
    ("sat: [", "saturday: [", "saturday", "calendars.weekdays.open.saturday", "is neither a day (mon tue"),
    (
        "09:00-13:00",
        "13:00-09:00",
        '"13:00',
        "calendars.weekdays.open.sat[0]",
        "13:00-09:00 ends before it begins",
    ),
    (
        "sat: [",
        'fri: ["17:00-19:00"], sat: [',
        '"17',
        "calendars.weekdays.open.fri[0]",
        "overlaps 08:00-18:00 on fri",
    ),
]
"""Entries that are right by themselves and wrong together."""


@pytest.mark.parametrize(
    ("old", "new", "at", "where", "message"),
    RULES,
    ids=[f"{case[3]} {case[1]}"[:70] for case in RULES],
)
def test_entries_that_do_not_fit_together(old: str, new: str, at: str, where: str, message: str) -> None:
    _check(old, new, at, where, message)


@pytest.mark.parametrize(
    ("section", "entry"),
    [
        ("sites", "id: a, lat: 1, lon: 2"),
        ("routes", "id: a, stops: [{sites: [s]}]"),
        ("container_types", "id: a"),
        ("containers", "id: a"),
        ("devices", "id: a, kind: scanner"),
        ("sources", "id: a"),
    ],
)
def test_an_id_is_there_once_in_its_section(section: str, entry: str) -> None:
    text = f"version: 1\nsites:\n- {{id: s, lat: 1, lon: 2}}\n{section}:\n- {{{entry}}}\n- {{{entry}}}\n"
    text = text.replace("sites:\n- {id: s, lat: 1, lon: 2}\nsites:", "sites:")
    (fault,) = examine(text, "network.yaml").faults
    assert fault.path == f"{section}[1].id"
    assert fault.message == f"'a' is the id of {section}[0] too; rename or remove one of them"


def test_two_spellings_of_one_container_are_one_container() -> None:
    spelled = ["urn:epc:id:grai:9521141.12345.400", "https://id.gs1.org/8003/09521141123454400"]
    text = f"version: 1\ncontainers:\n- id: {spelled[0]}\n- id: {spelled[1]}\n"
    (fault,) = examine(text, "network.yaml").faults
    assert (fault.line, fault.path) == (4, "containers[1].id")


def test_a_kind_of_article_is_no_container() -> None:
    (fault,) = examine("version: 1\ncontainers: [{id: 'https://id.gs1.org/01/09521234543213'}]", "n").faults
    assert fault.path == "containers[0].id"


def test_a_mistake_in_one_entry_hides_none_in_another() -> None:
    text = EXAMPLE.replace("lat: 53.5", "lat: x").replace("type: tote, r", "type: t, r")
    text = text.replace("due_kind: legal", "due_kind: l").replace("notify: ops-chat", "notify: ops")
    text = text.replace("{kind: low_battery}", "{kind: [x]}").replace("channel: env:", "channel: e:")
    found = [fault.path for fault in examine(text, "n").faults]
    assert found == [
        "sites[1].lat",
        "routes[0].due_kind",
        "containers[0].type",
        "alerting.policies[0].match.kind[0]",
        "alerting.policies[1].notify",
        "alerting.heartbeat.channel",
    ]


def test_a_wrong_entry_is_still_known_by_its_id() -> None:
    text = EXAMPLE.replace("lat: 53.5", "lat: x").replace("missing_after: 3d", "missing_after: x")
    text = text.replace("slack://a/b/c", "slack").replace("{id: tote}", "{id: tote, x: 1}")
    assert [fault.path for fault in examine(text, "n").faults] == [
        "sites[1].lat",
        "routes[0].missing_after",
        "container_types[1].x",
        "alerting.channels.ops-chat",
    ]


@pytest.mark.parametrize("section", ["sites", "routes", "container_types", "devices", "calendars"])
def test_references_into_a_section_that_is_none_are_not_judged(section: str) -> None:
    begin = EXAMPLE.index(f"\n{section}:") + 1
    end = next(i for i in range(begin + 1, len(EXAMPLE)) if EXAMPLE[i - 1] == "\n" and EXAMPLE[i].isalpha())
    (fault,) = examine(EXAMPLE[:begin] + f"{section}: 7\n" + EXAMPLE[end:], "n").faults
    assert fault.path == section


@pytest.mark.parametrize(
    "wrong",
    [
        "channels: {a: '//u:secret@host'}",
        "channels: slack://secret/b",
        "channels: [slack://secret/b]",
        "channels: {a: {b: slack://secret}}",
        "channels: {a: slack://x}, policies: [{notify: slack://secret/b}]",
        "channels: {a: slack://x}, policies: [{notify: [a, slack://secret/b]}]",
        "policies: [{notify: [], match: {kind: 'slack://secret'}}]",
        "heartbeat: {channel: '//u:secret@host', every: 5m}",
        "heartbeat: {channel: a, every: 'slack://secret/b'}",
        "heartbeat: https://secret/b",
    ],
)
def test_no_fault_repeats_a_password(wrong: str) -> None:
    faults = examine(f"version: 1\nalerting: {{{wrong}}}\n", "n").faults
    assert faults
    assert "secret" not in "".join(map(str, faults))


def test_of_very_many_faults_the_first_and_the_number_are_reported() -> None:
    text = "version: 1\nroutes:\n" + "".join(
        f"- {{id: r{i}, stops: [{{sites: [s{i}]}}]}}\n" for i in range(1000)
    )
    faults = examine(text, "n").faults
    assert [fault.line for fault in faults[:-1]] == list(range(3, 3 + REPORTED))
    assert faults[-1].message == f"and {1000 - REPORTED} more, here and elsewhere"


def test_a_path_cannot_deceive() -> None:
    assert path(("a", 3, "b", "c d", "e.f", "[0]", "\x1b")) == "a[3].b['c d']['e.f']['[0]']['\\x1b']"


def test_a_long_value_is_cut() -> None:
    assert shown("x" * 1000) == f"'{'x' * 80}'…"
