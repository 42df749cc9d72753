"""The image as `docker build` makes it, without a registry and without a network.

Debian stands in for the base image, by the build argument that is there for mirrors; what the locks name comes from
a folder of wheels, and is checked by their hashes.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.servers.podman import BASE, Podman, base_image

REPOSITORY: Final = Path(__file__).parents[2]
_PATIENCE_S: Final = 300.0
LOCKS: Final = ("build.lock", "service.lock")


def wheels(folder: Path) -> Path:
    """A folder with all that is installed into the image, through pip as this machine has it set up."""
    for lock in LOCKS:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
             "--require-hashes", "--only-binary=:all:", "--python-version=3.11", f"--dest={folder}",
             f"--requirement={REPOSITORY / 'requirements' / lock}"],
            check=True, timeout=_PATIENCE_S,
        )  # fmt: skip
    return folder


def build(podman: Podman, wheelhouse: Path, tag: str) -> str:
    """Builds the image and gives its name."""
    if podman.run("image", "exists", BASE).returncode:
        podman("import", base_image(), BASE)
    podman(
        "build", "--format=docker", "--network=none", "--layers=false", f"--volume={wheelhouse}:/wheels:ro",
        f"--build-arg=PYTHON_IMAGE={BASE}", "--build-arg=PIP_NO_INDEX=1", "--build-arg=PIP_FIND_LINKS=/wheels",
        f"--build-arg=VERSION={tag}", f"--tag=localhost/returns-gateway:{tag}", REPOSITORY,
    )  # fmt: skip
    return f"localhost/returns-gateway:{tag}"
