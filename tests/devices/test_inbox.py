"""What a session takes next."""

import threading
import time

from devices.cli.inbox import Inbox, Sign
from devices.sdk import Result

RESULT = Result("e1", "accepted", "ok")


def test_results_go_before_lines_and_the_end_comes_last() -> None:
    inbox = Inbox()
    inbox.line("SN-1")
    inbox.over()
    inbox.resized()
    inbox.result(RESULT)
    soon = time.monotonic() + 5
    taken = [inbox.take(soon) for _ in range(5)]
    assert taken == [RESULT, Sign.RESIZED, "SN-1", Sign.OVER, Sign.OVER]


def test_lines_can_be_left_to_wait() -> None:
    inbox = Inbox()
    inbox.line("SN-1")
    assert inbox.take(time.monotonic(), lines=False) is Sign.TIME
    inbox.result(RESULT)
    assert inbox.take(time.monotonic() + 5, lines=False) == RESULT
    assert inbox.take(time.monotonic()) == "SN-1"


def test_what_comes_from_another_thread_ends_the_waiting() -> None:
    inbox = Inbox()
    later = threading.Timer(0.05, inbox.result, [RESULT])
    later.start()
    assert inbox.take(time.monotonic() + 20) == RESULT
    later.join()


def test_a_large_file_is_not_held_in_memory_but_read_as_lines_are_taken() -> None:
    inbox, read = Inbox(), []

    def reader() -> None:
        for number in range(2_500):
            inbox.line(str(number))
            read.append(number)
        inbox.over()

    thread = threading.Thread(target=reader)
    thread.start()
    taken: list[object] = []
    until = time.monotonic() + 20
    while (line := inbox.take(until)) is not Sign.OVER:
        taken.append(line)
        assert len(read) <= len(taken) + 1_000
    thread.join()
    assert taken == [str(number) for number in range(2_500)]
