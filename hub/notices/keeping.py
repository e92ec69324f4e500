"""Where imported notices go: each to its village, as a draft in the name of the village's clerk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.emergency import desk as emergency_desk
from hub.notices import desk
from hub.notices.drafts import ImportRefusedError
from hub.places.models import Role, VillagePage

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from hub.intake.notices import NoticeDraft
    from hub.privacy import Gate


class Keeper:
    """Keeps drafts; ``default_code`` is the village of notices that name none."""

    def __init__(self, default_code: str = "") -> None:
        self._default_code = default_code

    def keep(self, draft: NoticeDraft, gate: Gate) -> str:  # noqa: ARG002 - the importer's seam
        """Store one draft and say what to call it.

        Raises:
            ImportRefusedError: no such village, no clerk in it, or the id is in use.
        """
        village = self._village(str(draft.data.get("village") or ""))
        if draft.data.get("kind") == "emergency":
            officer = _officer(village)
            emergency = emergency_desk.draft_from_import(officer, draft.data, village)
            return f"{emergency.alert_id} {emergency.title} → {village.title} (待第二人核对)"
        page = desk.draft_from_import(_clerk(village), draft, village)
        return f"{page.notice_id} {page.title} → {village.title}"

    def _village(self, name: str) -> VillagePage:
        """The village written as ``镇名村名``, or the default, or the only one."""
        villages = list(VillagePage.objects.all())
        if self._default_code and not name:
            villages = [each for each in villages if each.code == self._default_code]
        elif name:
            villages = [each for each in villages if name in (_long_name(each), each.title)]
        if len(villages) != 1:
            raise ImportRefusedError(
                f"平台里没有村“{name[:30]}”,请用 --village 写明12位代码"
                " / no such village; name one with --village CODE"
            )
        found: VillagePage = villages[0]
        return found


def _long_name(village: VillagePage) -> str:
    return f"{village.get_parent().title}{village.title}"


def _clerk(village: VillagePage) -> User:
    return _holder(village, Role.CLERK)


def _officer(village: VillagePage) -> User:
    county = village.get_ancestors().get(depth=2).specific
    return _holder(county, Role.COUNTY_OFFICER)


def _holder(place: VillagePage, role: Role) -> User:
    """The first person who holds a post.

    Raises:
        ImportRefusedError: nobody does.
    """
    post = place.posts.filter(role=role).first()
    found: User | None = (
        post.group.user_set.filter(is_active=True).order_by("pk").first() if post else None
    )
    if found is None:
        raise ImportRefusedError(f"{place.title}还没有{role.label}的账号 / nobody holds the post")
    return found
