"""`returns-device scan`: a worker's session at the terminal, or a file of barcodes.

Joins the session (what a line means), the scanner (what becomes of it) and the display (what the worker sees). The
worker never waits for the network: a verdict that does not come within `--wait` is shown when it comes.
"""

import sys
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from devices.cli.display import Display
from devices.cli.failures import DONE, FAILED, WRONG, Failure
from devices.cli.json_display import JsonDisplay
from devices.cli.options import DeviceOptions, taking
from devices.cli.session import Chosen, Quit, Say, Scan, Seen, Tell, Undo, interpret
from devices.sdk import Options, Result, Salvaged, Scanner, Spool, SpoolBroken, SpoolFull
from gateway.tracking.cbv import BUSINESS_STEPS

_MOST_UNSEEN: Final = 10_000
_LONGEST_LINE: Final = 4096


@dataclass(frozen=True, kw_only=True)
class ScanOptions(DeviceOptions):
    """What a session begins with."""

    step: Annotated[str, typer.Option(help="Why you scan: a CBV business step.")] = "arriving"
    site: Annotated[str | None, typer.Option(help="Where you are, if not at the device's home.")] = None
    container: Annotated[str | None, typer.Option(help="What you pack into or unpack.")] = None
    operator: Annotated[str | None, typer.Option(help="Who you are.")] = None
    file: Annotated[
        Path | None, typer.Option(help="Read lines from this file instead of the scanner, and end.")
    ] = None
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for a verdict before going on.")] = 1.5
    drain: Annotated[float, typer.Option(min=0, help="Seconds to wait at the end for what still waits.")] = 10
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines, for programs.")] = False


app = typer.Typer(add_completion=False)


@app.command()
@taking(ScanOptions)
def scan(options: ScanOptions) -> None:
    """Scan goods and see each verdict.

    Each line is a barcode as the scanner types it, or a command: /step, /site, /container, /done, /note, /undo,
    /status, /help, /quit. Scanning goes on without network; what was scanned is safe and is sent later. With --file,
    exit status 1 says that something was rejected, not saved, or not answered in time.
    """
    if options.step not in BUSINESS_STEPS:
        raise Failure(
            f"--step {options.step} is no CBV business step; write one such as arriving or packing", WRONG
        )
    with closing(options.opened_spool()) as spool:
        desk = _Desk(options, spool)
        if spool.salvaged is not None:
            desk.tell_of(spool.salvaged)
        raise typer.Exit(desk.work())


class _Desk:
    """One session from its first line to its last."""

    def __init__(self, options: ScanOptions, spool: Spool) -> None:
        console = Console()
        self._options = options
        self._display = JsonDisplay(console) if options.json else Display(console, self._standing)
        self._chosen = Chosen(options.step, options.site, options.container, options.operator)
        try:
            self._scanner = Scanner(
                options.device, options.opened(), spool, Options(root=options.root), on_result=self._heard
            )
        except ValueError as error:
            raise Failure(str(error), WRONG) from error
        self._lock = threading.Lock()
        self._unseen: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        """Scans whose verdict has not been shown, by event."""
        self._last: str | None = None
        self._outcomes: Counter[str] = Counter()

    def tell_of(self, salvaged: Salvaged) -> None:
        """The spool was damaged: how much of it goes on."""
        self._display.note(
            f"the spool was damaged: {salvaged.events} events of it go on; give {salvaged.aside} to whoever can"
            " rescue the rest",
            wrong=True,
        )

    def work(self) -> int:
        """Take lines until they end; the exit status."""
        with self._scanner:
            if self._options.file is None:
                self._display.note(f"{self._chosen.sentence()} · /help for commands")
                if self._scanner.waiting:
                    self._display.note(f"{self._scanner.waiting} events of earlier are waiting")
            for line in self._lines():
                self._chosen, action = interpret(self._chosen, line)
                match action:
                    case Scan():
                        self._scan(action)
                    case Undo():
                        self._undo()
                    case Seen():
                        self._display.seen()
                    case Tell():
                        self._display.note(self._trouble())
                    case Say(text, wrong):
                        self._outcomes["wrong"] += wrong
                        self._display.note(text, wrong=wrong)
                    case Quit():
                        break
            self._scanner.drained(self._options.drain)
            return self._end()

    def _lines(self) -> Iterator[str]:
        """Lines up to their newline only: a GS (0x1D) within a barcode is none."""
        file = self._options.file
        try:
            with (
                nullcontext(sys.stdin) if file is None else file.open(encoding="utf-8", errors="replace")
            ) as source:
                while line := source.readline(_LONGEST_LINE):
                    yield line
        except OSError as error:
            raise Failure(f"{file} cannot be read: {error.strerror}; name a file that can", WRONG) from error
        except KeyboardInterrupt:
            return

    def _scan(self, action: Scan) -> None:
        items = action.items or (str(action.container),)
        chosen = self._chosen
        try:
            event = self._scanner.scan(
                chosen.step,
                action.items,
                container=action.container,
                site=chosen.site,
                operator=chosen.operator,
                note=action.note,
            )
        except (SpoolFull, SpoolBroken, ValueError) as error:
            self._outcomes["failed"] += 1
            self._display.failed(items, str(error))
            return
        self._last = event
        patient = self._options.file is None and self._scanner.connected
        result = self._scanner.verdict(event, self._options.wait if patient else 0.0)
        with self._lock:
            result = result or self._scanner.result(event, 0.0)
            if result is None:
                self._unseen[event] = items
                if len(self._unseen) > _MOST_UNSEEN:
                    self._unseen.popitem(last=False)
        if result is not None:
            self._count(result)
            self._display.answered(items, result)
        elif self._options.file is None:
            self._display.saved(items, self._scanner.waiting, connected=self._scanner.connected)

    def _undo(self) -> None:
        if self._last is None:
            self._display.note("there is no scan to take back", wrong=True)
            return
        try:
            self._scanner.void([self._last])
        except (SpoolFull, SpoolBroken) as error:
            self._display.note(f"not taken back: {error}", wrong=True)
            return
        self._last = None
        self._display.note("the last scan is taken back")

    def _standing(self) -> str:
        link = "connected" if self._scanner.connected else "offline"
        return f"{link} · {self._scanner.waiting} waiting · {self._chosen.sentence()}"

    def _trouble(self) -> str:
        """How things stand, with the reason for it."""
        trouble = "" if self._scanner.connected else self._scanner.trouble or ""
        return f"{self._standing()}{trouble and f' · {trouble}'}"

    def _heard(self, result: Result) -> None:
        """From the device's thread: a verdict; the session shows those it waits for by itself."""
        with self._lock:
            items = self._unseen.pop(str(result.id), None)
        if items is not None:
            self._count(result)
            self._display.later(items, result)

    def _count(self, result: Result) -> None:
        self._outcomes[
            "quarantined" if result.result == "quarantined" else result.verdict or result.result
        ] += 1

    def _end(self) -> int:
        left = self._scanner.waiting
        told = ", ".join(f"{count} {what}" for what, count in sorted(self._outcomes.items()) if count)
        if left:
            told += f"{', ' if told else ''}{left} waiting; they are sent when this device is run again"
        self._display.note(told or "nothing was scanned", wrong=False)
        if self._options.file is None:
            return DONE
        bad = left or self._outcomes["failed"] or self._outcomes["quarantined"] or self._outcomes["wrong"]
        return FAILED if bad else DONE
