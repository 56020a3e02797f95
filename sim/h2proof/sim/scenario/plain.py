"""Scenarios as versioned JSON, and back: by the type of each field, with a path in each error."""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

VERSION: Final = 1

_HINTS: dict[type, dict[str, Any]] = {}


def dump(scenario: object) -> str:
    """Versioned JSON in one line; fields with their default value are left out."""
    return json.dumps({"version": VERSION, **_data(scenario)}, separators=(",", ":"))


def load(kind: type[T], text: str) -> T:
    """The `kind` of scenario that `dump` wrote; ValueError with one sentence for anything else."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a scenario: {error}") from None
    if not isinstance(data, dict) or "version" not in data:
        raise ValueError("not a scenario: a JSON object with a `version` is expected")
    if data.pop("version") != VERSION:
        raise ValueError(f"a scenario of another version; this release reads version {VERSION}")
    scenario = _read(kind, data, "scenario")
    assert isinstance(scenario, kind)
    return scenario


def _data(value: Any) -> Any:
    if is_dataclass(value):
        return {
            entry.name: _data(getattr(value, entry.name))
            for entry in fields(value)
            if getattr(value, entry.name) != _default(entry)
        }
    if isinstance(value, tuple):
        return [_data(entry) for entry in value]
    if isinstance(value, Mapping):
        return {name: _data(value[name]) for name in sorted(value)}
    return value


def _default(entry: "Field[Any]") -> Any:
    if entry.default is not MISSING:
        return entry.default
    return entry.default_factory() if entry.default_factory is not MISSING else MISSING


def _read(kind: Any, data: Any, path: str) -> Any:
    """`data` as a value of type `kind`."""
    if is_dataclass(kind):
        return _read_dataclass(kind, data, path)
    reader = _READERS.get(get_origin(kind))
    if reader is not None:
        return reader(kind, data, path)
    # JSON has true and 1, Python's bool is an int
    if type(data) is not kind:
        raise _wrong(path, data, _NAMES.get(kind, str(kind)))
    return data


def _read_dataclass(kind: Any, data: Any, path: str) -> Any:
    if not isinstance(data, dict):
        raise _wrong(path, data, "an object")
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    hints = _HINTS[kind]
    for name in data:
        if name not in hints:
            raise ValueError(f"{path} has no {name!r}; it has {', '.join(hints)}")
    values = {name: _read(hints[name], data[name], f"{path}.{name}") for name in data}
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def _read_tuple(kind: Any, data: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise _wrong(path, data, "a list")
    kinds = get_args(kind)
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(data)
    elif len(kinds) != len(data):
        raise _wrong(path, data, f"a list of {len(kinds)}")
    return tuple(
        _read(each, entry, f"{path}[{place}]")
        for place, (each, entry) in enumerate(zip(kinds, data, strict=True))
    )


def _read_mapping(kind: Any, data: Any, path: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _wrong(path, data, "an object")
    of = get_args(kind)[1]
    return {name: _read(of, value, f"{path}.{name}") for name, value in data.items()}


def _read_literal(kind: Any, data: Any, path: str) -> Any:
    if data not in get_args(kind):
        raise _wrong(path, data, f"one of {', '.join(get_args(kind))}")
    return data


def _read_union(kind: Any, data: Any, path: str) -> Any:
    options = get_args(kind)
    for option in options:
        try:
            return _read(option, data, path)
        except ValueError:
            continue
    names = " or ".join(_NAMES.get(get_origin(option) or option, str(option)) for option in options)
    raise _wrong(path, data, names)


def _wrong(path: str, data: Any, wanted: str) -> ValueError:
    shown = json.dumps(data)
    shown = shown if len(shown) <= 40 else shown[:37] + "..."
    return ValueError(f"{path} is {shown}; it should be {wanted}")


_READERS: Final[dict[Any, Callable[[Any, Any, str], Any]]] = {
    tuple: _read_tuple,
    Mapping: _read_mapping,
    Literal: _read_literal,
    Union: _read_union,
    UnionType: _read_union,
}

_NAMES: Final[dict[Any, str]] = {
    int: "a whole number",
    str: "a string",
    bool: "true or false",
    NoneType: "null",
    tuple: "a list",
    Literal: "a name",
}
