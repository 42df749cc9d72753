"""The scripts that make secrets and logins: made once, readable by their owner only, and never two alike."""

import os
import stat
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.shipped_broker import login, make_secrets

MADE: Final = {
    "mosquitto/passwords", "mosquitto/mosquitto_sub", "mosquitto/health-password", "influxdb/admin-password",
    "influxdb/admin-token", "setup/admin-token", "gateway/mqtt-password", "grafana/admin-password",
}  # fmt: skip


def contents(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def logins(folder: Path) -> set[str]:
    return {line.partition(":")[0] for line in (folder / "mosquitto" / "passwords").read_text().splitlines()}


def test_the_first_start_makes_all_of_them_and_the_next_changes_none(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    first = contents(tmp_path)
    assert set(first) == MADE
    make_secrets(tmp_path)
    assert contents(tmp_path) == first


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    for each in (tmp_path, *tmp_path.rglob("*")):
        assert not stat.S_IMODE(each.stat().st_mode) & 0o077, each


def test_a_folder_that_it_makes_lets_others_through_and_shows_them_nothing(tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets")
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o711
    for part in (tmp_path / "secrets").iterdir():
        assert not stat.S_IMODE(part.stat().st_mode) & 0o077, part


def test_each_part_gets_its_folder_for_its_user_and_group_alone(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("giving files away takes root: run the tests as root")
    make_secrets(tmp_path, OWNERS="mosquitto=1883:1883 grafana=10001:0")
    for part, owner in {"mosquitto": (1883, 1883), "grafana": (10001, 0), "gateway": (0, 0)}.items():
        for each in (tmp_path / part, *(tmp_path / part).iterdir()):
            assert (each.stat().st_uid, each.stat().st_gid) == owner
            assert not stat.S_IMODE(each.stat().st_mode) & 0o027, each


def test_no_two_installations_and_no_two_secrets_are_alike(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        make_secrets(tmp_path / folder)
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert all(a[name] != b[name] for name in MADE)
    assert a.pop("setup/admin-token") == a["influxdb/admin-token"]
    assert len(set(a.values())) == len(a)
    assert min(len(secret) for secret in a.values()) >= 48


def test_the_fleet_has_a_login_only_where_there_is_a_demo(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    assert logins(tmp_path) == {"gateway", "health"}
    make_secrets(tmp_path, DEMO="yes")
    assert logins(tmp_path) == {"gateway", "health", "demo-fleet"}
    make_secrets(tmp_path)
    assert logins(tmp_path) == {"gateway", "health"}
    assert set(contents(tmp_path)) == MADE


@pytest.mark.parametrize("lost", ["gateway/mqtt-password", "mosquitto/passwords"])
def test_a_login_of_which_one_half_was_lost_is_made_anew_whole(tmp_path: Path, lost: str) -> None:
    make_secrets(tmp_path)
    before = contents(tmp_path)
    (tmp_path / lost).unlink()
    make_secrets(tmp_path)
    assert set(contents(tmp_path)) == MADE
    assert logins(tmp_path) == {"gateway", "health"}
    assert contents(tmp_path)["gateway/mqtt-password"] != before["gateway/mqtt-password"]


def test_a_password_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    shown = login(tmp_path, "add", "scan-1").stdout.strip()
    kept = (tmp_path / "mosquitto" / "passwords").read_text()
    assert len(shown) == 48
    assert shown not in kept
    assert "scan-1:$7$" in kept


@pytest.mark.parametrize(
    ("what", "name", "says"),
    [
        ("add", "scan-1", "already"),
        ("replace", "scan-2", "no login 'scan-2'"),
        ("remove", "scan-2", "no login 'scan-2'"),
        ("add", "gateway", "of the system itself"),
        ("remove", "health", "of the system itself"),
        ("add", "demo-fleet", "of the system itself"),
        ("add", "", "is no id"),
        ("add", "a b", "is no id"),
        ("add", "a/b", "is no id"),
        ("add", "+", "is no id"),
        ("add", "a\nb", "is no id"),
        ("add", "urn:x", "certificate"),
        ("add", "x" * 65, "too long"),
        ("drop", "scan-1", "usage"),
    ],
)
def test_what_cannot_be_a_login_is_refused_and_nothing_changes(
    tmp_path: Path, what: str, name: str, says: str
) -> None:
    make_secrets(tmp_path)
    login(tmp_path, "add", "scan-1")
    before = contents(tmp_path)
    refused = login(tmp_path, what, name)
    assert refused.returncode in {1, 2}
    assert says in refused.stderr
    assert contents(tmp_path) == before
