"""Points as InfluxDB's line protocol: the same point is always the same bytes, whatever is in its texts.

What a tag cannot hold is written with a mark that no tag of ours has, so that nothing is lost and nothing clashes.
Source: InfluxDB 2.7's parser (models/points.go), whose tags know no escape for a backslash: one before the comma,
the space or the end of a tag takes away what ends it. The client's own lines lose points there, and turn a line break
into two letters.
"""

from typing import Final

from gateway.points import Point, Value

_MARK: Final = "\u200b"
"""A space without width: not printable, so no tag of ours has one (`gateway.points.fault`)."""
_TAG: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_TEXT: Final = str.maketrans({'"': r"\"", "\\": r"\\"})


def line_of(point: Point) -> str:
    """The line of a point that `gateway.points.fault` finds right; times are nanoseconds."""
    tags = "".join(f",{name}={_tag(value)}" for name, value in sorted(point.tags.items()))
    fields = ",".join(f"{name}={_field(value)}" for name, value in sorted(point.fields.items()))
    return f"{point.measurement}{tags} {fields} {point.time}"


def tag_of(stored: str) -> str:
    """The tag that is stored as this."""
    return stored.replace("\\" + _MARK, "\\")


def _tag(value: str) -> str:
    if "\\" in value:
        value = value.replace("\\ ", f"\\{_MARK} ")
        if value.endswith("\\"):
            value += _MARK
    return value.translate(_TAG)


def _field(value: Value) -> str:
    if isinstance(value, str):
        return f'"{value.translate(_TEXT)}"'
    return f"{value}i" if isinstance(value, int) else repr(value)
