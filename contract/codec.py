"""Frozen dataclasses to JSON and back, and their JSON Schema, from the type hints alone.

Unknown fields are tolerated, so that an older box understands a newer hub; a message whose
meaning depends on something new says so in ``requires`` and is refused by who does not know it.
"""

from __future__ import annotations

import dataclasses
import sys
import types
from datetime import UTC, datetime
from enum import Enum
from functools import cache, partial
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from contract.errors import ContractError, RefusalReason

if TYPE_CHECKING:
    from collections.abc import Callable

    _Reader = Callable[[object, str], object]
    """Reads a JSON value; the text is its place in the message, for errors."""

T = TypeVar("T")
SHORT_CHARS = 40
KNOWN_REQUIREMENTS: frozenset[str] = frozenset({"table", "recording"})
_SCALARS: dict[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def encode(value: object) -> Any:  # noqa: ANN401 - JSON is any of six things
    """Dataclass to plain JSON values; empty optional fields are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _encode_fields(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (tuple, list)):
        return [encode(member) for member in value]
    if isinstance(value, dict):
        return {str(key): encode(member) for key, member in value.items()}
    return value


def _encode_fields(value: Any) -> dict[str, object]:  # noqa: ANN401 - any dataclass
    found: dict[str, object] = {}
    kind = _kind_of(type(value))
    if kind is not None:
        found["kind"] = kind
    for field in dataclasses.fields(value):
        member = getattr(value, field.name)
        if member is None or (member == () and field.default == ()):
            continue
        found[field.name] = encode(member)
    return found


def decode(cls: type[T], data: object, *, where: str = "") -> T:
    """JSON values to the dataclass ``cls``.

    Raises:
        ContractError: a field is missing or has the wrong type, or ``requires`` names
            something this version does not know.
    """
    if not isinstance(data, dict):
        raise ContractError(f"{where or cls.__name__}: expected an object")
    if "requires" in data:
        _check_known(data["requires"])
    found: dict[str, object] = {}
    for name, hint, words, read, is_required in _plan(cls):  # type: ignore[arg-type] # a class is hashable
        if name not in data:
            if is_required:
                raise ContractError(f"{where or cls.__name__}.{name} is missing")
            continue
        value = data[name]
        # Most fields are plain: they need no path for an error that does not come.
        if type(value) is hint or (type(value) is str and value in words):
            found[name] = _shared(value)
        else:
            found[name] = read(value, f"{where or cls.__name__}.{name}")
    return cls(**found)


def _check_known(requires: object) -> None:
    unknown = set(_texts(requires)) - KNOWN_REQUIREMENTS
    if unknown:
        raise ContractError(
            f"needs {', '.join(sorted(unknown))}: update this box",
            RefusalReason.UNKNOWN_REQUIREMENT,
        )


@cache
def _plan(cls: Any) -> tuple[tuple[str, Any, tuple[str, ...], _Reader, bool], ...]:  # noqa: ANN401 - any dataclass
    """Of every field: name, hint, words of a `Literal`, how to read it, and if it must be there."""
    hints = hints_of(cls)
    return tuple(
        (
            each.name,
            hints[each.name],
            get_args(hints[each.name]) if get_origin(hints[each.name]) is Literal else (),
            _reader(hints[each.name]),
            _is_required(each),
        )
        for each in dataclasses.fields(cls)
    )


@cache
def hints_of(cls: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """Resolved type hints; cached, since resolving is most of the cost of decoding."""
    return get_type_hints(cls)


def _kind_of(cls: type) -> str | None:
    """The word that tells a block from another; a field called ``kind`` is something else."""
    kind = getattr(cls, "kind", None)
    return kind if isinstance(kind, str) else None


def _texts(value: object) -> list[str]:
    return [str(member) for member in value] if isinstance(value, (list, tuple)) else []


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


@cache
def _reader(hint: Any) -> _Reader:  # noqa: ANN401 - a type hint
    """How a value of this type is read; found once, for messages come by the thousand."""
    origin, args = get_origin(hint), get_args(hint)
    if hint is datetime:
        return moment
    if origin in (Union, types.UnionType):
        return partial(_union, args)
    if origin is tuple:
        return partial(_tuple, args)
    if origin is dict:
        return partial(_mapping, args)
    if origin is Literal:
        return partial(_word, args)
    return partial(_plain, hint)


def _word(words: tuple[Any, ...], data: object, path: str) -> object:
    if data not in words:
        raise ContractError(f"{path}: {str(data)[:40]!r} is not one of {words}")
    return data


def _plain(hint: Any, data: object, path: str) -> object:  # noqa: ANN401 - a type hint
    if hint in (object, Any):
        return data
    if dataclasses.is_dataclass(hint):
        return decode(hint, data, where=path)  # type: ignore[arg-type] # checked above
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(data)
        except ValueError as error:
            raise ContractError(f"{path}: unknown word {str(data)[:40]!r}") from error
    if hint is float and type(data) is int:
        return _float(data, path)
    if type(data) is not hint:
        raise ContractError(f"{path}: expected {_SCALARS.get(hint, hint)}")
    return _shared(data)


def _shared(value: object) -> object:
    """A short text once for all messages: offices, labels and names come again and again."""
    return sys.intern(value) if type(value) is str and len(value) <= SHORT_CHARS else value


def _union(hints: tuple[Any, ...], data: object, path: str) -> object:
    if data is None and type(None) in hints:
        return None
    members = [hint for hint in hints if hint is not type(None)]
    if len(members) == 1:
        return _reader(members[0])(data, path)
    kind = data.get("kind") if isinstance(data, dict) else None
    for member in members:
        if kind is not None and _kind_of(member) == kind:
            return decode(member, data, where=path)
    raise ContractError(f"{path}: unknown kind {str(kind)[:40]!r}")


def _tuple(hints: tuple[Any, ...], data: object, path: str) -> tuple[object, ...]:
    if not isinstance(data, list):
        raise ContractError(f"{path}: expected a list")
    read = _reader(hints[0])
    return tuple([read(member, f"{path}[{n}]") for n, member in enumerate(data)])


def _mapping(hints: tuple[Any, ...], data: object, path: str) -> dict[str, object]:
    if not isinstance(data, dict):
        raise ContractError(f"{path}: expected an object")
    if hints[1] is Any:  # nothing to check, and bodies of receipts come by the thousand
        return data
    read = _reader(hints[1])
    return {key: read(member, f"{path}.{key}") for key, member in data.items()}


def moment(data: object, path: str = "time") -> datetime:
    """An ISO 8601 moment with its offset; a time without one is nobody's time."""
    if not isinstance(data, str):
        raise ContractError(f"{path}: expected an ISO 8601 time")
    try:
        found = datetime.fromisoformat(data)
    except ValueError as error:
        raise ContractError(f"{path}: {data[:40]!r} is not an ISO 8601 time") from error
    if found.tzinfo is None:
        raise ContractError(f"{path}: {data[:40]!r} has no offset (write +08:00 or Z)")
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise ContractError(f"{path}: {data[:40]!r} lies outside the calendar") from error


def _float(data: int, path: str) -> float:
    try:
        return float(data)
    except OverflowError as error:
        raise ContractError(f"{path}: too large a number") from error


def schema(cls: type) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a message class, for readers in other languages."""
    definitions: dict[str, Any] = {}
    body = _object_schema(cls, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": cls.__name__,
        **body,
        "$defs": definitions,
    }


def _object_schema(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = hints_of(cls)
    fields = dataclasses.fields(cls)
    properties = {field.name: _schema_of(hints[field.name], definitions) for field in fields}
    kind = _kind_of(cls)
    required = [field.name for field in fields if _is_required(field)]
    if kind is not None:
        properties["kind"] = {"const": kind}
        required.append("kind")
    return {"type": "object", "properties": properties, "required": required}


def _schema_of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401, PLR0911 - one line per kind of hint
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        members = [each for each in get_args(hint) if each is not type(None)]
        options = [_schema_of(each, definitions) for each in members]
        return options[0] if len(options) == 1 else {"anyOf": options}
    if origin is tuple:
        return {"type": "array", "items": _schema_of(get_args(hint)[0], definitions)}
    if origin is dict:
        value = _schema_of(get_args(hint)[1], definitions)
        return {"type": "object", "additionalProperties": value}
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if hint is datetime:
        return {"type": "string", "format": "date-time"}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _object_schema(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    return {"type": _SCALARS[hint]} if hint in _SCALARS else {}


Kind = ClassVar[str]
