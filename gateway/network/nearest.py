"""The nearest known name to a wrong one, at a bounded cost however many names there are.

Knows nothing of what the names are names of.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Final

from gateway.network.faults import named

_COMPARED: Final = 200
"""difflib takes some 30 µs a pair, so that among more names than this only similar ones are compared."""
_LONGEST: Final = 128
"""No name that is known is longer, so nothing longer is like one."""
_REMEMBERED: Final = 256


class Names:
    """A set of known names that can say which of them somebody meant."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._similar: defaultdict[str, list[str]] | None = None
        self._answers: dict[str, str | None] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def nearest(self, wrong: str) -> str | None:
        """The known name that is most like the wrong one, if any is."""
        if len(wrong) > _LONGEST:
            return None
        answers = self._answers
        if wrong in answers:
            return answers[wrong]
        if len(answers) >= _REMEMBERED:
            # A new one, not a cleared one: another thread may be looking into it.
            answers = self._answers = {}
        near = answers[wrong] = self._search(wrong)
        return near

    def hint(self, wrong: str, otherwise: str) -> str:
        """The remedy for a wrong name, to follow a semicolon: the nearest known name, or `otherwise`."""
        near = self.nearest(wrong)
        return otherwise if near is None else f"did you mean {named(near)}?"

    def _search(self, wrong: str) -> str | None:
        candidates = self._known
        if len(candidates) > _COMPARED:
            candidates = self._alike(wrong)
        folded: dict[str, str] = {}
        for name in sorted(candidates)[:_COMPARED]:
            folded.setdefault(name.casefold(), name)
        found = get_close_matches(wrong.casefold(), folded, n=1)
        return folded[found[0]] if found else None

    def _alike(self, wrong: str) -> Collection[str]:
        """The names that become the wrong one, or the same as it, by leaving out a character of each."""
        if self._similar is None:
            self._similar = defaultdict(list)
            for name in self._known:
                for shorter in _shortened(name):
                    self._similar[shorter].append(name)
        return {name for shorter in _shortened(wrong) for name in self._similar.get(shorter, ())}


def _shortened(name: str) -> Iterator[str]:
    folded = name.casefold()
    yield folded
    for i in range(len(folded)):
        yield folded[:i] + folded[i + 1 :]
