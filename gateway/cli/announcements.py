"""Announcements in files: CSV and JSON Lines → payloads as they would come over MQTT, each with its line.

Cells become what the payload has in their place, and what cannot is left as it stands, for the gateway to refuse
with its reason. Nothing here knows the state store.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, BinaryIO, Final, NamedTuple

from gateway.cli.failures import WRONG, Failure
from gateway.network.nearest import Names
from gateway.wire.payloads import AnnouncementPayload

FIELDS: Final = tuple(AnnouncementPayload.__annotations__)
"""What the columns of a CSV file may be called."""

_NEEDED: Final = ("item", "route")
_DELIMITERS: Final = ",;\t"
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})
_LARGEST_CELL: Final = 65_536


class Row(NamedTuple):
    """One announcement: where it is in the file, and its payload as JSON."""

    line: int
    item: str
    payload: bytes


def read(name: str, opened: BinaryIO, source: str, now: str) -> Iterator[Row]:
    """The announcements of a file, by its name's ending: `.csv`, `.jsonl`.

    An `id` that is not given is a digest of what is, so that the same line announces the same thing once, however
    often the file is read; an `at` that is not given is `now`.

    Raises:
        Failure: it is no such file, or cannot be read on.
    """
    ending = name.lower().rpartition(".")[2]
    if ending not in ("csv", "jsonl"):
        raise Failure(f"{name}: is neither .csv nor .jsonl; name it by what is in it", status=WRONG)
    text = io.TextIOWrapper(opened, encoding="utf-8-sig", newline="")
    try:
        for line, fields in (_csv if ending == "csv" else _json_lines)(name, text):
            yield _row(line, fields, source, now)
    except UnicodeDecodeError:
        raise Failure(f"{name}: is no UTF-8; save it as UTF-8 (in Excel: CSV UTF-8)", status=WRONG) from None
    finally:
        text.detach()


def _row(line: int, fields: dict[str, Any] | str, source: str, now: str) -> Row:
    if isinstance(fields, str):
        return Row(line, "", fields.encode())
    if fields.get("id") is None:
        spelt = json.dumps({**fields, "source": source}, sort_keys=True, ensure_ascii=False)
        fields = {"id": sha256(spelt.encode(errors="surrogatepass")).hexdigest()[:32], **fields}
    if fields.get("at") is None:
        fields = {**fields, "at": now}
    return Row(line, str(fields.get("item", "")), json.dumps(fields).encode())


def _json_lines(_name: str, text: io.TextIOWrapper) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """What is no object goes on as it is."""
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            fields = None
        yield number, fields if isinstance(fields, dict) else line.strip()


def _csv(name: str, text: io.TextIOWrapper) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(_LARGEST_CELL)
    first = text.readline()
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader([first], delimiter=delimiter)
    columns = _columns(name, next(reader, []))
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    begins = 2
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                if len(cells) > len(columns):
                    raise Failure(
                        f"{name}, line {begins}: has {len(cells)} cells, and the header has {len(columns)};"
                        f" put cells that contain {delimiter!r} in quotes"
                    )
                yield begins, _fields(dict(zip(columns, cells, strict=False)))
            begins = rows.line_num + 2
    except csv.Error as error:
        raise Failure(f"{name}, line {begins}: is no CSV: {error}; quote its cells") from None


def _columns(name: str, header: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in header]
    known = Names(FIELDS)
    for column in columns:
        if column not in known:
            remedy = known.hint(column, f"columns are {', '.join(FIELDS)}")
            raise Failure(f"{name}, line 1: column {column!r} is not known; {remedy}", status=WRONG)
        if columns.count(column) > 1:
            raise Failure(f"{name}, line 1: column {column} is there twice; leave one out", status=WRONG)
    for needed in _NEEDED:
        if needed not in columns:
            raise Failure(
                f"{name}, line 1: column {needed} is missing; every announcement needs it", status=WRONG
            )
    return columns


def _fields(cells: Mapping[str, str]) -> dict[str, Any]:
    """The fields that have something in their cell."""
    found: dict[str, Any] = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
    if "value" in found:
        found["value"] = _number(found["value"])
    if "cancelled" in found:
        word = found["cancelled"].lower()
        found["cancelled"] = word in _YES if word in _YES | _NO else found["cancelled"]
    return found


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell
