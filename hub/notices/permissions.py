"""What a person may do with a notice, whatever their groups say: never publish by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wagtail.models import PagePermissionTester

if TYPE_CHECKING:
    from hub.notices.models import NoticePage


class NoticePermissions(PagePermissionTester):
    """Wagtail's answer, narrowed: the end of the review is the only door to the villages.

    Even an account with every right (a superuser, or a publish permission given by mistake)
    cannot publish, take off, delete what went out, move or restrict a notice.
    """

    page: NoticePage

    def can_edit(self) -> bool:
        """A notice that was taken back stays as it was; a new one is written instead."""
        return bool(super().can_edit()) and not _is_withdrawn(self.page)

    def can_publish(self) -> bool:
        """Never: see `hub.notices.door`."""
        return False

    def can_unpublish(self) -> bool:
        """Never: a withdrawal needs a reason and a second person."""
        return False

    def can_publish_subpage(self) -> bool:
        """A notice has no pages below it."""
        return False

    def can_delete(self, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401 - Wagtail's signature
        """Only what never went out."""
        return not self.page.publications.exists() and bool(super().can_delete(*args, **kwargs))

    def can_move(self) -> bool:
        """Never: the village is part of what was reviewed."""
        return False

    def can_copy(self) -> bool:
        """Never as it stands: a copy would carry the columns that were dropped elsewhere."""
        return False

    def can_lock(self) -> bool:
        """The review locks."""
        return False


def _is_withdrawn(page: NoticePage) -> bool:
    return bool(page.withdrawals.filter(confirmed_at__isnull=False).exists())
