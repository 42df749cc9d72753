"""A tile server for the maps, where one is set: from there alone, its makers named as text, outlines where it fails."""

import copy
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from gateway.adapters.http import HttpServer
from gateway.settings import Tiles
from tests.board import scene
from tests.board.viewing import Viewer
from tests.http.world import World
from tests.integration.gateway_process import GatewayProcess
from tests.servers.mosquitto import Mosquitto

View = Callable[..., Viewer]
CREDIT: Final = '© Mapmakers <img src=x onerror="document.title=1">'
SIDE: Final = 256


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def plain_tile() -> bytes:
    """A PNG of one colour, as large as a tile."""
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\xf2\xef\xe9" * SIDE) * SIDE
    content = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    """Closing it waits for whoever is still being answered."""


class TileServer:
    """Serves the same tile everywhere, or nothing but `status`; keeps which paths were asked for, and by whom."""

    def __init__(self) -> None:
        self.status = 200
        self.asked: list[tuple[str, str | None]] = []
        outer, tile = self, plain_tile()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers["Referer"]))
                self.send_response(outer.status)
                self.send_header("Content-Type", "image/png")
                body = tile if outer.status == 200 else b""  # browsers show an image whatever the status
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name is theirs
                """Be quiet."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def address(self) -> str:
        return f"{self.origin}/t/{{z}}/{{x}}/{{y}}.png"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def tiles() -> Iterator[TileServer]:
    server = TileServer()
    yield server
    server.close()


@pytest.fixture
def tiled(evening: World, tiles: TileServer) -> Iterator[World]:
    """The bad evening on a desk with a tile server."""
    world = copy.copy(evening)
    settings = Tiles(url=tiles.address, attribution=CREDIT)
    world.server = HttpServer(world.outside, "127.0.0.1", 0, tiles=settings)
    world.server.start()
    yield world
    world.server.stop()


def on_map(page: Page) -> Locator:
    """The tiles that are to be seen."""
    return page.locator(".leaflet-tile-loaded")


def test_tiles_are_drawn_under_what_is_ours_and_their_makers_are_named_as_text(
    tiled: World, tiles: TileServer, view: View
) -> None:
    viewer = view(tiled)
    asked: list[str] = []
    viewer.page.on("request", lambda request: asked.append(request.url))
    page = viewer.go("/containers")
    expect(on_map(page).first).to_be_visible()
    assert on_map(page).first.evaluate("tile => tile.naturalWidth") == SIDE
    expect(page.locator(".map-credit")).to_have_text(CREDIT)
    assert page.locator(".map-credit *").count() == 0
    expect(page.locator(".goods-dot", has_text="TOTE-12")).to_be_visible()
    ours = (tiled.server.url, tiles.origin, "data:")
    assert [url for url in asked if not url.startswith(ours)] == []
    assert {referer for _, referer in tiles.asked} == {f"{tiled.server.url}/"}
    assert page.title() == "Containers – Returns Gateway"


def test_only_images_and_only_from_that_origin_are_let_in(
    tiled: World, evening: World, tiles: TileServer
) -> None:
    def policy(world: World) -> str:
        return str(httpx.get(f"{world.server.url}/containers").headers["content-security-policy"])

    assert f"img-src 'self' data: {tiles.origin};" in policy(tiled)
    assert policy(tiled).replace(f" {tiles.origin}", "") == policy(evening)


def test_what_is_set_reaches_the_pages_of_a_gateway_as_it_is_run(
    tmp_path: Path, new_broker: Callable[[], Mosquitto]
) -> None:
    url = "https://tiles.example/{z}/{x}/{y}.png"
    settings = {"HTTP__TILES__URL": url, "HTTP__TILES__ATTRIBUTION": CREDIT}
    folder = tmp_path / "gateway"
    folder.mkdir()
    with GatewayProcess(folder, new_broker(), scene.NETWORK, settings=settings) as gateway:
        desk = str(gateway.wait_logged("http_listening")[0]["url"])
        page = httpx.get(desk)
        files = page.text.partition('src="')[2].partition("/js/main.js")[0]
        told = httpx.get(f"{desk}{files}/tiles.json").json()
    assert "img-src 'self' data: https://tiles.example;" in page.headers["content-security-policy"]
    assert told == {"url": url, "attribution": CREDIT}


def test_without_the_setting_the_page_may_not_load_a_tile(
    evening: World, tiles: TileServer, view: View
) -> None:
    viewer = view(evening)
    page = viewer.go("/containers")
    loads = """url => new Promise((done) => {
        const image = new Image();
        image.onload = () => done(true);
        image.onerror = () => done(false);
        image.src = url;
    })"""
    assert page.evaluate(loads, f"{tiles.origin}/t/1/1/1.png") is False
    assert tiles.asked == []
    assert any("Content Security Policy" in each for each in viewer.troubles)
    viewer.troubles.clear()


def test_the_outlines_stay_where_tiles_fail_and_it_is_said(
    tiled: World, tiles: TileServer, view: View
) -> None:
    tiles.status = 503
    viewer = view(tiled)
    page = viewer.go("/containers")
    expect(page.locator(".map-credit")).to_contain_text("these are outlines")
    expect(page.locator(".leaflet-container .land")).to_be_attached()
    expect(page.locator(".goods-dot", has_text="TOTE-12")).to_be_visible()
    assert on_map(page).count() == 0
    tiles.status = 200
    page.get_by_role("button", name="Zoom in").click()
    expect(on_map(page).first).to_be_visible()
    expect(page.locator(".map-credit")).to_have_text(CREDIT)
    viewer.troubles.clear()


@pytest.mark.parametrize(("look", "filtered"), [("light", False), ("dark", True)])
def test_tiles_are_dark_in_the_dark(tiled: World, view: View, look: str, filtered: bool) -> None:
    page = view(tiled, look=look).go("/containers")
    expect(on_map(page).first).to_be_visible()
    said = page.locator(".leaflet-tile-pane").evaluate("pane => getComputedStyle(pane).filter")
    assert (said != "none") is filtered
