"""What the tests of images share: one Podman and one image, for building it takes the longest."""

from collections.abc import Iterator

import pytest

from tests.deploy.image import build, wheels
from tests.servers.podman import Podman, base_image


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    base_image()
    with Podman(tmp_path_factory.mktemp("podman")) as running:
        yield running


@pytest.fixture(scope="session")
def image(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The gateway's image, built from this checkout."""
    return build(podman, wheels(tmp_path_factory.mktemp("wheels")), "tried")
