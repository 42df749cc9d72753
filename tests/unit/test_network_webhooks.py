"""Webhooks in network.yaml: what they may be, and that no message of theirs repeats an address or a secret."""

from pathlib import Path

import pytest

from gateway.network import examine_file
from gateway.network.webhooks import plainly_open
from gateway.tracking.plan import Match, Webhook

HEAD = """version: 1
sites: [{id: A, lat: 50.0, lon: 8.0}, {id: B, lat: 51.0, lon: 9.0}]
routes: [{id: run, due_within: 1d, stops: [{sites: [A], dwell: {max: 1h}}, {sites: [B], transit: {max: 1d}}]}]
alerting:
  webhooks:
"""
SECRET_PATH = "aB3xYz"


def examined(tmp_path: Path, *hooks: str) -> tuple[tuple[Webhook, ...], list[str], list[str]]:
    """The webhooks, the faults and the warnings about them."""
    file = tmp_path / "network.yaml"
    file.write_text(HEAD + "".join(f"    - {{{hook}}}\n" for hook in hooks))
    found = examine_file(file)
    webhooks = () if found.network is None else found.network.alerting.webhooks
    faults, doubts = ([str(each) for each in some] for some in (found.faults, found.warnings))
    return webhooks, faults, [each for each in doubts if "webhooks" in each]


def test_they_are_read_with_their_match(tmp_path: Path) -> None:
    webhooks, faults, doubts = examined(
        tmp_path,
        f"url: 'https://erp.example/{SECRET_PATH}', secret: env:KEY, match: {{severity: critical, route: [run]}}",
        "url: env:URL, secret: env:KEY",
        "url: 'http://127.0.0.1:9000/in', secret: env:KEY",
    )
    assert (faults, doubts) == ([], [])
    assert webhooks == (
        Webhook(
            f"https://erp.example/{SECRET_PATH}",
            "env:KEY",
            Match(severity=frozenset({"critical"}), route=frozenset({"run"})),
        ),
        Webhook("env:URL", "env:KEY"),
        Webhook("http://127.0.0.1:9000/in", "env:KEY"),
    )


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("url: env:URL", "secret: is missing"),
        ("secret: env:KEY", "url: is missing"),
        (f"url: env:URL, secret: {SECRET_PATH}", "is not env:NAME; put it into a variable"),
        (f"url: '{SECRET_PATH}', secret: env:KEY", "is neither https://"),
        (f"url: 'ftp://a/{SECRET_PATH}', secret: env:KEY", "is neither https://"),
        (f"url: 'https://me:{SECRET_PATH}@a/', secret: env:KEY", "without a user in it"),
        (f"url: 'http://erp.example/{SECRET_PATH}', secret: env:KEY", "would leave this machine unencrypted"),
        ("url: env:URL, secret: env:KEY, mach: {}", "is an unknown key; did you mean match?"),
        ("url: env:URL, secret: env:KEY, match: {kinds: delayed}", "is an unknown key; did you mean kind?"),
        ("url: env:URL, secret: env:KEY, match: {route: rum}", "no route 'rum'; did you mean run?"),
        ("url: env:URL, secret: env:KEY, match: {site: [C]}", "no site 'C'"),
    ],
)
def test_what_they_may_not_be_is_said_at_its_place_without_what_is_secret(
    tmp_path: Path, hook: str, said: str
) -> None:
    webhooks, faults, _ = examined(tmp_path, hook)
    assert webhooks == ()
    (fault,) = faults
    assert said in fault
    assert SECRET_PATH not in fault
    assert "network.yaml:6:" in fault


def test_one_address_is_not_given_twice(tmp_path: Path) -> None:
    _, faults, _ = examined(
        tmp_path, "url: env:URL, secret: env:KEY", "url: env:URL, secret: env:KEY, match: {site: A}"
    )
    (fault,) = faults
    assert "is the address of webhooks[0] too" in fault


def test_plain_http_to_elsewhere_is_possible_where_it_is_said_and_warned_of(tmp_path: Path) -> None:
    webhooks, faults, doubts = examined(
        tmp_path, "url: 'http://erp.lan/in', secret: env:KEY, allow_http: true"
    )
    assert faults == []
    assert [hook.allow_http for hook in webhooks] == [True]
    (doubt,) = doubts
    assert "is unencrypted" in doubt


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("http://erp.lan/in", True),
        ("HTTP://erp.lan/in", True),
        ("http://10.0.0.7:9000/", True),
        ("http://localhost.example/", True),
        ("http://127.0.0.1/", False),
        ("http://[::1]:80/", False),
        ("http://localhost:9000/in", False),
        ("https://erp.lan/in", False),
        ("env:URL", False),
        ("http://[::1/", False),
    ],
)
def test_only_plain_http_to_another_machine_is_open(url: str, is_open: bool) -> None:
    assert plainly_open(url) is is_open
