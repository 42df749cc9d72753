"""Reading the settings from their sources: options before the environment before the file.

Files with secrets are read here, and nothing is opened otherwise. What faults say is in `faults`.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gateway.settings.faults import (
    COMMAND_LINE,
    Fault,
    Origins,
    Place,
    SettingsFaults,
    misspelt,
    told,
    variable,
)
from gateway.settings.fields import SECRETS, Settings

_FILE: Final = "_file"
_LARGEST_SECRET: Final = 65_536
DEFAULT_FILE: Final = Path("gateway.toml")
"""In the working directory; it may be missing."""


def load(config: Path | None = None, options: Mapping[str, Any] | None = None) -> Settings:
    """The settings of the file `config` (None: `DEFAULT_FILE`, if there is one), the environment, and options.

    `options` are what the command line gave, by setting (`{"state.url": …}`); those that are None were not given.

    Raises:
        SettingsFaults: a source cannot be read or is wrong, with every fault that could be found.
    """
    file = DEFAULT_FILE if config is None else config
    if config is not None and not file.is_file():
        raise SettingsFaults(Fault(str(file), "", "there is no such file; name another with --config"))
    faults = misspelt(os.environ)
    if faults:
        raise SettingsFaults(*faults)
    given = _nested({name: value for name, value in (options or {}).items() if value is not None})
    try:
        return _from(file)(**guarded(given, COMMAND_LINE))
    except ValidationError as wrong:
        origins = Origins(given, os.environ, str(file))
        found = [told(error, origins) for error in wrong.errors(include_url=False)]
    except tomllib.TOMLDecodeError as wrong:
        found = [Fault(str(file), "", f"is no TOML: {wrong}")]
    except UnicodeDecodeError:
        found = [Fault(str(file), "", "is no UTF-8; save it as that")]
    except OSError as wrong:
        found = [Fault(str(file), "", f"cannot be read: {wrong.strerror}; make it readable for this user")]
    raise SettingsFaults(*found)


def _from(file: Path) -> type[Settings]:
    """The settings as they are read with this file: pydantic-settings knows where to read by the class."""

    class Read(Settings):
        model_config = SettingsConfigDict(toml_file=file)

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            *_others: Any,
            **_more: Any,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, _Environment(settings_cls), _File(settings_cls)

    Read.__name__ = Read.__qualname__ = Settings.__name__
    return Read


class _Environment(EnvSettingsSource):
    def __call__(self) -> dict[str, Any]:
        return guarded(super().__call__(), None)


class _File(TomlConfigSettingsSource):
    def __call__(self) -> dict[str, Any]:
        return guarded(super().__call__(), str(self.toml_file_path))


def guarded(values: Mapping[str, Any], where: str | None) -> dict[str, Any]:
    """The values of a source (`where`; None: the environment), their secrets read and out of sight of any `repr`.

    Raises:
        SettingsFaults: a file that should hold a secret cannot be read, or there are both the secret and its file.
    """
    found = {name: dict(value) if isinstance(value, dict) else value for name, value in values.items()}
    for section, name in SECRETS:
        settings = found.get(section)
        if not isinstance(settings, dict):
            continue
        file = settings.pop(name + _FILE, None)
        place = (section, name + _FILE)
        if file is not None and name in settings:
            raise SettingsFaults(_at(where, place, f"is given beside {section}.{name}; give one of them"))
        if file is not None:
            settings[name] = _secret(file, where, place)
        elif isinstance(settings.get(name), str):
            settings[name] = SecretStr(settings[name])
    return found


def _secret(file: object, where: str | None, place: Place) -> SecretStr:
    try:
        with Path(str(file)).open(encoding="utf-8") as opened:
            text = opened.read(_LARGEST_SECRET)
    except OSError as wrong:
        raise SettingsFaults(_at(where, place, f"{str(file)!r} cannot be read: {wrong.strerror}")) from None
    except ValueError:  # also a name with NUL; what was read is not to be shown
        raise SettingsFaults(_at(where, place, "names no file with text in UTF-8")) from None
    if not text.strip():
        raise SettingsFaults(_at(where, place, f"{str(file)!r} is empty; put the secret into it"))
    return SecretStr(text.strip("\r\n"))


def _at(where: str | None, place: Place, message: str) -> Fault:
    return Fault(variable(place), "", message) if where is None else Fault(where, ".".join(place), message)


def _nested(options: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in options.items():
        section, dot, setting = name.partition(".")
        if dot:
            nested.setdefault(section, {})[setting] = value
        else:
            nested[name] = value
    return nested
