"""Tables as Apache Parquet: typed columns, instants as UTC timestamps, written in row groups as the rows come.

Needs pyarrow, which is an extra: it is looked for when a table is written, and nothing else here needs it. Knows which
columns there are, not what is in the state store.
"""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any, BinaryIO, Final

from gateway.service.queries.tables import COLUMNS, Cell, Table
from gateway.tracking.instants import instant, to_datetime

GROUP_ROWS: Final = 20_000
"""Rows of a group: so many are in memory at a time."""
_TIMES: Final = frozenset({"since", "leave_by", "arrived_at", "opened_at", "acknowledged_at", "resolved_at"})
_SECONDS: Final = frozenset({"transit_s", "late_s", "typical_s", "max_s"})
_WHOLES: Final = frozenset({"stop"})
_LISTS: Final = frozenset({"deviations"})


class NotInstalled(Exception):
    """There is no pyarrow; what to do about it."""

    def __init__(self) -> None:
        super().__init__(
            "Parquet needs pyarrow, which is not installed: pip install 'returns-gateway[parquet]'"
        )


def need_pyarrow() -> None:
    """See that tables can be written, before anything is opened.

    Raises:
        NotInstalled: they cannot.
    """
    if find_spec("pyarrow") is None:
        raise NotInstalled


def write(out: BinaryIO, table: Table, rows: Iterable[Sequence[Cell]]) -> None:
    """Write a table's rows, in the order of its columns; `out` need not be able to seek.

    Texts are strings, deviations lists of them, stops whole numbers, seconds doubles; whatever is not known is null.

    Raises:
        NotInstalled: there is no pyarrow.
    """
    need_pyarrow()
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415 # an extra, and slow to load
    from pyarrow import parquet  # noqa: PLC0415 # likewise

    schema = pa.schema([(name, _type(pa, name)) for name in COLUMNS[table]])
    waiting = iter(rows)
    with parquet.ParquetWriter(_Forwards(out), schema, compression="zstd") as writer:
        while group := list(islice(waiting, GROUP_ROWS)):
            columns = [
                [_value(name, row[place]) for row in group] for place, name in enumerate(COLUMNS[table])
            ]
            arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=GROUP_ROWS)


def _type(pa: Any, name: str) -> Any:
    if name in _TIMES:
        return pa.timestamp("us", tz="UTC")
    if name in _SECONDS:
        return pa.float64()
    if name in _WHOLES:
        return pa.int32()
    return pa.list_(pa.string()) if name in _LISTS else pa.string()


def _value(name: str, value: Cell) -> object:
    """A cell as its column's type has it."""
    if name in _TIMES and isinstance(value, str):
        return to_datetime(instant(value))
    if name in _LISTS and isinstance(value, str):
        return value.split()
    return value


class _Forwards:
    """A file that is only ever written on, which a pipe is too: it says where it is, and stays open."""

    closed = False

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._at = 0

    def write(self, data: bytes) -> int:
        self._out.write(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        self._out.flush()

    def close(self) -> None:
        """It is not ours to close."""
