"""A worker's session: what each line that the scanner or the keyboard types means, given what was chosen before.

Decisions only: a line becomes an action, and nothing is sent, shown or waited for here. A line that begins with `/`
is a command (it may be printed as a barcode and scanned), anything else is a barcode as the scanner reads it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from devices.cli.typed import UNREADABLE
from gateway.tracking.cbv import BUSINESS_STEPS
from gateway.wire.topics import ID_SAYS, is_id

_BLANKS: Final = " \t\r\n"
"""Not `str.strip()`'s: that would take the GS (0x1D) of a GS1 barcode too."""
_LONGEST: Final = 512

HELP: Final = """\
/step STEP          why you scan from now on: arriving, departing, packing, unpacking, receiving, …
/site SITE          where you are; alone: the device's home
/container ID       what you pack into or unpack; alone: none
/done               this container is done (unpacking: it is empty)
/note TEXT          for the next scan
/undo               take the last scan back
/status             what is chosen, and how much waits
Enter               verdicts that came late are seen
/quit               end"""


class Scan(NamedTuple):
    """To be scanned now; `items` may be empty where a container is named."""

    items: tuple[str, ...]
    container: str | None = None
    note: str | None = None


class Undo(NamedTuple):
    """The last scan is to be taken back."""


class Say(NamedTuple):
    """To be told to the worker; `wrong`: the line was not understood."""

    text: str
    wrong: bool = False


class Tell(NamedTuple):
    """How things stand is to be told."""


class Seen(NamedTuple):
    """An empty line: the worker has seen what came late."""


class Quit(NamedTuple):
    """The session ends."""


Action = Scan | Undo | Say | Tell | Seen | Quit


@dataclass(frozen=True, slots=True)
class Chosen:
    """What holds until it is changed."""

    step: str = "arriving"
    site: str | None = None
    container: str | None = None
    operator: str | None = None
    note: str | None = None

    def sentence(self) -> str:
        """What is chosen, in words."""
        container = f" · container {self.container}" if self.container else ""
        return f"{self.step} · {self.site or 'home site'}{container}"


def interpret(chosen: Chosen, line: str) -> tuple[Chosen, Action]:
    """What is chosen after a line, and what to do."""
    text = line.strip(_BLANKS)
    if not text:
        return chosen, Seen()
    if len(text) > _LONGEST:
        return chosen, Say(f"{len(text)} characters are no barcode; scan one at a time", wrong=True)
    if UNREADABLE in text:
        return chosen, Say(f"{text} is no UTF-8; set the scanner and the terminal to UTF-8", wrong=True)
    if not text.startswith("/"):
        return replace(chosen, note=None), Scan((text,), chosen.container, chosen.note)
    word, _, value = text[1:].partition(" ")
    command = _COMMANDS.get(word.lower())
    if command is None:
        return chosen, Say(f"there is no command /{word}; /help lists them", wrong=True)
    return command(chosen, value.strip(_BLANKS))


def _with_step(chosen: Chosen, step: str) -> tuple[Chosen, Action]:
    if step not in BUSINESS_STEPS:
        near = [each for each in sorted(BUSINESS_STEPS) if step and each.startswith(step[:3])]
        hint = f"did you mean {' or '.join(near)}?" if near else "such as arriving, departing, packing"
        return chosen, Say(f"{step or 'nothing'} is no business step; {hint}", wrong=True)
    changed = replace(chosen, step=step)
    return changed, Say(changed.sentence())


def _with_site(chosen: Chosen, site: str) -> tuple[Chosen, Action]:
    if site and is_id(site) is None:
        return chosen, Say(f"{site} is no site; ids are {ID_SAYS}", wrong=True)
    changed = replace(chosen, site=site or None)
    return changed, Say(changed.sentence())


def _with_container(chosen: Chosen, container: str) -> tuple[Chosen, Action]:
    changed = replace(chosen, container=container or None)
    return changed, Say(changed.sentence())


def _with_note(chosen: Chosen, note: str) -> tuple[Chosen, Action]:
    return replace(chosen, note=note or None), Say(f"note for the next scan: {note or 'none'}")


def _done(chosen: Chosen, _value: str) -> tuple[Chosen, Action]:
    if chosen.container is None:
        return chosen, Say("no container is chosen; /container ID chooses one", wrong=True)
    after = replace(chosen, container=None, note=None)
    if chosen.step == "unpacking":
        return after, Scan((), chosen.container, chosen.note)
    return after, Say(f"{chosen.container} is done")


_COMMANDS: Final[dict[str, Callable[[Chosen, str], tuple[Chosen, Action]]]] = {
    "step": _with_step,
    "site": _with_site,
    "container": _with_container,
    "note": _with_note,
    "done": _done,
    "undo": lambda chosen, _: (chosen, Undo()),
    "status": lambda chosen, _: (chosen, Tell()),
    "help": lambda chosen, _: (chosen, Say(HELP)),
    "quit": lambda chosen, _: (chosen, Quit()),
}
