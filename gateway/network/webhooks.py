"""Addresses of webhooks: whether what is posted there leaves this machine unencrypted. Knows no network."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_PLAIN: Final = "http"
_HERE: Final = "localhost"


def plainly_open(url: str) -> bool:
    """Whether an address is of plain HTTP to another machine; of `env:NAME`, and of what is none, it is not."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme.lower() != _PLAIN or host is None:
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != _HERE
