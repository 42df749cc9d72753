"""`returns-device scan`: a worker's session at the terminal, or a file of barcodes.

Joins the session (what a line means), the scanner (what becomes of it) and the display (what the worker sees). The
worker never waits for the network: a verdict that does not come within `--wait` is shown when it comes, and while
verdicts fail to come so soon, the next scan is not held up at all. One thread does all but read and send.
"""

import threading
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from devices.cli.display import Display
from devices.cli.failures import DONE, FAILED, WRONG, Failure
from devices.cli.inbox import Inbox, Sign
from devices.cli.json_display import JsonDisplay
from devices.cli.options import DeviceOptions, taking
from devices.cli.session import Chosen, Quit, Say, Scan, Seen, Tell, Undo, interpret
from devices.cli.signals import Terminated, signals
from devices.cli.typed import Source, file, keyboard, typed
from devices.cli.unseen import Unseen
from devices.sdk import Options, Result, Salvaged, Scanner, Spool, SpoolBroken, SpoolFull
from gateway.tracking.cbv import BUSINESS_STEPS

_LOOK_S: Final = 1.0
"""How soon the screen tells that the connection, or how much waits, has changed."""


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
    /status, /help, /quit. Scanning goes on without network; what was scanned is safe and is sent later. With --file or
    --json, exit status 1 says that something was rejected, not saved, or not answered in time.
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
        self._inbox = Inbox()
        try:
            self._scanner = Scanner(
                options.device,
                options.opened(),
                spool,
                Options(root=options.root),
                on_result=self._inbox.result,
            )
        except ValueError as error:
            raise Failure(str(error), WRONG) from error
        self._unseen = Unseen(spool)
        self._last: str | None = None
        self._shown: str | None = None
        """The scan that the screen is about, until its verdict is shown."""
        self._until: float | None = None
        """How long its verdict is waited for; None where it is not."""
        self._silent = False
        """Whether the last verdict that was waited for did not come in time."""
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
        path = self._options.file
        try:
            with keyboard() if path is None else file(path) as source, signals(self._inbox.resized):
                reader = threading.Thread(
                    target=self._read, args=(source,), kwargs={"keyed": path is None}, daemon=True
                )
                with self._scanner:
                    self._greet()
                    reader.start()
                    return self._session()
        except OSError as error:
            if path is None or error.filename is None:
                raise
            raise Failure(f"{path} cannot be read: {error.strerror}; name a file that can", WRONG) from error

    def _read(self, source: Source, *, keyed: bool) -> None:
        typed(source, self._inbox.line, keyed=keyed)
        self._inbox.over()

    def _greet(self) -> None:
        if self._options.file is not None:
            return
        self._display.note(f"{self._chosen.sentence()} · /help for commands")
        if self._scanner.waiting:
            self._display.note(f"{self._scanner.waiting} events of earlier are waiting")

    def _session(self) -> int:
        try:
            try:
                while self._step():
                    pass
            except Terminated:
                raise
            except KeyboardInterrupt:
                pass  # the worker's way to end it; a second one ends the waiting below
            self._drain()
        except KeyboardInterrupt:
            pass
        with suppress(OSError):  # the terminal is gone
            self._tell_end()
        return self._status()

    def _step(self) -> bool:
        """Whether it goes on."""
        waits = self._until is not None
        until = time.monotonic() + _LOOK_S if self._until is None else self._until
        happening = self._inbox.take(until, lines=not waits or self._silent)
        match happening:
            case Result():
                self._hear(happening)
            case Sign.RESIZED:
                self._display.redraw()
            case Sign.TIME if waits:
                self._silent = True
                self._saved()
            case Sign.TIME:
                self._display.refresh()
            case Sign.OVER:
                return False
            case str():
                self._saved()
                return self._act(happening)
        return True

    def _act(self, line: str) -> bool:
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
                return False
        return True

    def _scan(self, action: Scan) -> None:
        items = action.items or (str(action.container),)
        chosen = self._chosen
        self._shown = None
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
        self._unseen.add(event, items)
        if self._options.file is None:
            self._shown = event
            self._until = time.monotonic()
            if self._scanner.connected or self._scanner.trouble is None:
                self._until += self._options.wait

    def _saved(self) -> None:
        """The verdict of the last scan is waited for no longer: it is safe, and others may come."""
        if self._until is not None and self._shown is not None:
            items = self._unseen.items(self._shown)
            self._display.saved(items, self._scanner.waiting, connected=self._scanner.connected)
        self._until = None

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

    def _hear(self, result: Result) -> None:
        """A verdict: of the scan that the screen is about, or of one before."""
        event = str(result.id)
        if event not in self._unseen:
            return
        items = self._unseen.take(event)
        self._outcomes[
            "quarantined" if result.result == "quarantined" else result.verdict or result.result
        ] += 1
        if event != self._shown:
            self._display.later(items, result)
            return
        if self._until is not None:
            self._silent = False
        self._shown = self._until = None
        self._display.answered(items, result)

    def _drain(self) -> None:
        """Wait for what still waits, as long as that is worth it."""
        until = time.monotonic() + self._options.drain
        self._saved()
        if self._scanner.waiting and self._options.drain and self._options.file is None:
            self._display.note(
                f"{self._scanner.waiting} waiting: up to {self._options.drain:g} s to send them, Ctrl-C ends at once"
            )
        while self._scanner.waiting or self._unseen:
            happening = self._inbox.take(until, lines=False)
            if isinstance(happening, Result):
                self._hear(happening)
            elif happening is Sign.TIME:
                return

    def _tell_end(self) -> None:
        left = self._scanner.waiting
        told = ", ".join(f"{count} {what}" for what, count in sorted(self._outcomes.items()) if count)
        if left:
            told += f"{', ' if told else ''}{left} waiting; they are sent when this device is run again"
        self._display.note(told or "nothing was scanned", wrong=False)

    def _status(self) -> int:
        if self._options.file is None and not self._options.json:
            return DONE
        outcomes = self._outcomes
        bad = self._scanner.waiting or outcomes["failed"] or outcomes["quarantined"] or outcomes["wrong"]
        return FAILED if bad else DONE
