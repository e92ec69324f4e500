"""Reads the catalogue's data file, checks its counts, and writes it into the database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from contract.errors import VillageError
from hub.catalogue.models import Category, Item, Rules, Template

DATA_FILE = Path(__file__).resolve().parent / "data" / "catalogue.yaml"
_SMALL_TABLES = (
    "boards", "columns", "level1", "fields", "departments", "cadences",
    "retention", "review_chains", "privacy_profiles", "channel_profiles",
)  # fmt: skip


class CatalogueError(VillageError, ValueError):
    """The catalogue's data file does not hold what it says it holds."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the catalogue holds, in the words of the papers."""

    categories: int
    items: int
    table_items: int
    templates: int
    boards: int
    fields: int
    level1: int
    level2: int
    departments: int
    extensions: int


def read(path: Path = DATA_FILE) -> dict[str, Any]:
    """The data file, after its counts were checked against its own heading.

    Raises:
        CatalogueError: the counts differ, or an item names a template, category, cadence,
            retention, review chain or profile that the file does not have.
    """
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    wanted = Counts(**data["meta"]["counts"])
    found = count(data)
    if found != wanted:
        raise CatalogueError(f"目录数目不符 / counts differ: {found} is not {wanted}")
    for item in data["items"]:
        _check_references(item, data)
    return data


def count(data: dict[str, Any]) -> Counts:
    """Count what the data file holds."""
    base = [item for item in data["items"] if not item.get("extension")]
    return Counts(
        categories=len(data["categories"]),
        items=len(base),
        table_items=sum(item["form"] == "table" for item in base),
        templates=len(data["templates"]),
        boards=len(data["boards"]),
        fields=len(data["fields"]),
        level1=len(data["level1"]),
        level2=sum(len(names) for names in data["level1"].values()),
        departments=len(data["departments"]),
        extensions=len(data["items"]) - len(base),
    )


def _check_references(item: dict[str, Any], data: dict[str, Any]) -> None:
    board, _, column = item["column"].partition("/")
    known = {
        "category": {each["name"] for each in data["categories"]},
        "template": {each["code"] for each in data["templates"]},
        "board": set(data["boards"]),
        "field": set(data["fields"]),
        "department": set(data["departments"]),
        "level2": set(data["level1"].get(item["level1"], ())),
        "cadence": set(data["cadences"]),
        "retention": set(data["retention"]),
        "review": set(data["review_chains"]),
        "privacy": set(data["privacy_profiles"]),
        "channels": set(data["channel_profiles"]),
    }
    for name, words in known.items():
        if item[name] not in words:
            raise CatalogueError(f"{item['code']}: {name} {item[name]!r} 目录中没有 / is unknown")
    if column not in data["columns"].get(board, ()):
        raise CatalogueError(f"{item['code']}: column {item['column']!r} 目录中没有 / is unknown")


@transaction.atomic
def load(path: Path = DATA_FILE) -> Counts:
    """Write the catalogue into the database; running it again changes nothing."""
    data = read(path)
    meta = data["meta"]
    for position, row in enumerate(data["categories"]):
        fields = {"name": row["name"], "position": position}
        Category.objects.update_or_create(code=row["code"], defaults=fields)
    for row in data["templates"]:
        Template.objects.update_or_create(code=row["code"], defaults=_template_fields(row))
    codes = {row["name"]: row["code"] for row in data["categories"]}
    for position, row in enumerate(data["items"]):
        fields = _item_fields(row, codes) | {"position": position}
        Item.objects.update_or_create(code=row["code"], defaults=fields)
    tables = {name: data[name] for name in _SMALL_TABLES}
    Rules.objects.update_or_create(
        version=meta["version"], defaults={"title": meta["title"], "tables": tables}
    )
    return count(data)


def _template_fields(row: dict[str, Any]) -> dict[str, Any]:
    columns = row["parts"] if row["kind"] == "document" else _typed(row["columns"])
    return {
        "kind": row["kind"],
        "title": row["title"],
        "columns": columns,
        "restricted": _typed(row.get("restricted", [])),
        "provenance": row["provenance"],
    }


def _typed(columns: list[str]) -> list[list[str]]:
    return [list(column.rsplit(":", 1)) for column in columns]


def _item_fields(row: dict[str, Any], categories: dict[str, str]) -> dict[str, Any]:
    same = (
        "name", "board", "level1", "level2", "column", "field", "cadence", "deadline", "basis",
        "form", "channels", "privacy", "retention", "archive", "review", "department",
        "provenance",
    )  # fmt: skip
    return {name: row[name] for name in same} | {
        "is_base": not row.get("extension", False),
        "category_id": categories[row["category"]],
        "template_id": row["template"],
    }
