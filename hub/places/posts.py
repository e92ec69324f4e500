"""Who may do what where: posts as Django groups, with page-tree permissions for clerks alone.

Committee and secretary reach a notice through the review task that waits for them, county and
town not at all. Nobody is ever given the publish permission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission
from wagtail.images import get_image_model
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission

from hub.places.models import SUPERVISORS, PlacePage, Post, Role, VillagePage

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser


def make_post(place: PlacePage, role: Role) -> Post:
    """The post of ``role`` at ``place``, with its permissions; made if it is missing."""
    group, _ = Group.objects.get_or_create(name=f"{place.code} {place.title} {role.label}")
    post, _ = Post.objects.get_or_create(place_id=place.pk, role=role, defaults={"group": group})
    group.permissions.add(_permission("wagtailadmin", "access_admin"))
    if role is Role.CLERK:
        _let_write(group, place)
    return post


def _let_write(group: Group, place: PlacePage) -> None:
    """Writing notices under the village, and its own folder of pictures."""
    for codename in ("add_page", "change_page"):
        GroupPagePermission.objects.get_or_create(
            group=group, page_id=place.pk, permission=_permission("wagtailcore", codename)
        )
    collection = Collection.objects.filter(name=place.code).first()
    if collection is None:
        collection = Collection.get_first_root_node().add_child(name=place.code)
    label = get_image_model()._meta.app_label  # noqa: SLF001 - _meta is Django's public API
    for codename in ("add_image", "choose_image"):
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=collection, permission=_permission(label, codename)
        )


def _permission(app: str, codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def holds(user: Person, role: Role, place: PlacePage) -> bool:
    """Whether the person is active and holds this post at this place."""
    if not user.is_active or user.is_anonymous:
        return False
    return Post.objects.filter(group__user=user, role=role, place_id=place.pk).exists()


def posts_of(user: Person) -> list[Post]:
    """Every post the person holds, with its place."""
    if not user.is_active or user.is_anonymous:
        return []
    found = Post.objects.filter(group__user=user).select_related("place").order_by("pk")
    return list(found)


def is_supervisor(user: Person) -> bool:
    """Whether the person sits at a town or the county."""
    return any(post.role in SUPERVISORS for post in posts_of(user))


def villages_of(user: Person) -> list[VillagePage]:
    """The villages a person may look at: their own, or all below their town or county."""
    codes = [post.place.code for post in posts_of(user)]
    found = VillagePage.objects.order_by("code")
    return [village for village in found if any(village.code.startswith(code) for code in codes)]
