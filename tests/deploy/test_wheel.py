"""The wheel: what `pip install` brings, tried in an environment of its own, far from the checkout."""

import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Final, NamedTuple

import pytest

pytestmark = pytest.mark.slow
REPOSITORY: Final = Path(__file__).parents[2]
EXAMPLE: Final = "gateway/cli/demo_network.yaml"
_PATIENCE_S: Final = 120.0


class Installed(NamedTuple):
    """An environment with the wheel, beside the libraries that the tests have."""

    programs: Path
    folder: Path

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.programs / program, *arguments],
            check=False, capture_output=True, text=True, cwd=self.folder, timeout=_PATIENCE_S,
        )  # fmt: skip


def pip(*arguments: str | Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments],
        check=True, timeout=_PATIENCE_S,
    )  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    if EXAMPLE not in project["tool"]["hatch"]["build"]["targets"]["wheel"].get("force-include", {}).values():
        pytest.skip(f"pyproject.toml does not put {EXAMPLE} into the wheel: force-include it there")
    folder = tmp_path_factory.mktemp("dist")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, REPOSITORY)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    pip("--python", python, "install", "--no-deps", "--no-index", wheel)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    # Libraries only: the checkout, which our own environment names in such a file too, is not followed from here.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return Installed(python.parent, folder)


def test_nothing_but_the_packages_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        tops = {name.partition("/")[0] for name in content.namelist()}
    assert tops == {"gateway", "devices", f"returns_gateway-{wheel.name.split('-')[1]}.dist-info"}


def test_its_programs_start(installed: Installed) -> None:
    for program in ("returns-gateway", "returns-device"):
        shown = installed.run(program, "--help")
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "Usage" in shown.stdout


def test_the_example_network_is_found_and_passes_its_check(installed: Installed) -> None:
    found = installed.run(
        "python", "-c", "from gateway.cli.demo import example_network; print(example_network())"
    )
    assert found.returncode == 0, found.stderr
    example = Path(found.stdout.strip())
    assert example.is_relative_to(installed.folder)
    checked = installed.run("returns-gateway", "check", example)
    assert checked.returncode == 0, checked.stderr


def test_all_of_its_modules_can_be_imported(installed: Installed) -> None:
    program = (
        "import gateway, devices, importlib, pkgutil\n"
        "for package in (gateway, devices):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "print(gateway.__file__)\n"
    )
    done = installed.run("python", "-W", "ignore", "-c", program)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(installed.folder)
