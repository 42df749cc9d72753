"""The time-series store: which one the settings name, and where the embedded one is."""

from pathlib import Path
from typing import Final

from gateway.adapters.series.embedded import EmbeddedSeries

__all__ = ["EmbeddedSeries", "beside", "series_at"]

EMBEDDED: Final = "embedded"
_SQLITE: Final = "sqlite:///"
_SUFFIX: Final = ".series.sqlite"


def beside(state_url: str) -> Path:
    """The embedded store's file: beside the state store's, or in the working folder where that is no file."""
    if state_url.startswith(_SQLITE):
        return Path(state_url.removeprefix(_SQLITE).partition("?")[0]).with_suffix(_SUFFIX)
    return Path(f"returns{_SUFFIX}")


def series_at(url: str, state_url: str) -> EmbeddedSeries:
    """The store that `series.url` names; nothing is opened yet.

    Raises:
        ValueError: there is no such store here.
    """
    if url != EMBEDDED:
        raise ValueError(f"series.url {url!r} is no store that this version writes to; write {EMBEDDED}")
    return EmbeddedSeries(beside(state_url))
