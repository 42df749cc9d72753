"""The time zones of the sites that an answer names: its times are UTC, and whoever shows them may want the site's."""

from collections.abc import Iterator
from typing import Any

from gateway.tracking.plan import Network


def zones(value: Any, network: Network) -> dict[str, str]:
    """The IANA time zone of each known site that the value names under `site`, `sites` or `…_sites`."""
    return {
        site: network.sites[site].timezone for site in sorted(set(_named(value))) if site in network.sites
    }


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "site" and isinstance(inner, str):
                yield inner
            elif (name == "sites" or name.endswith("_sites")) and isinstance(inner, list | tuple):
                yield from (each for each in inner if isinstance(each, str))
            else:
                yield from _named(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner)
