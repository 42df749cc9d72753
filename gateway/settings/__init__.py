"""The settings of a gateway: `gateway.toml`, overridden by the environment, overridden by options (interfaces.md 6).

`fields` says what can be set, and why each default is what it is; `loading` reads the sources; `faults` says which of
them is wrong, and how to put it right. Nothing here opens a connection or knows what the settings are used for.
"""

from gateway.settings.faults import Fault, SettingsFaults
from gateway.settings.fields import Http, Keep, Mqtt, Series, Settings, State, Tiles
from gateway.settings.loading import DEFAULT_FILE, load

__all__ = [
    "DEFAULT_FILE",
    "Fault",
    "Http",
    "Keep",
    "Mqtt",
    "Series",
    "Settings",
    "SettingsFaults",
    "State",
    "Tiles",
    "load",
]
