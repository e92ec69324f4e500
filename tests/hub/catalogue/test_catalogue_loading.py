"""The catalogue holds what the papers count, and says so when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from django.core.management import call_command

from hub.catalogue.loading import DATA_FILE, CatalogueError, Counts, load, read
from hub.catalogue.models import Category, Item, Template

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = Counts(
    categories=12, items=88, table_items=63, templates=83, boards=3, fields=10,
    level1=6, level2=42, departments=15, extensions=12,
)  # fmt: skip


@pytest.mark.django_db
def test_loading_gives_12_categories_88_items_63_tables_and_83_templates() -> None:
    assert load() == COUNTS
    assert Category.objects.count() == 12
    assert Item.objects.filter(is_base=True).count() == 88
    assert Item.objects.filter(is_base=True, form="table").count() == 63
    assert Item.objects.filter(is_base=False).count() == 12
    assert Template.objects.count() == 83
    assert Template.objects.filter(kind="table").count() == 63


@pytest.mark.django_db
def test_loading_again_changes_nothing() -> None:
    load()
    before = list(Item.objects.values())
    load()
    assert list(Item.objects.values()) == before


@pytest.mark.django_db
def test_the_command_prints_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_catalogue")
    printed = capsys.readouterr().out
    for line in ("  12 categories", "  88 items", "  63 table_items", "  83 templates"):
        assert line in printed


def test_the_small_columns_of_the_mini_program_are_5_7_and_3() -> None:
    assert [len(names) for names in read()["columns"].values()] == [5, 7, 3]


def test_a_catalogue_that_lost_an_item_is_refused(tmp_path: Path) -> None:
    data = yaml.safe_load(DATA_FILE.read_text(encoding="utf-8"))
    del data["items"][3]
    damaged = tmp_path / "catalogue.yaml"
    damaged.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")

    with pytest.raises(CatalogueError, match="counts differ"):
        read(damaged)


def test_an_item_with_an_unknown_cadence_is_refused(tmp_path: Path) -> None:
    data = yaml.safe_load(DATA_FILE.read_text(encoding="utf-8"))
    data["items"][0]["cadence"] = "now and then"
    damaged = tmp_path / "catalogue.yaml"
    damaged.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")

    with pytest.raises(CatalogueError, match="now and then"):
        read(damaged)
