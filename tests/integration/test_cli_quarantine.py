"""`returns-gateway quarantine` and `announce`, as programs, on a real state store."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli_gateway import done, founded, run
from tests.unit.cli_world import NETWORK, announcement, scan

RAW = b"{broken \x1b[2J\xff"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a gateway has refused four events."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    founded(
        ("4T09:00", announcement("A", "4T00:00")),
        ("4T09:01", scan("A", "4T08:00", "arriving", "HUBB")),
        ("4T09:02", scan("A", "4T08:30", "arriving", "HUBB")),
        ("4T09:03", ("device/ghost/scan", scan("A", "4T08:00", "arriving", "HUB")[1])),
        ("4T09:04", ("device/scan-1/scan", RAW)),
    )
    return tmp_path


def entries(*options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done("quarantine", "list", "--json", *options))
    return found


def entry(reason: str, number: int = 0) -> str:
    """The id of an entry refused for this reason, the newest first."""
    return str(entries("--reason", reason)[number]["id"])


class TestLooking:
    def test_entries_are_listed_the_newest_first(self) -> None:
        assert [each["reason"] for each in entries()] == [
            "malformed",
            "unknown_device",
            "unknown_site",
            "unknown_site",
        ]
        shown = done("quarantine", "list")
        assert "device/ghost/scan no device ghost in the network" in shown

    @pytest.mark.parametrize(
        ("options", "count"),
        [
            (["--reason", "unknown_site"], 2),
            (["--limit", "1"], 1),
            (["--status", "accepted"], 0),
            (["--status", "all"], 4),
        ],
    )
    def test_some_of_them_can_be_asked_for(self, options: list[str], count: int) -> None:
        assert len(entries(*options)) == count

    def test_none_is_said_so(self) -> None:
        assert done("quarantine", "list", "--status", "discarded") == "there is no such entry\n"

    def test_one_is_shown_whole_and_cannot_steer_the_terminal(self) -> None:
        id_ = entry("malformed")
        shown = done("quarantine", "show", id_[:12])
        assert id_ in shown
        assert "{broken \\x1b[2J\\xff" in shown
        assert "\x1b" not in shown

    def test_programs_get_the_payload_as_text(self) -> None:
        told = json.loads(done("quarantine", "show", entry("unknown_device"), "--json"))
        assert json.loads(told["payload"])["site"] == "HUB"
        assert (told["received_at"], told["seen"]) == ("2026-03-04T09:03:00Z", 1)


class TestRetrying:
    def test_what_is_corrected_is_accepted(self) -> None:
        assert done("quarantine", "retry", entry("unknown_site"), "--site", "HUB") == "1 of 1 accepted\n"
        assert json.loads(done("trace", "A", "--json"))["stops"][1]["arrived"]["site"] == "HUB"
        assert len(entries("--status", "accepted")) == 1

    def test_a_time_can_be_corrected_too(self) -> None:
        id_ = entry("unknown_site")
        done("quarantine", "retry", id_, "--site", "CP1", "--at", "2026-03-04T07:00:00+01:00")
        arrived = json.loads(done("trace", "A", "--json"))["stops"][0]["arrived"]
        assert (arrived["site"], arrived["at"]) == ("CP1", "2026-03-04T06:00:00Z")

    def test_what_is_refused_again_is_told_with_its_reason_and_stays(self) -> None:
        result = run("quarantine", "retry", entry("unknown_site"), "--site", "HUBBB")
        assert (result.exit_code, result.stdout) == (1, "0 of 1 accepted\n")
        assert "unknown_site: no site HUBBB; did you mean HUB?" in result.stderr
        assert len(entries()) == 4

    def test_all_of_one_reason_are_retried_once_the_network_knows_better(self) -> None:
        Path("network.yaml").write_text(NETWORK.replace("id: SORT", "id: HUBB").replace("[SORT]", "[HUBB]"))
        assert done("quarantine", "retry", "--all", "--reason", "unknown_site") == "2 of 2 accepted\n"
        assert [each["reason"] for each in entries()] == ["malformed", "unknown_device"]

    def test_programs_get_each_outcome(self) -> None:
        result = run("quarantine", "retry", "--all", "--reason", "unknown_device", "--json")
        [told] = json.loads(result.stdout)
        assert (result.exit_code, told["outcome"], told["reason"]) == (1, "refused", "unknown_device")

    def test_what_was_accepted_is_not_retried(self) -> None:
        id_ = entry("unknown_site")
        done("quarantine", "retry", id_, "--site", "HUB")
        result = run("quarantine", "retry", id_)
        assert (result.exit_code, "was accepted before" in result.stderr) == (1, True)


def test_what_is_discarded_is_listed_as_such() -> None:
    assert done("quarantine", "discard", entry("malformed")) == "1 discarded\n"
    assert done("quarantine", "discard", "--all", "--reason", "unknown_site") == "2 discarded\n"
    assert len(entries("--status", "discarded")) == 3


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["show", "zz"], 1, "there is no entry zz"),
        (["show", ""], 2, "several entries begin with"),
        (["retry"], 2, "name one entry by its id, or all of a kind with --all --reason"),
        (["retry", "--all"], 2, "name one entry by its id"),
        (["retry", "ab", "--all", "--reason", "malformed"], 2, "name one entry by its id"),
        (["discard", "ab", "--reason", "malformed"], 2, "name one entry by its id"),
        (["retry", "--all", "--reason", "malformed", "--site", "HUB"], 2, "it is no JSON"),
        (["retry", "ab", "--at", "soon"], 2, "--at 'soon': not an RFC 3339"),
    ],
)
def test_what_cannot_be_done_is_told(arguments: list[str], status: int, said: str) -> None:
    result = run("quarantine", *arguments)
    assert result.exit_code == status
    assert result.stderr.startswith("error: ")
    assert said in result.stderr


CSV = "item;route;value\nN1;R;12.5\nN2;Q;\nN3;R;12,5\n"


class TestAnnouncing:
    def announce(
        self, text: str, *options: str, status: int = 0, name: str = "returns.csv"
    ) -> Sequence[dict[str, Any]]:
        Path(name).write_text(text, encoding="utf-8")
        result = run("announce", name, "--source", "erp", "--json", *options)
        assert result.exit_code == status, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_each_row_is_told_with_its_line(self) -> None:
        told = self.announce(CSV, status=1)
        assert [(each["line"], each["item"], each["result"], each.get("reason")) for each in told] == [
            (2, "N1", "accepted", None),
            (3, "N2", "quarantined", "unknown_route"),
            (4, "N3", "quarantined", "malformed"),
        ]
        assert json.loads(done("trace", "N1", "--json"))["status"] == "announced"

    def test_the_same_file_again_is_known(self) -> None:
        self.announce("item,route\nN1,R\nN2,R\n")
        assert {each["result"] for each in self.announce("item,route\nN2,R\nN1,R\n")} == {"duplicate"}

    def test_a_dry_run_says_the_same_and_changes_nothing(self) -> None:
        assert self.announce(CSV, "--dry-run", status=1)[0]["result"] == "accepted"
        assert run("trace", "N1").exit_code == 1
        assert len(entries()) == 4

    def test_more_than_a_batch_is_taken_in_whole(self) -> None:
        rows = "".join(json.dumps({"item": f"N{number}", "route": "R"}) + "\n" for number in range(450))
        assert [each["result"] for each in self.announce(rows, name="returns.jsonl")] == ["accepted"] * 450

    def test_each_is_a_message_of_its_own_in_an_export(self) -> None:
        self.announce("item,route\nN1,R\nN2,R\n")
        lines = [json.loads(line) for line in done("export", "events").splitlines()][-2:]
        assert [each["payload"]["item"] for each in lines] == ["N1", "N2"]

    def test_people_get_a_summary_and_what_was_refused(self) -> None:
        Path("returns.csv").write_text(CSV, encoding="utf-8")
        result = run("announce", "returns.csv", "--source", "erp")
        assert result.stdout == "3 announcements: 1 accepted, 0 known already, 2 in quarantine\n"
        assert "returns.csv, line 3: unknown_route: no route Q" in result.stderr
        assert "returns.csv, line 4: malformed: value is '12,5'; it must be a number" in result.stderr

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["nowhere.csv", "--source", "erp"], "nowhere.csv: cannot be read"),
            (["network.yaml", "--source", "erp"], "is neither .csv nor .jsonl"),
            (["nowhere.csv", "--source", "epr"], "no source 'epr' in the network; did you mean erp?"),
        ],
    )
    def test_wrong_usage_is_told(self, arguments: list[str], said: str) -> None:
        result = run("announce", *arguments)
        assert (result.exit_code, said in result.stderr) == (2, True)
