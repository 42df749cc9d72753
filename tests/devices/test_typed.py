"""What a scanner types: where lines end, whatever it is set to, and in whatever pieces they come."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.cli.session import Chosen, Say, interpret
from devices.cli.typed import Lines, file, typed

GS1 = "]C101040123456789012110ABC\x1d21SN-7"


def lines(data: bytes, *more: tuple[float, bytes]) -> list[str]:
    """The lines of what is typed at once, and of what comes so many seconds later."""
    source = Lines()
    found: list[str] = []
    for at_s, each in ((0.0, data), *more):
        found += source.feed(each, at_s)
    return [*found, *source.rest()]


@pytest.mark.parametrize("end", ["\n", "\r", "\t", "\r\n", "\n\r", "\t\r", "\t\r\n", "\n\n"], ids=repr)
def test_a_scan_ends_however_the_scanner_is_set_and_only_once(end: str) -> None:
    data = f"SN-1{end}{GS1}{end}".encode()
    assert lines(data) == ["SN-1", GS1]
    assert lines(data[:1], *((0.01, data[at : at + 1]) for at in range(1, len(data)))) == ["SN-1", GS1]


def test_an_empty_line_by_itself_is_a_key_that_somebody_pressed() -> None:
    assert lines(b"SN-1\r\n", (2.0, b"\r"), (4.0, b"\n")) == ["SN-1", "", ""]


def test_slow_typing_is_a_line_once_it_ends() -> None:
    assert lines(b"S", (10.0, b"N-"), (60.0, b"1"), (90.0, b"\n")) == ["SN-1"]


def test_a_burst_is_so_many_lines_and_what_has_no_end_is_one_at_the_end() -> None:
    assert lines(b"\n".join(b"SN-%d" % n for n in range(500))) == [f"SN-{n}" for n in range(500)]


def test_a_line_without_end_is_cut() -> None:
    assert [len(line) for line in lines(b"x" * 4000, (0.0, b"x" * 4000))] == [8000]


def test_what_is_no_utf_8_is_refused_with_what_to_do() -> None:
    (line,) = lines("Gerät-1\n".encode("latin-1"))
    _, action = interpret(Chosen(), line)
    assert isinstance(action, Say)
    assert action.wrong
    assert "UTF-8" in action.text


@given(st.lists(st.binary(max_size=20)), st.floats(0, 1))
def test_no_scan_is_lost_or_torn_however_the_bytes_come(pieces: list[bytes], pause_s: float) -> None:
    found = lines(b"", *((number * pause_s, piece) for number, piece in enumerate(pieces)))
    data = b"".join(pieces).replace(b"\r", b"\n").replace(b"\t", b"\n")
    assert [line for line in found if line] == [
        line.decode(errors="replace") for line in data.split(b"\n") if line
    ]


def test_a_file_has_its_lines_with_their_tabs(tmp_path: Path) -> None:
    path = tmp_path / "codes.txt"
    path.write_bytes(b"SN-1\r\n\r\n/note a\tb\nSN-2")
    found: list[str] = []
    with file(path) as source:
        typed(source, found.append, keyed=False)
    assert found == ["SN-1", "/note a\tb", "SN-2"]


def test_a_terminal_that_is_gone_is_the_end() -> None:
    class Gone(io.RawIOBase):
        def __init__(self) -> None:
            self._said: Iterator[bytes] = iter([b"SN-1\n"])

        def read(self, _size: int = -1, /) -> bytes:
            for said in self._said:
                return said
            raise OSError(5, "Input/output error")

    found: list[str] = []
    typed(Gone(), found.append)
    assert found == ["SN-1"]
