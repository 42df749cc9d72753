"""The nearest known name."""

import pytest

from gateway.network.nearest import Names

_FEW = Names(["HUB-LEJ", "HUB-BER", "REFILL-1", "sort"])
_MANY = Names([f"SITE-{i:05}" for i in range(20_000)] + ["REFILL-PLANT", "hub.north"])


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("HUB-LEY", "HUB-LEJ"),
        ("hub-lej", "HUB-LEJ"),
        ("HUBLEJ", "HUB-LEJ"),
        ("REFILL1", "REFILL-1"),
        ("SORT", "sort"),
        ("PLANT", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_among_few_names(wrong: str, near: str | None) -> None:
    assert _FEW.nearest(wrong) == near


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("REFIL-PLANT", "REFILL-PLANT"),
        ("REFILL-PLANTS", "REFILL-PLANT"),
        ("refill-plnat", "REFILL-PLANT"),
        ("HUB_NORTH", "hub.north"),
        ("SITE-12345X", "SITE-12345"),
        ("nothing of the kind", None),
    ],
)
def test_among_very_many_names(wrong: str, near: str | None) -> None:
    assert _MANY.nearest(wrong) == near


def test_the_remedy_is_the_nearest_name_or_another() -> None:
    assert _FEW.hint("HUB-LEY", "declare it") == "did you mean HUB-LEJ?"
    assert _FEW.hint("elsewhere", "declare it") == "declare it"


def test_a_name_that_is_no_plain_one_is_quoted() -> None:
    assert Names(["a\x1b[1mb"]).hint("a[1mb", "") == r"did you mean 'a\x1b[1mb'?"


def test_more_questions_than_are_remembered_are_answered_all_the_same() -> None:
    names = Names(["HUB-LEJ"])
    assert {names.nearest(f"HUB-LEJ{i}") for i in range(1000)} == {"HUB-LEJ"}
