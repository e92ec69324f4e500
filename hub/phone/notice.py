"""One notice at its own address: the newest edition, an older one, a withdrawn one, a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.views.decorators.http import require_safe

from hub.notices.models import NoticePage
from hub.notices.reasons import public_reason
from hub.phone import tree
from hub.phone.codes import printed
from hub.phone.frame import missing, page, unlisted
from hub.phone.models import Edition, Entry, Tie
from hub.phone.shown import shown_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from contract.notice import Notice
    from hub.notices.models import Publication
    from hub.phone.shown import Shown

_FORWARD = {"replaces": "代替", "withdraws": "撤销", "result_of": "前情", "stage_of": "同一项目",
            "interprets": "解读"}  # fmt: skip
_BACKWARD = {"result_of": "结果", "stage_of": "同一项目", "interprets": "解读"}
_UNDOING = ("replaces", "withdraws")


@require_safe
def notice_page(request: HttpRequest, notice_id: str) -> HttpResponse:
    """The newest edition; 410 once it was taken back, 404 before its time."""
    found = NoticePage.objects.filter(notice_id=notice_id).first()
    if found is None:
        return missing(request)
    gone = found.withdrawals.filter(confirmed_at__isnull=False).first()
    if gone is not None:
        told = {"notice_id": notice_id, "gone": gone, "reason": public_reason(gone)}
        return unlisted(page(request, "withdrawn", found.village, status=410, **told))
    last = newest_of(found)
    if last is None:
        return missing(request)
    shown = shown_of(last)
    answer = page(
        request,
        "notice" if shown.is_open else "held",
        found.village,
        shown=shown,
        notice=shown.notice,
        is_over=found.valid_until is not None and found.valid_until <= timezone.now(),
        earlier=found.publications.filter(number__lt=last.number),
        ties=_ties(shown.notice),
        undone_by=_undone_by(notice_id),
        code=printed(Edition.objects.get(publication=last).code),
        column=_column(found, shown),
    )
    return answer if shown.is_open else unlisted(answer)


@require_safe
def edition_page(request: HttpRequest, notice_id: str, number: int) -> HttpResponse:
    """An earlier edition: that it was corrected, when, why, and the way to the new one.

    Its text is not shown again: what was corrected may be what nobody should have read.
    """
    found = NoticePage.objects.filter(notice_id=notice_id).first()
    newest = newest_of(found) if found is not None else None
    old = found.publications.filter(number=number).first() if found is not None else None
    if found is None or newest is None or old is None or old.number == newest.number:
        return notice_page(request, notice_id)
    answer = page(
        request,
        "corrected",
        found.village,
        old=old,
        newest=newest,
        notice_id=notice_id,
        shown=shown_of(newest),
    )
    return unlisted(answer)


def newest_of(found: NoticePage) -> Publication | None:
    """The edition in force, if the notice is public now."""
    if not found.live or found.publish_at > timezone.now():
        return None
    if found.withdrawals.filter(confirmed_at__isnull=False).exists():
        return None
    return found.last_publication


def _column(found: NoticePage, shown: Shown) -> tuple[str, str, str] | None:
    """Board, column and address of the column the notice stands in."""
    board, _, column = shown.notice.column.partition("/")
    if not tree.is_column(board, column):
        return None
    return board, column, tree.address_of(found.village.code, board, column)


def _undone_by(notice_id: str) -> Entry | None:
    tie = Tie.objects.filter(notice_id=notice_id, relation__in=_UNDOING).first()
    return tie.entry if tie is not None else None


def _ties(notice: Notice) -> list[tuple[str, Entry]]:
    """Other notices that this one names, or that name it: a word for the relation, the entry."""
    named = {each.notice_id: each.relation for each in notice.references}
    listed = Entry.objects.shown().select_related("page")
    forward = [
        (_FORWARD[named[entry.page.notice_id]], entry)
        for entry in listed.filter(page__notice_id__in=named)
    ]
    back = Tie.objects.filter(notice_id=notice.id, entry__in=listed).exclude(relation__in=_UNDOING)
    return forward + [(_BACKWARD[tie.relation], tie.entry) for tie in back]
