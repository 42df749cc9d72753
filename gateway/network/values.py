"""From YAML nodes to plain values: text, lists, mappings with text as keys, and None.

A scalar stays the text that it was written as. The schema says what is a number, a date or a time, not YAML:
so `no`, `24:00`, `10:30`, `007` and `2026-12-25` mean themselves, with quotes or without. Places are looked up
afterwards, only for what is reported. Nothing here knows what a network contains.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gateway.network.faults import Finding, Location, shown
from gateway.network.source import PLAIN, QUOTED

Plain = object
"""str, list, dict, None or `Nothing.WRITTEN`, nested."""


class Nothing(Enum):
    """A key or a dash with nothing behind it; `null` says explicitly that there is no value, this only forgot one."""

    WRITTEN = "nothing"


class Place(NamedTuple):
    """Where a location is in the file; `known`: how many of its parts exist there."""

    line: int
    column: int
    known: int


_MERGE: Final = "<<"
_WORDS: Final[dict[str, Plain]] = dict.fromkeys(("null", "Null", "NULL", "~")) | {"": Nothing.WRITTEN}
_NAMESPACE: Final = "tag:yaml.org,2002:"
_STANDARD_TAGS: Final = frozenset(
    _NAMESPACE + name for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")
)


class Conversion:
    """Converts one tree; `odd` afterwards says that `misfits` may have something to say."""

    def __init__(self) -> None:
        self.odd = False

    def plain(self, node: Node) -> Plain:
        """The node's plain value; of keys that are there twice, the first counts."""
        kind = node.__class__
        if kind is ScalarNode:
            if node.tag is PLAIN:
                return _WORDS.get(node.value, node.value)
            return node.value if node.tag is QUOTED else self._tagged(node)
        if node.tag is not PLAIN:
            self.odd = True
        if kind is SequenceNode:
            return [self.plain(item) for item in node.value]
        values: dict[str, Plain] = {}
        for key, value in node.value:
            if key.__class__ is not ScalarNode or key.value == _MERGE or key.value in values:
                self.odd = True
                return {name: self.plain(item) for name, (_, item) in pairs(node).items()}
            values[key.value] = self.plain(value)
        return values

    def _tagged(self, node: Node) -> Plain:
        self.odd = True
        if node.tag == _NAMESPACE + "str":
            return str(node.value)
        return _WORDS.get(node.value, node.value)


def pairs(node: Node) -> dict[str, tuple[Node, Node]]:
    """The key and value nodes by key: its own first, then those that it merges in by `<<`."""
    found: dict[str, tuple[Node, Node]] = {}
    merged: list[Node] = []
    for key, value in node.value:
        if _is_merge(key):
            merged += value.value if isinstance(value, SequenceNode) else [value]
        elif isinstance(key, ScalarNode):
            found.setdefault(key.value, (key, value))
    for other in merged:
        if isinstance(other, MappingNode):
            found = pairs(other) | found
    return found


def misfits(root: Node) -> list[Finding]:
    """What YAML allows and a network does not, each once.

    That is tags, keys that are there twice, keys that are not text, and merges of what is no mapping.
    """
    found: list[Finding] = []
    _collect(root, (), found, set())
    return found


def place(root: Node, location: Location, *, at_key: bool = False) -> Place:
    """Where the value (or its key) is; where it does not exist, where the innermost part that does begins."""
    node = root
    mark = root.start_mark
    for depth, part in enumerate(location):
        pair = _child(node, part)
        if pair is None:
            return Place(mark.line + 1, mark.column + 1, depth)
        key, node = pair
        mark = key.start_mark if at_key and depth == len(location) - 1 else node.start_mark
    return Place(mark.line + 1, mark.column + 1, len(location))


def _child(node: Node, part: str | int) -> tuple[Node, Node] | None:
    if isinstance(part, int):
        if isinstance(node, SequenceNode) and part < len(node.value):
            return node.value[part], node.value[part]
        return None
    if not isinstance(node, MappingNode):
        return None
    for key, value in node.value:
        if key.value == part and isinstance(key, ScalarNode):
            return key, value
    return pairs(node).get(part)


def _is_merge(key: Node) -> bool:
    return isinstance(key, ScalarNode) and key.value == _MERGE and key.tag is PLAIN


def _collect(node: Node, location: Location, found: list[Finding], seen: set[int]) -> None:
    if id(node) in seen:
        return
    seen.add(id(node))
    if node.tag not in (PLAIN, QUOTED) and node.tag not in _STANDARD_TAGS:
        found.append(_misfit(node, location, f"the tag {shown(node.tag)} has no meaning here; remove it"))
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            _collect(item, (*location, index), found, seen)
    elif isinstance(node, MappingNode):
        found += _key_misfits(node, location)
        for name, (_, value) in pairs(node).items():
            _collect(value, (*location, name), found, seen)


def _misfit(node: Node, location: Location, message: str) -> Finding:
    return Finding(location, message, at=(node.start_mark.line + 1, node.start_mark.column + 1))


def _key_misfits(node: MappingNode, location: Location) -> Iterator[Finding]:
    first: dict[str, Node] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            yield _misfit(key, location, "a list or a mapping cannot be a key; write a word")
        elif _is_merge(key):
            merged = value.value if isinstance(value, SequenceNode) else [value]
            if not all(isinstance(other, MappingNode) for other in merged):
                yield _misfit(
                    value, location, "<< merges mappings only; give it an alias of one, or a list of them"
                )
        elif key.value in first:
            line = first[key.value].start_mark.line + 1
            message = f"is there twice, first in line {line}; remove or rename one of them"
            yield _misfit(key, (*location, key.value), message)
        else:
            first[key.value] = key
