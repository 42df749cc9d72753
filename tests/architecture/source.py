"""The project's own Python files, read and parsed once, for tests about how they are written."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("gateway", "devices", "dashboards", "tests")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file. Its `str` is its path within the project, which names it in a test's report."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        return str(self).removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def imported(self) -> set[str]:
        """The modules that any import in the file names; of `from m import n` both `m` and `m.n`."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
        return names

    def used(self) -> set[str]:
        """The full names of what is imported, or reached through an import: `time.time`, `datetime.date.today`."""
        local: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                local.update({alias.asname or alias.name: alias.name for alias in node.names})
            elif isinstance(node, ast.ImportFrom) and node.module:
                local.update(
                    {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
                )
        reached = (_dotted(node, local) for node in ast.walk(self.tree) if isinstance(node, ast.Attribute))
        return {*local.values(), *(name for name in reached if name)}

    def called(self) -> set[str]:
        """The plain names that are called: `open`, `print`."""
        calls = (node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return {function.id for function in calls if isinstance(function, ast.Name)}


def _dotted(node: ast.expr, local: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return local.get(node.id)
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value, local)
        return inner and f"{inner}.{node.attr}"
    return None


def sources(*packages: str) -> list[Source]:
    """The Python files of these packages (folders below the project's root), in order."""
    return [Source(path) for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
