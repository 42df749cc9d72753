"""The ops board as files: its page, at each of its addresses, and what the page loads; beside them the gateway's time.

An ASGI app around another. The files hold no data and are public; all that the board shows comes from the API, behind
its gate. What the page loads has the digest of all files in its address, so browsers may keep it for good, and an
upgrade is seen at once. One file is on no disk: `tiles.json` says which tile server there is for the maps, if any.
Knows neither what the API answers nor who asks.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.settings import Tiles
from gateway.tracking.instants import Instant, rfc3339

FOLDER: Final = Path(__file__).with_name("board")
ROOT: Final = "/board/"
PAGES: Final = frozenset(
    {
        "/",
        "/alerts",
        "/return",
        "/returns",
        "/container",
        "/containers",
        "/sites",
        "/quarantine",
        "/devices",
        "/search",
    }
)
"""The addresses at which the board's page is; which view it shows there it finds out by itself."""
TILES: Final = "tiles.json"
CLOCK_HEADER: Final = b"gateway-time"
"""The gateway's clock, RFC 3339: what the board tells ages by, for the viewer's own clock may be wrong."""
_PLACEHOLDER: Final = b"{{files}}"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_PACKED: Final = frozenset({".woff2"})
"""Compressed already."""
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"

_Headers = list[tuple[bytes, bytes]]


class Asset(NamedTuple):
    """A file as it is sent: plain, and compressed where that makes it smaller."""

    plain: bytes
    small: bytes | None
    headers: tuple[tuple[bytes, bytes], ...]


class Board:
    """Made once; the files are read then. `now` is the gateway's clock; without `tiles` maps show outlines only."""

    def __init__(
        self, app: ASGIApp, now: Callable[[], Instant], folder: Path = FOLDER, tiles: Tiles | None = None
    ) -> None:
        self._app = app
        self._now = now
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)}
        files[TILES] = json.dumps(tiles and tiles.model_dump()).encode()
        digest = _digest(files)
        self._prefix = f"{ROOT}{digest}/"
        page = files.pop("index.html").replace(_PLACEHOLDER, self._prefix.rstrip("/").encode())
        self._page = _asset("index.html", page, _ASK_AGAIN, f'"{digest}"')
        self._assets = {name: _asset(name, content, _FOR_GOOD) for name, content in files.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asset = self._asset(scope)
        if asset is None:
            await self._app(scope, receive, self._timed(send) if scope["type"] == "http" else send)
            return
        status, headers, body = _answer(asset, scope)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _asset(self, scope: Scope) -> Asset | None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return None
        path: str = scope["path"]
        if path in PAGES:
            return self._page
        if not path.startswith(ROOT):
            return None
        _, _, name = path.removeprefix(ROOT).partition("/")
        asset = self._assets.get(name)
        if asset is None or path.startswith(self._prefix):
            return asset
        # A page that was loaded before an upgrade asks under the old digest: it gets today's file, not to be kept.
        return asset._replace(headers=_kept(asset.headers, _ASK_AGAIN))

    def _timed(self, send: Send) -> Send:
        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = (CLOCK_HEADER, rfc3339(self._now()).encode())
                message = {**message, "headers": [*message.get("headers", ()), told]}
            await send(message)

        return timed


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in _TYPES)


def _digest(files: dict[str, bytes]) -> str:
    digest = blake2b(digest_size=8)
    for name, content in files.items():
        digest.update(b"%d %s %d " % (len(name), name.encode(), len(content)) + content)
    return digest.hexdigest()


def _asset(name: str, content: bytes, keep: str, tag: str | None = None) -> Asset:
    suffix = Path(name).suffix
    small = None if suffix in _PACKED else gzip.compress(content, mtime=0)
    headers = [
        (b"content-type", _TYPES[suffix].encode()),
        (b"cache-control", keep.encode()),
        (b"vary", b"Accept-Encoding"),
    ]
    if tag is not None:
        headers.append((b"etag", tag.encode()))
    return Asset(content, small, tuple(headers))


def _kept(headers: Iterable[tuple[bytes, bytes]], keep: str) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name, keep.encode() if name == b"cache-control" else value) for name, value in headers)


def _answer(asset: Asset, scope: Scope) -> tuple[int, _Headers, bytes]:
    asked = {name.lower(): value for name, value in scope["headers"]}
    tag = dict(asset.headers).get(b"etag")
    if tag is not None and tag in (each.strip() for each in asked.get(b"if-none-match", b"").split(b",")):
        return 304, list(asset.headers), b""
    headers, body = list(asset.headers), asset.plain
    if asset.small is not None and b"gzip" in asked.get(b"accept-encoding", b""):
        body = asset.small
        headers.append((b"content-encoding", b"gzip"))
    return 200, [*headers, (b"content-length", str(len(body)).encode())], body
