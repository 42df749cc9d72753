"""All that is written from the code, by the file that it goes to. What is committed is exactly this."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.containers import containers
from dashboards.control_room import control_room
from dashboards.gateway_health import gateway_health
from dashboards.one_return import one_return
from dashboards.recovery import recovery
from dashboards.returns import returns
from dashboards.rules import rules
from dashboards.sites import sites

DASHBOARDS: Final[Mapping[str, Callable[[], Dashboard]]] = {
    "control-room": control_room,
    "returns": returns,
    "sites": sites,
    "containers": containers,
    "one-return": one_return,
    "recovery": recovery,
    "gateway-health": gateway_health,
}
FOLDER: Final = Path("dashboards/json")
RULES: Final = Path("deploy/grafana/provisioning/alerting/rules.yaml")


def files() -> Iterator[tuple[Path, str]]:
    """Each file, from the root of the repository, and what is in it."""
    for name, built in DASHBOARDS.items():
        yield (
            FOLDER / f"{name}.json",
            json.dumps(built(), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n",
        )
    yield RULES, rules()


def write(root: Path) -> Iterator[Path]:
    """Write them all."""
    for path, text in files():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
        yield path
