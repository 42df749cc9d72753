"""A listener to the event stream: reads what a server says over one connection, frame by frame, as long as it likes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

PATIENCE_S = 30.0


class Heard(NamedTuple):
    """One frame."""

    event: str
    id: str
    data: Any


@contextlib.asynccontextmanager
async def listening(
    url: str, secret: str, since: str | None = None, only: str = ""
) -> AsyncIterator[AsyncIterator[Heard]]:
    """The frames of a stream; HTTP/1.0, that they come as they are."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    said = f"GET /api/v1/stream{only} HTTP/1.0\r\nHost: test\r\nAuthorization: Bearer {secret}\r\n"
    said += f"Last-Event-ID: {since}\r\n" if since is not None else ""
    writer.write((said + "\r\n").encode())
    try:
        status = await asyncio.wait_for(reader.readline(), PATIENCE_S)
        assert b" 200 " in status, status
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        yield _frames(reader)
    finally:
        writer.close()


async def _frames(reader: asyncio.StreamReader) -> AsyncIterator[Heard]:
    while True:
        text = (await asyncio.wait_for(reader.readuntil(b"\n\n"), PATIENCE_S)).decode()
        fields = dict(line.split(": ", 1) for line in text.strip().splitlines() if not line.startswith(":"))
        if "event" in fields:
            yield Heard(fields["event"], fields["id"], json.loads(fields["data"]))


async def heard_until(frames: AsyncIterator[Heard], enough: Callable[[list[Heard]], bool]) -> list[Heard]:
    """What is heard until it is enough."""
    found: list[Heard] = []
    while not enough(found):
        found.append(await anext(frames))
    return found
