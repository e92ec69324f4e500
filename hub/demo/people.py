"""The people of the story and what they do at the desk, each through their own account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User

from hub.emergency import desk as emergency_desk
from hub.notices import desk
from hub.notices.errors import NotYourStepError
from hub.places.models import Role, VillagePage

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.accounts import County
    from hub.emergency.models import Emergency
    from hub.notices.gate import GateResult
    from hub.notices.models import NoticePage


@dataclass(frozen=True, slots=True)
class VillagePeople:
    """Clerk, committee member and secretary of one village: three different persons."""

    page: VillagePage
    clerk: User
    committee: User
    secretary: User

    @classmethod
    def of(cls, county: County, code: str) -> VillagePeople:
        """The people of the village with this code."""
        by_role = [
            User.objects.get(username=county.login(role, code).username)
            for role in (Role.CLERK, Role.COMMITTEE, Role.SECRETARY)
        ]
        return cls(VillagePage.objects.get(code=code), *by_role)

    def draft(self, form: dict[str, Any]) -> tuple[NoticePage, GateResult]:
        """The clerk takes a notice in and drops what must stay at the hub."""
        page = desk.draft_from_import(self.clerk, form, self.page)
        return page, desk.drop_restricted_columns(self.clerk, page)

    def publish(self, page: NoticePage) -> None:
        """Submit, approve, sign."""
        desk.submit(self.clerk, page)
        desk.approve(self.committee, page)
        desk.sign(self.secretary, page)

    def correct(self, page: NoticePage, reason: str, summary: str) -> None:
        """A new revision with another summary, through the whole chain again."""
        draft = desk.correct(self.clerk, page, reason)
        draft.summary = summary
        desk.save(self.clerk, draft)
        self.publish(page)

    def withdraw(self, page: NoticePage, reason: str) -> None:
        """The clerk asks, the secretary confirms."""
        desk.withdraw(self.clerk, page, reason)
        desk.confirm_withdrawal(self.secretary, page)


@dataclass(frozen=True, slots=True)
class Officers:
    """Two county officers: an emergency takes both."""

    first: User
    second: User

    @classmethod
    def of(cls, county: County) -> Officers:
        """The two of this county."""
        names = [each.username for each in county.logins if each.role is Role.COUNTY_OFFICER]
        return cls(*(User.objects.get(username=name) for name in names[:2]))

    def compose(self, form: dict[str, Any], village: VillagePage) -> Emergency:
        """The first officer writes the emergency for a village's groups."""
        draft = emergency_desk.draft_from_import(self.first, form, village)
        return emergency_desk.compose(self.first, draft)

    def release(self, emergency: Emergency) -> None:
        """The second officer releases it."""
        emergency_desk.release_alert(self.second, emergency)


def is_refused(act: Callable[[], object]) -> str:
    """The sentence with which the desk refuses an act; empty when it let it through."""
    try:
        act()
    except NotYourStepError as error:
        return str(error)
    return ""
