"""People's names in tables: where they stand, and which part is the surname."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract.notice import Table

_COMPOUND = "欧阳上官司马诸葛皇甫尉迟公孙慕容令狐宇文长孙司徒夏侯端木东方独孤南宫申屠"
_COMPOUND_SURNAMES = frozenset(_COMPOUND[n : n + 2] for n in range(0, len(_COMPOUND), 2))


def surname_of(name: str) -> str:
    """The surname that leads a Chinese name; the first part of a name with a dot."""
    plain = name.strip()
    if plain[:2] in _COMPOUND_SURNAMES:
        return plain[:2]
    return plain[:1]


def name_columns(table: Table) -> tuple[int, ...]:
    """Numbers of the columns that hold people's names."""
    return tuple(n for n, column in enumerate(table.columns) if column.type == "name")
