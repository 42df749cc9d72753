"""The tile server of the board's maps: which addresses may be named, what is said of others, and off by default."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.settings import SettingsFaults, Tiles, load


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_is_no_tile_server_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETURNS_HTTP__TILES__URL", "")
    monkeypatch.setenv("RETURNS_HTTP__TILES__ATTRIBUTION", "")
    assert load().http.tiles is None


def test_it_is_named_in_the_file_or_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    toml = '[http.tiles]\nurl = "https://t.example/{z}/{x}/{y}.png"\nattribution = " © Mapmakers <b> "\n'
    Path("gateway.toml").write_text(toml, encoding="utf-8")
    assert load().http.tiles == Tiles(url="https://t.example/{z}/{x}/{y}.png", attribution="© Mapmakers <b>")
    monkeypatch.setenv("RETURNS_HTTP__TILES__URL", "https://other.example/{z}/{x}/{y}.png")
    assert load().http.tiles == Tiles(
        url="https://other.example/{z}/{x}/{y}.png", attribution="© Mapmakers <b>"
    )


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example"),
        ("https://tiles.example:8443/osm/{z}/{x}/{y}{r}.png?key=a-b_c&v=2", "https://tiles.example:8443"),
        ("HTTPS://Tiles.Example/{z}/{x}/{-y}.png", "https://tiles.example"),
        ("http://127.0.0.1:8081/{z}/{x}/{y}.png", "http://127.0.0.1:8081"),
        ("http://localhost/{z}/{x}/{y}", "http://localhost"),
    ],
)
def test_what_names_one_server_is_taken(url: str, origin: str) -> None:
    assert Tiles(url=url).origin == origin


NOTHING = "is no address of tiles; write https://tiles.example/{z}/{x}/{y}.png"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("tiles.example/{z}/{x}/{y}.png", NOTHING),
        ("ftp://tiles.example/{z}/{x}/{y}.png", NOTHING),
        ("//tiles.example/{z}/{x}/{y}.png", NOTHING),
        ("/{z}/{x}/{y}.png", NOTHING),
        ("https:///{z}/{x}/{y}.png", NOTHING),
        ("https://*/{z}/{x}/{y}.png", NOTHING),
        ("https://*.example/{z}/{x}/{y}.png", NOTHING),
        ("https://a b/{z}/{x}/{y}.png", NOTHING),
        ("https://a; script-src */{z}/{x}/{y}.png", NOTHING),
        ("https://a,b/{z}/{x}/{y}.png", NOTHING),
        ("https://a/{z}/{x}/{y}.png#there", NOTHING),
        ("https://a/{z}/{x}/{y}.png\n", NOTHING),
        ("https://a/\u202e{z}/{x}/{y}.png", NOTHING),
        ("https://a:0/{z}/{x}/{y}.png", NOTHING),
        ("https://a:65536/{z}/{x}/{y}.png", NOTHING),
        ("https://[::1]/{z}/{x}/{y}.png", NOTHING),
        ("https://{z}.example/{x}/{y}.png", NOTHING),
        ("https://{s}.tiles.example/{z}/{x}/{y}.png", "names several servers by {s}; name one of them"),
        ("https://me@tiles.example/{z}/{x}/{y}.png", "holds a login, which every browser would show;"),
        ("https://me:pw@tiles.example/{z}/{x}/{y}.png", "holds a login"),
        ("http://tiles.example/{z}/{x}/{y}.png", "is plain http to another machine; write https://"),
        ("http://192.168.0.7/{z}/{x}/{y}.png", "is plain http to another machine"),
        ("http://127.0.0.1.example/{z}/{x}/{y}.png", "is plain http to another machine"),
        ("https://a/{z}/{x}.png", "lacks {y}"),
        ("https://a/{x}/{y}.png", "lacks {z}"),
        ("https://a/{z}/{x}/{y}/{style}.png", "has {style}; known are {z}, {x}, {y}, {-y}, {r}"),
        ("https://a/{z}/{x}/{y}/{.png", "has a stray brace"),
    ],
)
def test_what_could_let_in_more_or_show_nothing_is_refused_with_the_remedy(url: str, said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        Tiles(url=url)


def test_a_login_is_not_repeated_by_the_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETURNS_HTTP__TILES__URL", "https://me:pw-secret@t.example/{z}/{x}/{y}.png")
    with pytest.raises(SettingsFaults) as raised:
        load()
    assert "pw-secret" not in str(raised.value)


@pytest.mark.parametrize("text", ["two\nlines", "tab\there", "\u202eturned", "x" * 201])
def test_an_attribution_is_one_short_line(text: str) -> None:
    with pytest.raises(ValidationError):
        Tiles(url="https://a/{z}/{x}/{y}", attribution=text)


WILD = st.text(alphabet="aZ0.-:*;, /@[]{}'\"_\n\\", max_size=8)


@given(WILD, WILD)
def test_an_origin_is_never_more_than_one_source(host: str, path: str) -> None:
    try:
        tiles = Tiles(url=f"https://{host}/{{z}}/{{x}}/{{y}}{path}")
    except ValidationError:
        return
    assert re.fullmatch(r"https://[a-z0-9.-]+(:[0-9]+)?", tiles.origin)
