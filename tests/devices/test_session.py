"""What each line of a worker's session means."""

import pytest

from devices.cli.letters import large
from devices.cli.session import Chosen, Quit, Say, Scan, Seen, Tell, Undo, interpret

GS1 = "]d201040123456789012110ABC\x1d21SN-7"


@pytest.mark.parametrize(
    ("line", "items"),
    [
        ("SN-1001\n", ("SN-1001",)),
        ("  SN-1001 \r\n", ("SN-1001",)),
        (GS1 + "\r\n", (GS1,)),
        ("\x1d\n", ("\x1d",)),
        ("https://id.gs1.org/8003/04012345000016X1", ("https://id.gs1.org/8003/04012345000016X1",)),
    ],
    ids=["plain", "with space around", "GS1 with a separator", "a separator alone", "a link"],
)
def test_a_barcode_is_scanned_as_it_was_read(line: str, items: tuple[str, ...]) -> None:
    assert interpret(Chosen(), line) == (Chosen(), Scan(items))


@pytest.mark.parametrize("line", ["", "\n", "  \r\n", "\t"])
def test_an_empty_line_says_that_what_came_late_is_seen(line: str) -> None:
    assert interpret(Chosen(), line) == (Chosen(), Seen())


def test_what_is_chosen_holds_until_it_is_changed() -> None:
    chosen, action = Chosen(), None
    for line in ("/step packing", "/site HUB-LEJ", "/container TOTE-17"):
        chosen, action = interpret(chosen, line)
    assert chosen == Chosen("packing", "HUB-LEJ", "TOTE-17")
    assert action == Say("packing · HUB-LEJ · container TOTE-17")
    for _ in range(2):
        chosen, action = interpret(chosen, "SN-1")
        assert action == Scan(("SN-1",), "TOTE-17")
    assert interpret(chosen, "/site")[0].site is None
    assert interpret(chosen, "/container")[0].container is None


def test_a_note_is_for_one_scan() -> None:
    chosen, _ = interpret(Chosen(), "/note label torn")
    chosen, action = interpret(chosen, "SN-1")
    assert action == Scan(("SN-1",), None, "label torn")
    assert interpret(chosen, "SN-2")[1] == Scan(("SN-2",))


def test_done_while_unpacking_says_that_the_container_is_empty() -> None:
    assert interpret(Chosen("unpacking", container="TOTE-17"), "/done") == (
        Chosen("unpacking"),
        Scan((), "TOTE-17"),
    )


def test_done_while_packing_only_lets_go_of_the_container() -> None:
    chosen, action = interpret(Chosen("packing", container="TOTE-17"), "/done")
    assert chosen.container is None
    assert action == Say("TOTE-17 is done")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/step walking", "walking is no business step"),
        ("/step arrive", "did you mean arriving"),
        ("/step", "nothing is no business step"),
        ("/site a/b", "a/b is no site"),
        ("/frobnicate", "/help"),
        ("/done", "no container is chosen"),
        ("x" * 600, "one at a time"),
    ],
)
def test_what_is_not_understood_is_said_and_changes_nothing(line: str, says: str) -> None:
    chosen, action = interpret(Chosen(), line)
    assert chosen == Chosen()
    assert isinstance(action, Say)
    assert action.wrong
    assert says in action.text


@pytest.mark.parametrize(
    ("line", "kind"), [("/undo", Undo), ("/QUIT", Quit), ("/status", Tell), ("/help", Say)]
)
def test_the_other_commands(line: str, kind: type) -> None:
    assert isinstance(interpret(Chosen(), line)[1], kind)


@pytest.mark.parametrize("word", ["OK", "WRONG SITE", "QUICK FOX JUMPS OVER THE LAZY DOG AND BITES MY WAX"])
def test_large_letters_have_five_rows_of_one_width(word: str) -> None:
    rows = large(word)
    assert len(rows) == 5
    assert len({len(row) for row in rows}) == 1
