"""Tokens of pages, made as the cursors of all lists are; one that nobody was given is refused as the standard does."""

from collections.abc import Callable
from typing import Any, TypeVar

from gateway.epcis.problems import Class, Invalid, Problem
from gateway.service.queries.paging import BadCursor, key_of

T = TypeVar("T")


def key_in(token: str, read: Callable[[Any], T], longest: int, of: str) -> T:
    """The key in a token, by `read`, which raises on what is none. A token may be anybody's.

    Raises:
        Invalid: it is none, or longer than that; `of` says of what it is to be.
    """
    try:
        found = key_of(token, read) if len(token) <= longest else None
    except BadCursor:
        found = None
    if found is None:
        raise no_token(token, of)
    return found


def no_token(token: str | None, of: str) -> Invalid:
    """Nobody was given such a token."""
    detail = f"nextPageToken is none that was given for this {of}; ask for the first page anew"
    return Invalid([Problem(detail, "nextPageToken", token, Class.PARAMETER)])
