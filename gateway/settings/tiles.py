"""The address of a tile server, as maps on the web write it: it has to name one server, and nothing besides.

The board's page is allowed images from the origin of this address, so whatever could widen that is refused. Knows
neither the board nor the policy of its pages.
"""

import re
from ipaddress import ip_address
from typing import Final

_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?P<port>:[0-9]{1,5})?"
    r"/[a-z0-9._~!$&'()*+,;=:@/?%{}-]*",
    re.ASCII | re.IGNORECASE,
)
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_LOGIN: Final = re.compile(r"[^/]*//[^/]*@")
_EACH: Final = ("z", "x", "y")
_MAY_BE: Final = frozenset({*_EACH, "-y", "r"})
"""`-y` counts rows from the south; `r` is `@2x` on screens of fine pixels."""
_HIGHEST_PORT: Final = 65_535


def tile_address(url: str) -> str:
    """The address itself.

    Raises:
        ValueError: it is none, in words that follow the setting's name and value.
    """
    if _LOGIN.match(url):
        raise ValueError(
            "holds a login, which every browser would show; use a tile server that asks for none"
        )
    if "{s}" in url:
        raise ValueError("names several servers by {s}; name one of them")
    found = _ADDRESS.fullmatch(url)
    if found is None or not 0 < int((found["port"] or ":1")[1:]) <= _HIGHEST_PORT:
        raise ValueError("is no address of tiles; write https://tiles.example/{z}/{x}/{y}.png")
    if found["scheme"].lower() == "http" and not _is_here(found["host"]):
        raise ValueError("is plain http to another machine; write https://, or http://127.0.0.1 for one here")
    _check_placeholders(url)
    return url


def origin_of(url: str) -> str:
    """Scheme, host and port of such an address, as a Content Security Policy names them."""
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise ValueError(f"{url} is no address of tiles")
    return f"{found['scheme']}://{found['host']}{found['port'] or ''}".lower()


def _check_placeholders(url: str) -> None:
    given = _PLACEHOLDER.findall(url)
    wrong = [f"{{{name}}}" for name in given if name not in _MAY_BE]
    if wrong or set(_PLACEHOLDER.sub("", url)) & set("{}"):
        raise ValueError(
            f"has {wrong[0] if wrong else 'a stray brace'}; known are {{z}}, {{x}}, {{y}}, {{-y}}, {{r}}"
        )
    missing = [name for name in _EACH if [each.lstrip("-") for each in given].count(name) == 0]
    if missing:
        raise ValueError(f"lacks {{{missing[0]}}}; write https://tiles.example/{{z}}/{{x}}/{{y}}.png")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
