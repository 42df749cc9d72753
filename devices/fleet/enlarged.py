"""A network with more devices than it has: for trying what a gateway can take."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import cycle
from typing import Any

import yaml

from devices.fleet.network import BadNetwork


def enlarged(text: str, devices: int) -> str:
    """The text of a network.yaml with scanners and tracked containers copied until it has so many devices.

    Copies are called after what they copy, with `-x` and a number; half of them are scanners.

    Raises:
        BadNetwork: it is none, or has no device to copy.
    """
    try:
        said = yaml.safe_load(text)
        have = list(said["devices"])
        copies = _copies(said)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise BadNetwork(
            f"is no network with devices: {error!r}; `returns-gateway check` says more"
        ) from error
    while len(said["devices"]) < devices:
        try:
            device, container = next(copies)
        except StopIteration as error:
            raise BadNetwork("has neither a scanner nor a tracker on a container to copy") from error
        said["devices"].append(device)
        if container is not None:
            said["containers"].append(container)
    if len(have) == len(said["devices"]):
        return text
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)


def _copies(said: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Without end: a scanner, a tracker with its container, a scanner, …"""
    containers = {each["id"]: each for each in said.get("containers") or ()}
    scanners = [(each, None) for each in said["devices"] if each["kind"] == "scanner"]
    trackers = [
        (each, containers[each["container"]])
        for each in said["devices"]
        if each["kind"] == "tracker" and each.get("container") in containers
    ]
    kinds = [cycle(deepcopy(kind)) for kind in (scanners, trackers) if kind]
    for number, kind in enumerate(cycle(kinds), 1):
        device, container = next(kind)
        copied = {**device, "id": f"{device['id']}-x{number}"}
        if container is None:
            yield copied, None
        else:
            box = {**container, "id": f"{container['id']}-X{number}"}
            box.pop("tracker", None)
            yield {**copied, "container": box["id"]}, box
