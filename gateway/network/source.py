"""network.yaml as text: from bytes to a tree of nodes that remember their places, or the place of what is wrong.

Hostile text costs no more than its size: nesting and what aliases expand to are bounded. Nothing here knows what
a network contains, and nothing is constructed from tags. The composer is libyaml's where PyYAML has it, which
is some fifty times faster than the one in Python.
"""

import re
from typing import Any, Final, NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

PLAIN: Final = "plain"
"""The tag of a scalar without quotes, and of a list or mapping, that states none."""
QUOTED: Final = "quoted"

DEEPEST: Final = 32
"""A network needs eight levels; libyaml's composer overflows the C stack at some ten thousand."""
MOST_NODES: Final = 3_000_000
"""Values after aliases are expanded; 10,000 routes of five stops are a million."""

LINE_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""As YAML 1.1 and both composers count lines."""
_REFUSED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BYTE_ORDER_MARK: Final = "\ufeff"


class Unreadable(ValueError):
    """The text is not YAML, or not within bounds: `line` and `column` from 1, and a message with the remedy."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message


class _Weight(NamedTuple):
    """Of a node with its aliases expanded."""

    nodes: int
    height: int


class _Rules:
    """What both composers do with tags (keep only whether a scalar was quoted) and with depth (bound it)."""

    depth = 0

    def resolve(self, kind: type[Node], _value: object, implicit: Any) -> str:
        return QUOTED if kind is ScalarNode and not implicit[0] else PLAIN

    def descend_resolver(self, parent: Node | None, _index: object) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _too_deep(parent)

    def ascend_resolver(self) -> None:
        self.depth -= 1


class Portable(_Rules, yaml.SafeLoader):
    """The composer in Python."""


class _Native(_Rules, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # PyYAML may lack it
    """The composer in C."""


FASTEST: Final[Any] = _Native


def decode(data: bytes) -> str:
    """The text of the file.

    Raises:
        Unreadable: it is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as wrong:
        before = data[: wrong.start].decode()
        line, column = _line_and_column(before, len(before))
        message = f"byte 0x{data[wrong.start]:02x} is not UTF-8; save the file as UTF-8"
        raise Unreadable(line, column, message) from wrong


def compose(text: str, composer: Any = FASTEST) -> Node | None:
    """The tree of the only document in the text; None if there is none.

    Raises:
        Unreadable: the text is not YAML, holds several documents, nests deeper than `DEEPEST`, or has aliases that
            expand to more than `MOST_NODES`.
    """
    refused = _REFUSED.search(text)
    if refused is not None:
        raise Unreadable(*_line_and_column(text, refused.start()), _why_refused(refused))
    try:
        root: Node | None = composer(text).get_single_node()
    except yaml.MarkedYAMLError as wrong:
        raise _translated(wrong, text) from wrong
    if root is not None and "*" in text and "&" in text:
        weight = _weigh(root, 1, {})
        if weight.nodes > MOST_NODES:
            raise Unreadable(
                *_at(root), f"its aliases make {weight.nodes:,} values of it; {MOST_NODES:,} are allowed"
            )
    return root


def _line_and_column(text: str, index: int) -> tuple[int, int]:
    before = LINE_BREAK.split(text[:index])
    return len(before), len(before[-1]) + 1


def _at(node: Node | None) -> tuple[int, int]:
    return (1, 1) if node is None else (node.start_mark.line + 1, node.start_mark.column + 1)


def _too_deep(node: Node | None) -> Unreadable:
    message = f"is nested deeper than {DEEPEST} levels, or an alias contains itself; a network has eight"
    return Unreadable(*_at(node), message)


def _why_refused(refused: re.Match[str]) -> str:
    if refused[0] == _BYTE_ORDER_MARK:
        return "there is a byte order mark (U+FEFF); save the file as UTF-8 without one"
    return (
        f"the character U+{ord(refused[0]):04X} is not allowed in YAML; remove it, or write it as an escape"
    )


def _translated(wrong: yaml.MarkedYAMLError, text: str) -> Unreadable:
    mark = wrong.problem_mark or wrong.context_mark
    line, column = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
    if mark is not None and text[mark.index : mark.index + 1] == "\t":
        return Unreadable(line, column, "a tab cannot indent in YAML; use spaces")
    problem = f"{wrong.problem} ({wrong.context})" if wrong.context else wrong.problem
    message = f"is not YAML: {problem}; look at indentation, quotes and brackets here and just above"
    return Unreadable(line, column, message)


def _weigh(node: Node, depth: int, known: dict[int, _Weight]) -> _Weight:
    weight = known.get(id(node))
    if weight is None:
        if depth > DEEPEST:
            raise _too_deep(node)
        parts = [_weigh(child, depth + 1, known) for child in _children(node)]
        height = 1 + max((part.height for part in parts), default=0)
        weight = known[id(node)] = _Weight(1 + sum(part.nodes for part in parts), height)
    if depth + weight.height - 1 > DEEPEST:
        raise _too_deep(node)
    return weight


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, SequenceNode) else []
