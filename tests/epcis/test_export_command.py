"""`returns-gateway export epcis`: a store on disk as one document, of a span if asked."""

import json
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest

from gateway.epcis.documents import read
from gateway.epcis.validation import envelope_problems, event_problems
from tests.integration.cli_gateway import done, founded, run
from tests.unit.cli_world import WORKED_EXAMPLE, position


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in which a gateway has seen the worked example."""
    with chdir(tmp_path):
        founded(*WORKED_EXAMPLE, ("9T15:00", position("9T14:00", 51.4, 12.2, temperature_c=4)))
        yield tmp_path


def test_all_that_was_accepted_is_one_valid_document() -> None:
    document = read(done("export", "epcis").encode())
    assert envelope_problems(document) == []
    assert [problem for placed in document.events for problem in event_problems(placed, alone=False)] == []
    steps = [placed.event["bizStep"] for placed in document.events]
    assert steps == ["collecting", "arriving", "departing", "arriving", "sensor_reporting", "receiving"]


def test_a_span_goes_to_a_file(folder: Path) -> None:
    span = ("--since", "2026-03-06T10:00:00Z", "--until", "2026-03-06T12:00:00Z")
    assert done("export", "epcis", *span, "--output", "out.json") == ""
    (event,) = json.loads((folder / "out.json").read_text())["epcisBody"]["eventList"]
    assert (event["bizStep"], event["readPoint"]["id"]) == ("arriving", "urn:returns-gateway:site:HUB")


def test_documents_small_enough_to_be_captured_again_are_numbered(folder: Path) -> None:
    done("export", "epcis", "--output", "out.json", "--split", "4")
    parts = [json.loads((folder / f"out-000{number}.json").read_text()) for number in (1, 2)]
    assert [len(part["epcisBody"]["eventList"]) for part in parts] == [4, 2]
    assert not (folder / "out-0003.json").exists()
    assert run("export", "epcis", "--split", "4").exit_code == 2


def test_a_store_or_network_that_is_not_there_is_named(folder: Path) -> None:
    (folder / "network.yaml").unlink()
    missing = run("export", "epcis")
    assert (missing.exit_code, "network.yaml" in missing.stderr) == (2, True)
