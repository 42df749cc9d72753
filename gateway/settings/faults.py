"""What is wrong with the settings: in which file, variable or option, which setting, its value, and the remedy.

Nothing is read here but names. The value of a secret never gets into a fault.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from gateway.settings.fields import NESTED, PREFIX, SECRETS, Settings

COMMAND_LINE: Final = "command line"

Place = tuple[str, ...]
"""The way to a setting: `("mqtt", "url")`."""

_LONGEST_SHOWN: Final = 80
_MUST_BE: Final = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text in quotes",
    "path_type": "the name of a file in quotes",
    "literal_error": "{expected}",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "model_type": "a section with settings of its own",
    "missing": "given",
    "string_too_long": "at most {max_length} characters long",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: the file, variable or option that it is in, the setting (`mqtt.url`), and what to do."""

    where: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.field} {self.message}" if self.field else f"{self.where}: {self.message}"


class SettingsFaults(ValueError):
    """The settings cannot be used: all that is wrong with them."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class Origins(NamedTuple):
    """Where a setting may come from: the first of these that gives it."""

    options: Mapping[str, Any]
    environment: Mapping[str, str]
    file: str

    def of(self, place: Place) -> tuple[str, str]:
        """The source that gives a setting, and what the setting is called there besides (nothing: as the source)."""
        given: Any = self.options
        for name in place:
            given = given.get(name) if isinstance(given, Mapping) else None
        if given is not None:
            return COMMAND_LINE, ".".join(place)
        name = variable(place)
        set_here = {each.upper() for each, value in self.environment.items() if value}
        for spelt in (name, f"{name}_FILE"):
            if spelt in set_here:
                return spelt, ""
        return self.file, ".".join(place)


def variable(place: Place) -> str:
    """The environment variable of a setting."""
    return PREFIX + NESTED.join(place).upper()


def told(error: ErrorDetails, origins: Origins) -> Fault:
    """What pydantic says of a setting, for people who never heard of pydantic."""
    place = tuple(str(part) for part in error["loc"])
    where, field = origins.of(place)
    if error["type"] == "extra_forbidden":
        return Fault(where, field, f"is no setting; {_remedy(place, '.'.join)}")
    message = _message(error)
    return Fault(where, field, f"{_shown(place, error['input'])}{message}")


def _shown(place: Place, value: object) -> str:
    """The value before a message, unless it is or holds a secret: a URL can hold a login."""
    text = repr(value)
    if place in SECRETS or isinstance(value, Mapping) or "@" in text or "token" in text:
        return ""
    return f"{text} " if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}… "


def _message(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])
    if error["type"] in _MUST_BE:
        return f"must be {_MUST_BE[error['type']].format(**context)}"
    return error["msg"].replace("Input should be", "must be")


def misspelt(environment: Mapping[str, str]) -> list[Fault]:
    """Variables that are meant for us and say nothing.

    Others may begin with our prefix too: Kubernetes sets RETURNS_GATEWAY_PORT where a service is called
    returns-gateway. So a variable is ours if it has two underscores in a row, or would be a setting's if it had.
    """
    faults = []
    known = {variable(place) for place in _places()}
    single = {name.replace(NESTED, "_"): name for name in known}
    for name, value in environment.items():
        spelt = name.upper()
        if not value or not spelt.startswith(PREFIX) or spelt in known:
            continue
        place = tuple(spelt.removeprefix(PREFIX).lower().split(NESTED))
        if spelt in single:
            faults.append(Fault(name, "", f"is no setting; write {single[spelt]}, with two underscores"))
        elif inner := [each for each in _within(Settings, ()) if each[: len(place)] == place]:
            said = ", ".join(map(variable, inner))
            faults.append(Fault(name, "", f"is a section; set what is in it: {said}"))
        elif len(place) > 1:
            faults.append(Fault(name, "", f"is no setting; {_remedy(place, variable)}"))
    return faults


def _remedy(wrong: Place, spelt: Callable[[Place], str]) -> str:
    """The setting that was probably meant: within a section that is one, among all otherwise."""
    meant: list[Place]
    if wrong[0] in _SECTIONS:
        known = [place for place in _places() if place[0] == wrong[0]]
        names = {".".join(place[1:]): place for place in known}
        meant = [names[name] for name in get_close_matches(".".join(wrong[1:]), names, n=1)]
    else:
        known = [*((name,) for name in _SECTIONS), *_places()]
        near = get_close_matches(".".join(wrong), [".".join(place) for place in known], n=1)
        meant = [tuple(name.split(".")) for name in near]
    if meant:
        return f"did you mean {spelt(meant[0])}?"
    return f"known are {', '.join(sorted(map(spelt, known)))}"


def _places() -> Iterator[Place]:
    """All settings, and the files that may hold secrets."""
    yield from _within(Settings, ())
    yield from ((section, f"{name}_file") for section, name in SECRETS)


def _within(model: type[BaseModel], above: Place) -> Iterator[Place]:
    for name, field in model.model_fields.items():
        section = _section(field.annotation)
        yield from [(*above, name)] if section is None else _within(section, (*above, name))


def _section(annotation: Any) -> type[BaseModel] | None:
    """The section that a setting is, if it is one, be it that it may be left out."""
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


_SECTIONS: Final[dict[str, type[BaseModel]]] = {
    name: section
    for name, field in Settings.model_fields.items()
    if (section := _section(field.annotation)) is not None
}
