"""Commands that look into a state store: trace, alerts, quarantine, export; and stores that cannot be looked into."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import chdir, closing
from pathlib import Path
from shutil import copytree

import pytest
from typer.testing import CliRunner

from gateway.cli import COMMANDS, app
from tests.integration.cli_gateway import done, founded, run
from tests.unit.cli_world import WORKED_EXAMPLE, announcement, rfc, scan

HOSTILE = "[red]SN[/red] \U0001f4a5 [link=x]"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a gateway has seen the worked example, a hostile id and refused events."""
    folder = tmp_path_factory.mktemp("lived")
    with chdir(folder):
        founded(
            *WORKED_EXAMPLE[:5],
            ("9T15:00", scan(HOSTILE, "9T14:30", "arriving", "HUB", id="hostile")),
            ("9T16:30", scan("B", "9T16:00", "arriving", "HUBB")),
            ("9T16:31", ("device/scan-1/scan", b"{broken \x1b[2J")),
            ("9T17:00", announcement("C", "9T17:00")),
        )
    return folder


@pytest.fixture(autouse=True)
def folder(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that as the working directory."""
    copytree(lived, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


class TestTrace:
    def test_shows_stops_alerts_and_what_comes_next(self) -> None:
        shown = done("trace", "A")
        assert "A  return  off plan  on R (refill)" in shown
        assert "critical missing" in shown
        assert "next  REFILL by 2026-03-08 17:00" in shown
        assert "2026-03-04 08:00 collecting CP2 8 h late by scan-1, s-A-4T08:00" in shown
        assert "2026-03-06 14:00 arriving, not on the route: REPAIR by scan-1" in shown

    def test_takes_hostile_ids_for_text(self) -> None:
        assert f"{HOSTILE}  return  unplanned" in done("trace", HOSTILE)

    def test_gives_programs_json(self) -> None:
        told = json.loads(done("trace", "A", "--json"))
        assert (told["id"], told["status"], told["next"]["by"]) == ("A", "off_plan", rfc("8T17:00"))
        assert [alert["kind"] for alert in told["alerts"]] == ["missing", "misrouted"]

    @pytest.mark.parametrize(
        ("item", "status", "said"),
        [
            ("AA", 1, "nothing is known of AA; did you mean A?"),
            ("TOTE1", 1, "nothing is known of TOTE1; it was never announced or scanned"),
            ("scan-1", 1, "scan-1 is a device; trace is for returns and containers"),
            ("HUB", 1, "HUB is a site;"),
            (" x", 2, "has space around it"),
            ("(01)04012345000016", 2, "names a kind of article, not one of them"),
        ],
    )
    def test_says_what_it_cannot_find(self, item: str, status: int, said: str) -> None:
        result = run("trace", item)
        assert (result.exit_code, result.stdout) == (status, "")
        assert said in result.stderr


class TestAlerts:
    def test_are_listed_worst_first(self) -> None:
        kinds = [alert["kind"] for alert in json.loads(done("alerts", "--json"))]
        assert kinds == ["missing", "misrouted", "unexpected"]
        shown = done("alerts").splitlines()
        assert [line.split()[1] for line in shown if line.startswith("01")] == [
            "critical",
            "major",
            "warning",
        ]

    @pytest.mark.parametrize(
        ("filters", "kinds"),
        [
            (["--kind", "missing"], ["missing"]),
            (["--kind", "missing", "--kind", "misrouted"], ["missing", "misrouted"]),
            (["--severity", "warning"], ["unexpected"]),
            (["--site", "HUB"], ["unexpected"]),
            (["--route", "R", "--severity", "major"], ["misrouted"]),
            (["--subject", "A"], ["missing", "misrouted"]),
            (["--subject", "nobody"], []),
        ],
    )
    def test_can_be_asked_for_by_what_they_are(self, filters: list[str], kinds: list[str]) -> None:
        assert [alert["kind"] for alert in json.loads(done("alerts", "--json", *filters))] == kinds

    def test_resolved_ones_come_last_and_only_when_asked_for(self) -> None:
        found = json.loads(done("alerts", "--json", "--all"))
        states = [alert["state"] for alert in found]
        assert states == sorted(states)
        assert states.count("resolved") == 5

    def test_none_is_said_so(self) -> None:
        assert done("alerts", "--subject", "nobody") == "no such alert\n"

    @pytest.mark.parametrize("filters", [["--kind", "late"], ["--severity", "grave"]])
    def test_an_unknown_word_is_wrong_usage(self, filters: list[str]) -> None:
        assert run("alerts", *filters).exit_code == 2

    def test_watching_follows_transitions_until_it_is_interrupted(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rounds: Iterator[Sequence[str]] = iter([["alerts", "resolve", unexpected(), "--by", "anna"], []])

        class Pause:
            """Of this command alone: other tests' threads may be waiting for events of theirs."""

            def wait(self, _seconds: float) -> None:
                command = next(rounds)
                if not command:
                    raise KeyboardInterrupt
                done(*command)

        monkeypatch.setattr("gateway.cli.alert_list.Event", Pause)
        [line] = map(json.loads, done("alerts", "--watch", "--json").splitlines())
        assert (line["transition"], line["reason"]) == ("resolved", "operator")

    def test_watching_on_no_terminal_is_wrong_usage(self) -> None:
        result = run("alerts", "--watch")
        assert (result.exit_code, "--watch needs a terminal" in result.stderr) == (2, True)


def unexpected() -> str:
    """The id of the alert about the hostile id."""
    [alert] = json.loads(done("alerts", "--json", "--kind", "unexpected"))
    return str(alert["id"])


class TestActingOnAlerts:
    @pytest.mark.parametrize(
        ("action", "arguments", "state"),
        [
            ("acknowledge", [], "acknowledged"),
            ("snooze", ["--for", "2h"], "snoozed"),
            ("snooze", ["--until", "2027-01-01T00:00:00Z"], "snoozed"),
            ("resolve", [], "resolved"),
            ("comment", ["we are on it"], "open"),
        ],
    )
    def test_is_done_and_told(self, action: str, arguments: list[str], state: str) -> None:
        id_ = unexpected()
        told = json.loads(done("alerts", action, id_, *arguments, "--by", "anna", "--json"))
        assert (told["id"], told["state"], told["version"]) == (id_, state, 2)

    def test_a_comment_goes_with_any_action(self) -> None:
        done("alerts", "acknowledge", unexpected(), "calling the carrier", "--by", "anna")
        with closing(sqlite3.connect("returns.sqlite")) as database:
            [(text,)] = database.execute("SELECT comments FROM alerts WHERE comments != '[]'").fetchall()
        [comment] = json.loads(text)
        assert (comment["by"], comment["text"]) == ("anna", "calling the carrier")
        assert "(acknowledged by anna)" in done("alerts")

    def test_the_beginning_of_an_id_is_enough(self) -> None:
        id_ = unexpected()
        assert done("alerts", "acknowledge", id_[:20].lower(), "--by", "anna").startswith(
            f"{id_} acknowledged by anna"
        )

    @pytest.mark.parametrize(
        ("arguments", "status", "said"),
        [
            (["acknowledge", "01"], 1, "several alerts begin with 01, such as 01"),
            (["acknowledge", "zz"], 1, "no alert 'ZZ'"),
            (["comment", "01"], 2, "there is no comment"),
            (["snooze", "01"], 2, "say how long: --for 4h"),
            (["snooze", "01", "--for", "1h", "--until", "2027-01-01T00:00:00Z"], 2, "say how long"),
            (["snooze", "01", "--for", "soon"], 2, "--for 'soon' is no duration"),
            (["snooze", "01", "--until", "soon"], 2, "--until 'soon': not an RFC 3339"),
            (["--json", "acknowledge", "01"], 2, "options go behind the command"),
        ],
    )
    def test_what_cannot_be_done_is_told(self, arguments: list[str], status: int, said: str) -> None:
        result = run("alerts", *arguments)
        assert result.exit_code == status
        assert result.stderr.startswith("error: ")
        assert said in result.stderr

    def test_a_resolved_alert_cannot_be_resolved_again(self) -> None:
        id_ = unexpected()
        done("alerts", "resolve", id_)
        result = run("alerts", "resolve", id_)
        assert (result.exit_code, "was resolved at" in result.stderr) == (1, True)


def test_what_was_received_is_exported_and_replays_to_the_same_alerts() -> None:
    done("export", "events", "--output", "day.jsonl")
    assert done("export", "events") == Path("day.jsonl").read_text(encoding="utf-8")
    out = done("replay", "--events", "day.jsonl", "--until", rfc("9T17:00"))
    replayed = [json.loads(line) for line in out.splitlines()]
    with closing(sqlite3.connect("returns.sqlite")) as database:
        lived = [
            json.loads(body) for (body,) in database.execute("SELECT body FROM transitions ORDER BY seq")
        ]
    assert replayed == [{key: value for key, value in each.items() if key != "id"} for each in lived]


def test_a_span_is_exported() -> None:
    out = done("export", "events", "--since", rfc("9T15:00"), "--until", rfc("9T17:00"))
    assert [json.loads(line)["received_at"] for line in out.splitlines()] == [
        "2026-03-09T15:00:00Z",
        "2026-03-09T16:30:00Z",
        "2026-03-09T16:31:00Z",
    ]


READING = [["trace", "A"], ["alerts"], ["quarantine", "list"], ["export", "events"]]
WRITING = [["alerts", "acknowledge", "01"], ["quarantine", "discard", "ab"], ["quarantine", "retry", "ab"]]


@pytest.mark.parametrize("command", READING + WRITING, ids=" ".join)
class TestStores:
    def test_that_are_not_there_are_not_made(self, command: list[str]) -> None:
        result = run(*command, "--state-url", "sqlite:///nowhere.sqlite")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(
            "error: there is no state store at nowhere.sqlite; start the gateway there"
        )
        assert not Path("nowhere.sqlite").exists()

    def test_of_a_newer_gateway_are_left_alone(self, command: list[str]) -> None:
        with closing(sqlite3.connect("returns.sqlite")) as database, database:
            database.execute("UPDATE schema_version SET version = 99")
        result = run(*command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "it was written by a newer gateway" in result.stderr

    def test_that_are_none_are_told(self, command: list[str]) -> None:
        Path("other.sqlite").write_text(
            "a text file that is long enough to be looked at\n" * 9, encoding="utf-8"
        )
        result = run(*command, "--state-url", "sqlite:///other.sqlite")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "its file is not an SQLite database" in result.stderr

    def test_whose_url_is_none_are_wrong_configuration(self, command: list[str]) -> None:
        result = run(*command, "--state-url", "mysql://user:sesame@host/db")
        assert (result.exit_code, "sesame" in result.output) == (2, False)
        assert "command line: state.url is no URL of a state store" in result.stderr


@pytest.fixture
def locked() -> Iterator[None]:
    """Another process is in a long transaction."""
    with closing(sqlite3.connect("returns.sqlite", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")


@pytest.mark.usefixtures("locked")
def test_reading_waits_for_no_writer_and_writing_gives_up_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.store.PATIENCE_S", 0.2)
    assert "missing" in done("alerts")
    result = run("alerts", "acknowledge", "01")
    assert result.exit_code == 1
    assert "another process holds its lock" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_its_line_in_the_list_agrees_with(command: str) -> None:
    assert (
        "Usage: returns-gateway"
        in CliRunner().invoke(app, [command, "--help"], prog_name="returns-gateway").stdout
    )
    assert COMMANDS[command].summary in done("--help")


def test_the_version_is_told_and_an_unknown_command_is_wrong_usage() -> None:
    assert done("--version").startswith("returns-gateway 0.")
    result = run("repaly")
    assert (result.exit_code, "replay" in result.stderr) == (2, True)
