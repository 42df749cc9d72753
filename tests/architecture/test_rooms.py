"""Small rooms: how long files and functions may be, what modules are called, and that each says what it is for."""

import ast

import pytest

from tests.architecture.source import PACKAGES, Function, Source, sources

FILES = sources(*PACKAGES)
LAZY_NAMES = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}


def test_there_are_files_to_look_at() -> None:
    assert {"gateway", "tests"} <= {str(file).split("/")[0] for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_has_at_most_400_lines(file: Source) -> None:
    assert len(file.text.splitlines()) <= 400


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_function_has_at_most_40_lines_besides_its_docstring(file: Source) -> None:
    assert {f.name: _lines(f) for f in file.functions() if _lines(f) > 40} == {}


@pytest.mark.parametrize("file", sources("gateway", "devices", "dashboards"), ids=str)
def test_a_function_has_at_most_6_parameters(file: Source) -> None:
    assert {f.name: _parameters(f) for f in file.functions() if len(_parameters(f)) > 6} == {}


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_module_opens_with_what_it_is_for(file: Source) -> None:
    assert not file.text.strip() or ast.get_docstring(file.tree)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_module_has_a_name_that_means_something(file: Source) -> None:
    assert not LAZY_NAMES & set(file.module.split("."))


def _lines(function: Function) -> int:
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def _parameters(function: Function) -> list[str]:
    a = function.args
    named = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
    return [argument.arg for argument in named if argument.arg not in {"self", "cls"}]
