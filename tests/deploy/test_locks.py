"""What is installed into the image: the versions that the tests ran with, each pinned by its hashes."""

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

REQUIREMENTS: Final = Path(__file__).parents[2] / "requirements"
_PIN: Final = re.compile(r"^([a-z0-9._-]+)==(\S+)(?: ;.*?)? \\$", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    return {found[1]: found[2] for found in _PIN.finditer((REQUIREMENTS / name).read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", ["service.lock", "build.lock"])
def test_the_images_versions_are_those_that_were_tested(name: str) -> None:
    tested = pins("dev.lock")
    ours = pins(name)
    assert ours, "the lock is empty, or no longer read rightly"
    assert {
        package: version for package, version in ours.items() if tested.get(package, version) != version
    } == {}


def test_every_dependency_of_the_service_is_in_the_images_lock() -> None:
    project = tomllib.loads((REQUIREMENTS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [
        *project["dependencies"],
        *(each for name, extra in extras.items() if name not in {"demo", "parquet"} for each in extra),
    ]
    names = {re.split(r"[\[<>=!~ ;]", each)[0].lower().replace("_", "-") for each in wanted}
    assert names <= set(pins("service.lock"))
