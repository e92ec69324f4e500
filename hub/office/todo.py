"""What waits for a person today: the first page after the login is a list of work, not a menu."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from wagtail.models import Task, TaskState

from hub.cap.desk import waiting_for
from hub.emergency.models import Emergency
from hub.notices.due import owed_by
from hub.notices.history import last_refusal
from hub.notices.models import NoticePage, Withdrawal
from hub.places.models import SUPERVISORS, Role
from hub.places.posts import posts_of, villages_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from hub.cap.models import OutsideWarning
    from hub.notices.due import DueItem
    from hub.notices.review import ReviewState
    from hub.places.models import PlacePage, Post, VillagePage

DUE_SHOWN = 6
RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Returned:
    """A text that came back, and why."""

    page: NoticePage
    refusal: ReviewState


@dataclass(frozen=True, slots=True)
class VillageLine:
    """One village as its town or county sees it."""

    village: VillagePage
    published: int
    in_review: int
    late: int
    soon: int


@dataclass(slots=True)
class Todo:
    """Everything on one person's desk."""

    places: list[PlacePage] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)
    drafts: list[NoticePage] = field(default_factory=list)
    with_others: list[NoticePage] = field(default_factory=list)
    to_review: list[NoticePage] = field(default_factory=list)
    to_confirm: list[Withdrawal] = field(default_factory=list)
    to_release: list[Emergency] = field(default_factory=list)
    to_judge: list[OutsideWarning] = field(default_factory=list)
    due: list[DueItem] = field(default_factory=list)
    due_total: int = 0
    published: list[NoticePage] = field(default_factory=list)
    villages: list[VillageLine] = field(default_factory=list)
    is_clerk: bool = False
    is_reviewer: bool = False
    is_supervisor: bool = False

    @property
    def count(self) -> int:
        """How many things wait for this very person."""
        mine = len(self.returned) + len(self.to_review)
        return mine + len(self.to_confirm) + len(self.to_release) + len(self.to_judge)


def todo_of(user: User) -> Todo:
    """The desk of one person, gathered from all their posts."""
    posts = posts_of(user)
    found = Todo(
        places=[post.place.specific for post in posts],
        roles=[str(post.get_role_display()) for post in posts],
    )
    for post in posts:
        if post.role == Role.CLERK:
            _add_clerk(found, user, post)
        elif post.role in SUPERVISORS:
            found.is_supervisor = True
        else:
            found.is_reviewer = True
    _add_reviews(found, user)
    if found.is_supervisor:
        _add_supervision(found, user)
    return found


def _pages_of(place: PlacePage) -> list[NoticePage]:
    pages = NoticePage.objects.child_of(place).select_related("item", "latest_revision")
    return list(pages.order_by("-latest_revision_created_at")[:200])


def _add_clerk(found: Todo, user: User, post: Post) -> None:
    """What the clerk of one village has on the desk."""
    found.is_clerk = True
    village = post.place.specific
    for page in _pages_of(village):
        refusal = last_refusal(page)
        if refusal is not None:
            found.returned.append(Returned(page.get_latest_revision_as_object(), refusal))
        elif page.workflow_in_progress:
            found.with_others.append(page)
        elif page.has_unpublished_changes and page.permissions_for_user(user).can_edit():
            found.drafts.append(page.get_latest_revision_as_object())
        elif page.live:
            found.published.append(page)
    today = timezone.localdate()
    owed = owed_by(village, today)
    found.due += owed[:DUE_SHOWN]
    found.due_total += sum(due.has_begun(today) for due in owed)


def _add_reviews(found: Todo, user: User) -> None:
    """Texts that wait for this person's yes or no, and withdrawals to confirm."""
    states = TaskState.objects.none()
    for task in Task.objects.filter(active=True).specific():
        states = states | task.get_task_states_user_can_moderate(user)
    for state in states.select_related("revision").order_by("started_at"):
        found.to_review.append(state.revision.as_object())
    if found.is_reviewer:
        villages = {village.pk for village in villages_of(user)}
        waiting = Withdrawal.objects.filter(confirmed_at=None).exclude(requested_by=user)
        found.to_confirm = [each for each in waiting if each.page.get_parent().pk in villages]
        recent = timezone.now() - RECENT
        for village in villages_of(user):
            live = NoticePage.objects.live().child_of(village)
            found.published += live.filter(last_published_at__gte=recent)[:20]


def _add_supervision(found: Todo, user: User) -> None:
    """What a town or county officer looks after."""
    found.to_release = list(
        Emergency.objects.filter(released_at=None, expires_at__gt=timezone.now(), overtaken_by="")
    )
    found.to_judge = waiting_for(user)
    for village in villages_of(user):
        pages = NoticePage.objects.child_of(village)
        owed = owed_by(village, timezone.localdate())
        found.villages.append(
            VillageLine(
                village=village,
                published=pages.live().count(),
                in_review=sum(page.workflow_in_progress for page in pages),
                late=sum(due.state == "late" for due in owed),
                soon=sum(due.state in ("due_soon", "due_today") for due in owed),
            )
        )
