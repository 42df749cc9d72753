"""The board as files: kept for good under the digest of them all, small on the wire, and nothing else is touched."""

import asyncio
import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.adapters.http.board_routes import FOLDER, PAGES, Board
from tests.unit.cli_world import at


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    """What the board hands on to."""
    await receive()
    await send(
        {"type": "http.response.start", "status": 418, "headers": [(b"x-path", scope["path"].encode())]}
    )
    await send({"type": "http.response.body", "body": b"behind"})


def ask(
    path: str, method: str = "GET", folder: Path = FOLDER, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=Board(behind, lambda: at("4T20:10"), folder))
        async with httpx.AsyncClient(transport=transport, base_url="http://board") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(asked())


def files_of(page: httpx.Response) -> str:
    """Where the page loads its files from."""
    found = re.search(r'src="(/board/[0-9a-f]+/)js/main\.js"', page.text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", sorted(PAGES))
def test_the_page_is_at_each_address_and_is_asked_for_again_each_time(path: str) -> None:
    page = ask(f"{path}?id=SN-1002")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-cache"
    again = ask(path, headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_file_that_the_page_names_is_there_and_kept_for_good() -> None:
    page = ask("/")
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) > 10
    for path in named:
        file = ask(path)
        assert file.status_code == 200, path
        assert "immutable" in file.headers["cache-control"]


def test_a_page_from_before_an_upgrade_gets_todays_files_and_does_not_keep_them() -> None:
    file = ask("/board/0123456789abcdef/js/main.js")
    assert (file.status_code, file.headers["cache-control"]) == (200, "no-cache")


def test_another_file_means_another_digest(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<script src="{{files}}/js/main.js">')
    before = files_of(ask("/", folder=tmp_path))
    (tmp_path / "more.css").write_text("a {}")
    assert files_of(ask("/", folder=tmp_path)) != before


def test_what_can_be_smaller_is_sent_small_to_those_who_take_it() -> None:
    path = files_of(ask("/")) + "vendor/leaflet.js"
    small, plain = (
        ask(path, headers={"Accept-Encoding": "gzip"}),
        ask(path, headers={"Accept-Encoding": "identity"}),
    )
    assert (small.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert small.content == plain.content == (FOLDER / "vendor" / "leaflet.js").read_bytes()
    assert int(small.headers["content-length"]) == len(gzip.compress(plain.content, mtime=0))
    assert "Accept-Encoding" in small.headers["vary"]


def test_a_head_has_the_same_headers_and_no_body() -> None:
    head, got = ask("/", "HEAD"), ask("/")
    assert (head.content, dict(head.headers)) == (b"", dict(got.headers))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/alerts"),
        ("GET", "/healthz"),
        ("POST", "/alerts"),
        ("GET", "/nowhere"),
        ("GET", "/board/x/nothing.js"),
        ("GET", "/board/x/../../../gate.py"),
        ("GET", "/board/x/%2e%2e/gate.py"),
        ("GET", "/board/x//etc/passwd"),
        ("GET", "/board/x/index.html"),
    ],
)
def test_all_else_is_handed_on_and_told_the_gateways_time(method: str, path: str) -> None:
    answer = ask(path, method)
    assert (answer.status_code, answer.text) == (418, "behind")
    assert answer.headers["gateway-time"] == "2026-03-04T20:10:00Z"


def test_what_is_no_request_is_handed_on_as_it_is() -> None:
    seen: list[Any] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        seen.append((scope, send))

    async def nothing(*_: Any) -> Any:
        return None

    asyncio.run(Board(app, lambda: at("4T20:10"))({"type": "lifespan"}, nothing, nothing))
    assert seen == [({"type": "lifespan"}, nothing)]
