"""Keeps the list of what phones may show: an entry a notice in force, an edition a publication.

Runs in the transaction of the act itself, so that a withdrawn notice is out of every list and
every search the moment its withdrawal is confirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from contract.areas import Area
from contract.plain_text import search_form
from hub.notices.initials import initials
from hub.notices.models import NoticePage, Publication, Withdrawal
from hub.phone.codes import code_of
from hub.phone.models import Edition, Entry, Reach, Tie
from hub.phone.shown import Shown, shown_of, words_of

if TYPE_CHECKING:
    from typing import Any


def on_publication(instance: Publication, created: bool, **_: Any) -> None:  # noqa: ANN401, FBT001 - Django's signal
    """A revision went out."""
    if created:
        enter(instance)


def on_withdrawal(instance: Withdrawal, **_: Any) -> None:  # noqa: ANN401 - Django's signal
    """A withdrawal was confirmed: nothing of the notice is listed or found any more."""
    if instance.confirmed_at is not None:
        Entry.objects.filter(page_id=instance.page_id).delete()


@transaction.atomic
def enter(publication: Publication) -> Edition:
    """Give a publication its code, and list it in place of the revision before it."""
    shown = shown_of(publication)
    code = code_of(shown.notice.name, shown.sha256)
    edition, _ = Edition.objects.get_or_create(
        publication=publication, defaults={"code": code, "sha256": shown.sha256}
    )
    Entry.objects.filter(page_id=publication.page_id).delete()
    if shown.is_for_phones:
        _list(publication, edition, shown)
    return edition


def _list(publication: Publication, edition: Edition, shown: Shown) -> None:
    notice = shown.notice
    words = words_of(shown)
    entry = Entry.objects.create(
        page_id=publication.page_id,
        edition=edition,
        number=publication.number,
        title=shown.title,
        summary=shown.summary,
        text=search_form(words),
        initials=initials(f"{shown.title}{notice.item_name}"),
        item_name=notice.item_name,
        column=notice.column,
        is_personal=shown.is_personal,
        publish_at=notice.publish_at,
        valid_until=notice.valid_until,
    )
    villages = {Area.parse(area).code for area in notice.areas}
    Reach.objects.bulk_create(Reach(entry=entry, village=code) for code in sorted(villages))
    Tie.objects.bulk_create(
        Tie(entry=entry, relation=each.relation, notice_id=each.notice_id)
        for each in notice.references
    )


def enter_missing() -> int:
    """List what was published before there were phone pages; returns how many editions."""
    missing = Publication.objects.filter(edition=None).order_by("page_id", "number")
    for publication in missing:
        enter(publication)
        if not NoticePage.objects.filter(pk=publication.page_id, live=True).exists():
            Entry.objects.filter(page_id=publication.page_id).delete()
    return len(missing)
