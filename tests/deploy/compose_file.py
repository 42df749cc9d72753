"""docker-compose.yml as Compose reads it: anchors merged, variables put in, overriding files laid over it.

Only what our files use of the Compose Specification (https://github.com/compose-spec/compose-spec) is understood.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

REPOSITORY: Final = Path(__file__).parents[2]
_VARIABLE: Final = re.compile(r"\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})")

Service = dict[str, Any]


class Mount(NamedTuple):
    """`source` is a volume's name, or for a `bind` a path in the repository."""

    kind: str
    source: str
    target: str
    read_only: bool
    creates: bool


def composed(*files: str, **variables: str) -> dict[str, Any]:
    """The files' content, laid over one another; lists are joined, mounts by their target."""
    whole: dict[str, Any] = {}
    for name in files:
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        whole = _over(whole, _put_in(yaml.safe_load(text), variables))
    return whole


def env_file(name: str) -> dict[str, str]:
    """The variables that a file for `--env-file` sets; commented ones too."""
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    settings = (line.removeprefix("#").partition("=") for line in lines if re.match(r"#?[A-Z_]+=", line))
    return {variable: value for variable, _, value in settings}


def variables_of(*files: str) -> set[str]:
    """The variables that the files ask for."""
    return {
        found[1]
        for name in files
        for found in _VARIABLE.finditer((REPOSITORY / name).read_text(encoding="utf-8"))
        if found[1]
    }


def mounts(service: Service) -> list[Mount]:
    return [_mount(each) for each in service.get("volumes", [])]


def _mount(said: Any) -> Mount:
    if isinstance(said, str):
        source, target, *mode = said.split(":")
        return Mount("volume", source, target, mode == ["ro"], creates=True)
    return Mount(
        said["type"],
        said["source"],
        said["target"],
        said.get("read_only", False),
        said.get("bind", {}).get("create_host_path", True),
    )


def _put_in(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value(found, variables), value)
    if isinstance(value, list):
        return [_put_in(each, variables) for each in value]
    if isinstance(value, dict):
        return {name: _put_in(each, variables) for name, each in value.items()}
    return value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, how, rest = found.groups()
    if name is None:
        return "$"
    given = variables.get(name, "")
    assert given or how != "?", f"{name}: {rest}"
    return given or rest or ""


def _over(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {
            name: _over(below[name], each) if name in below else each for name, each in above.items()
        }
    if isinstance(below, list) and isinstance(above, list):
        replaced = {_mount(each).target for each in above if isinstance(each, dict)}
        kept = [each for each in below if not isinstance(each, dict) or _mount(each).target not in replaced]
        return kept + above
    return above
