"""What can be set: each setting with its unit, its default, and why that is the default.

Values are checked one by one here; whether a file or a server is really there is for those who open it. Secrets are
`SecretStr`, which no `repr` or log shows.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.settings.tiles import origin_of, tile_address
from gateway.tracking.instants import DAY, Duration, duration

PREFIX: Final = "RETURNS_"
"""What our environment variables begin with."""
NESTED: Final = "__"
"""What stands in them for the dot of `mqtt.url`."""

_LEVEL = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_STATE = re.compile(r"sqlite:///.+|postgresql\+psycopg://.+", re.DOTALL)
_SERIES = re.compile(r"embedded|influxdbs?://[^/?@]+(/?\?.*)?", re.DOTALL)


def _level(text: str) -> str:
    if _LEVEL.fullmatch(text) is None:
        raise ValueError("is to be a level of a topic; use 1 to 64 of A-Z a-z 0-9 . _ : -")
    return text


def _root(text: str) -> str:
    if not all(text.split("/")) or set(text) & set("+#\0"):
        raise ValueError("is to be levels of a topic without wildcards; write it as returns/v1")
    return text


def _broker(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if "@" in rest:
        raise ValueError("holds a login; give it as mqtt.username and mqtt.password")
    if scheme not in {"mqtt", "mqtts"} or not separator or not rest.strip("/"):
        raise ValueError("is no URL of a broker; write mqtt://host:1883, or mqtts://host:8883 for TLS")
    return url


def _state(url: SecretStr) -> SecretStr:
    if _STATE.fullmatch(url.get_secret_value()) is None:
        raise ValueError(
            "is no URL of a state store; write sqlite:///returns.sqlite or postgresql+psycopg://user@host/database"
        )
    return url


def _series(url: str) -> str:
    if "token=" in url or "@" in url:
        raise ValueError("holds a secret; give it as series.token")
    if _SERIES.fullmatch(url) is None:
        raise ValueError(
            "is no URL of a time-series store; write embedded, or influxdb://host:8086?org=…&bucket=…"
        )
    return url


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("is to be one line of text")
    return text.strip()


def _protocol(given: Any) -> Any:
    """TOML has numbers: `protocol = 5`."""
    return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given


def _span(given: Any) -> Any:
    if not isinstance(given, str):
        raise ValueError("has no unit; write 90d, 12h, or a sum such as 1d12h")
    try:
        length = duration(given)
    except ValueError:
        raise ValueError("is no duration; write 90d, 12h, or a sum such as 1d12h") from None
    if length < DAY:
        raise ValueError("is less than a day; late events would find nothing left, so keep at least 1d")
    return length


Span = Annotated[Duration, BeforeValidator(_span)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mqtt(_Section):
    """How to reach the broker."""

    url: Annotated[str, AfterValidator(_broker)] = "mqtt://127.0.0.1:1883"
    """`mqtt://host:port`, or `mqtts://` for TLS. The default is a broker on this machine, as compose and the
    packages set it up."""
    root: Annotated[str, AfterValidator(_root)] = "returns/v1"
    """The levels that all our topics begin with. Devices must say the same."""
    client_id: Annotated[str, AfterValidator(_level)] = "returns-gateway"
    """The name of the session that the broker keeps while we are away. It does not come from the host's name, for a
    container gets a new one each time, and with it the broker would forget what it had kept. No two gateways may
    share it."""
    username: str | None = None
    password: SecretStr | None = None
    ca: Path | None = None
    """Who signed the broker's certificate (PEM); without it the system's authorities are trusted."""
    cert: Path | None = None
    """Our own certificate (PEM), for brokers that ask for one, with its `key`."""
    key: Path | None = None
    protocol: Annotated[Literal["3.1.1", "5"], BeforeValidator(_protocol)] = "3.1.1"
    """3.1.1 costs a third less per message and lacks nothing that one gateway needs; several gateways on one
    subscription need 5."""


class State(_Section):
    """Where facts, journeys and alerts are kept."""

    url: Annotated[SecretStr, AfterValidator(_state)] = SecretStr("sqlite:///returns.sqlite")
    """A SQLAlchemy URL. A file in the working directory needs no server and carries one gateway; PostgreSQL carries
    several. Secret as a whole, for it may hold a password."""


class Series(_Section):
    """Where time series go."""

    url: Annotated[str, AfterValidator(_series)] = "embedded"
    """`embedded` is a file beside the state store, so that the first run needs no server; Grafana wants InfluxDB:
    `influxdb://host:8086?org=…&bucket=…`."""
    token: SecretStr | None = None
    """What InfluxDB lets us write with: `returns-gateway series setup --tokens` makes one that can do no more. For
    InfluxDB 1.x it is `user:password`."""
    ca: Path | None = None
    """Who signed InfluxDB's certificate (PEM), for `influxdbs://`; without it the system's authorities are trusted."""


class Tiles(_Section):
    """A tile server for the board's maps: only where this section is given does a browser ask anybody but us."""

    url: Annotated[str, AfterValidator(tile_address)]
    """`https://tiles.example/{z}/{x}/{y}.png`. Browsers ask it, not we; it learns where they look, and which address
    the board has. Whoever reaches the board can read this address, and a key in it."""
    attribution: Annotated[str, Field(max_length=200), AfterValidator(_one_line)] = ""
    """Whose map it is, in the words that its makers ask for; shown on the map as text."""

    @property
    def origin(self) -> str:
        """The server itself, `https://tiles.example`: what pages are to be allowed to load images from."""
        return origin_of(self.url)


class Http(_Section):
    """Where the API and the ops board listen, and what the board may show besides."""

    host: str = "127.0.0.1"
    """An address of this machine. The default is reached from this machine only, for tokens travel in the clear:
    put a proxy that speaks TLS before it, or write 0.0.0.0 where the network is trusted, as within compose."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """0 takes any that is free."""
    tiles: Tiles | None = None
    """None: maps show the outlines that are packaged, and nothing leaves the site."""


class Keep(_Section):
    """How long what has ended is kept; never less than `max_age` of the network, so that late repeats are known."""

    journeys: Span = Duration(400 * DAY)
    """After a journey's end: its events and alerts. A year and a month, so that a season can be replayed beside
    the same season a year before."""
    positions: Span = Duration(90 * DAY)
    """After they were reported. They are most of the bulk, and after `max_age` no late event can need them."""
    quarantine: Span = Duration(90 * DAY)
    """After it was retried or discarded. What is still held stays until somebody decides."""


class Settings(BaseSettings):
    """All settings. Relative paths count from the working directory, wherever the settings' file is."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=NESTED,
        env_ignore_empty=True,  # compose passes on unset variables as empty ones
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    network: Path = Path("network.yaml")
    """The network: sites, routes, devices and so on."""
    instance: Annotated[str, AfterValidator(_level)] | None = None
    """What this gateway calls itself in its status topic and its own measurements; `mqtt.client_id` if not given,
    which differs between gateways already and stays the same when a container is made anew."""
    mqtt: Mqtt = Mqtt()
    state: State = State()
    series: Series = Series()
    http: Http = Http()
    keep: Keep = Keep()

    @property
    def instance_id(self) -> str:
        """The gateway's name, fit to be a level of a topic."""
        return self.instance or self.mqtt.client_id


SECRETS: Final = (("mqtt", "password"), ("state", "url"), ("series", "token"))
"""Each may be given as the name of a file that holds it: `password_file`, `RETURNS_MQTT__PASSWORD_FILE`."""
