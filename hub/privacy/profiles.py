"""Privacy profiles of the catalogue's items: none, contact, persons, health, minors, complaint."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

CATALOGUE = Path(__file__).resolve().parents[1] / "catalogue" / "data" / "catalogue.yaml"
LISTS_OF_PERSONS = frozenset({"persons", "health", "party"})
"""Profiles under which a list of names, groups and amounts may be shown."""


@lru_cache(maxsize=1)
def _profiles() -> dict[str, str]:
    data = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return {item["code"]: item.get("privacy", "") for item in data["items"]}


def profile_of(item: str) -> str:
    """The privacy profile of a catalogue item; empty for an unknown code."""
    return _profiles().get(item, "")
