"""The readings that a text needs, in the form in which the contract carries them."""

from __future__ import annotations

from django.db.models import Count, Max

from hub.lexicon.models import Entry


def readings_of(text: str) -> tuple[str, ...]:
    """``("解州 xiè zhōu", …)`` for every word of the county's lexicon that stands in ``text``."""
    entries = Entry.objects.values_list("word", "spoken")
    return tuple(f"{word} {spoken}" for word, spoken in entries if word in text)


def edition() -> str:
    """Changes whenever the lexicon does; what was rendered before may have to be done again."""
    found = Entry.objects.aggregate(count=Count("pk"), last=Max("changed_at"))
    return f"{found['count']} {found['last']}"
