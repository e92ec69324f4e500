"""Sets up a county: places from a notices file, the review chain, and an account for every post.

Safe to run again: places and accounts are found, not doubled; passwords are made anew, since
only their hashes are kept.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from wagtail.models import Locale, Page, Site
from wagtail.users.models import UserProfile

from hub.catalogue.loading import load
from hub.intake import json_bytes
from hub.notices.chain import make_standard_chain
from hub.notices.initials import initials
from hub.places.codes import NamedVillage, PlacePathError, number_villages
from hub.places.models import VILLAGE_ROLES, CountyPage, PlacePage, Role, TownPage, VillagePage
from hub.places.posts import make_post

if TYPE_CHECKING:
    from pathlib import Path

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_SUFFIX = {
    Role.CLERK: "wenshu",
    Role.COMMITTEE: "jianwei",
    Role.SECRETARY: "shuji",
    Role.TOWN_OFFICER: "zhen",
    Role.COUNTY_OFFICER: "xian",
}


@dataclass(frozen=True, slots=True)
class Login:
    """One account as its holder needs it."""

    username: str
    password: str
    role: Role
    place: str
    code: str


@dataclass(frozen=True, slots=True)
class County:
    """What was set up. Villages stand in the order of the file."""

    page: CountyPage
    villages: tuple[VillagePage, ...]
    logins: tuple[Login, ...]

    def login(self, role: Role, code: str = "") -> Login:
        """The first account of a role (in the place with this code, if given).

        Raises:
            LookupError: there is none.
        """
        for found in self.logins:
            if found.role is role and code in ("", found.code):
                return found
        raise LookupError(f"no account for {role} in {code or 'any place'}")


def _entries(path: Path) -> list[dict[str, Any]]:
    """The file's ``meta.villages``: objects with ``path`` and ``groups``, each path once.

    Raises:
        PlacePathError: there are none. IntakeError: not JSON within bounds.
    """
    data = json_bytes.load(path.read_bytes(), path.name)
    meta = data.get("meta") if isinstance(data, dict) else None
    found = meta.get("villages") if isinstance(meta, dict) else None
    entries = [each for each in found or () if isinstance(each, dict) and "path" in each]
    if not entries:
        raise PlacePathError("文件里没有 meta.villages / the file names no villages")
    return list({str(each["path"]): each for each in entries}.values())


@transaction.atomic
def create_demo_county(path: Path, *, name: str = "云岭县") -> County:
    """The county of a notices file: places, catalogue, review chain, an account a post.

    Args:
        path: a file of the notices form; its ``meta.villages`` names the places.
        name: the county's name, which the form does not carry.

    Returns:
        The places and logins; passwords are new on every call.

    Raises:
        PlacePathError: the file's places cannot be read, or the hub serves another county.
    """
    entries = _entries(path)
    rows = number_villages(str(each["path"]) for each in entries)
    load()
    county = _county(rows[0].county_code, name)
    make_standard_chain(county)
    villages = [
        _village(county, row, int(each.get("groups") or 0))
        for row, each in zip(rows, entries, strict=True)
    ]
    logins = [_account(county, Role.COUNTY_OFFICER, number) for number in (1, 2)]
    towns = TownPage.objects.filter(code__in={row.town_code for row in rows}).order_by("code")
    logins += [_account(town, Role.TOWN_OFFICER) for town in towns]
    logins += [_account(village, role) for village in villages for role in VILLAGE_ROLES]
    return County(county, tuple(villages), tuple(logins))


@transaction.atomic
def create_upper_hub(code: str, *, name: str) -> County:
    """The hub of a province or city: its place, the catalogue, two officers, no villages.

    Raises:
        PlacePathError: not such a code, or the hub serves another place.
    """
    if len(code) not in (2, 4, 6) or not code.isascii() or not code.isdecimal():
        raise PlacePathError(f"区划代码应为2、4或6位 / 2, 4 or 6 digits: {code[:20]!r}")
    load()
    place = _county(code, name)
    make_standard_chain(place)
    logins = [_account(place, Role.COUNTY_OFFICER, number) for number in (1, 2)]
    return County(place, (), tuple(logins))


def _county(code: str, name: str) -> CountyPage:
    other = CountyPage.objects.exclude(code=code).first()
    if other is not None:
        raise PlacePathError(
            f"本平台已是{other.title}({other.code}),一个平台只管一个县"
            f" / this hub serves county {other.code} already"
        )
    found: CountyPage | None = CountyPage.objects.filter(code=code).first()
    if found is None:
        Locale.objects.get_or_create(language_code="zh-hans")
        root = Page.get_first_root_node()
        found = root.add_child(instance=CountyPage(title=name, slug=code, code=code))
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "localhost", "root_page_id": found.pk, "site_name": name},
    )
    plain = ContentType.objects.get_for_model(Page)
    Page.objects.filter(depth=2, content_type=plain).delete()  # Wagtail's welcome page
    return found


def _place(
    parent: PlacePage, model: type[TownPage | VillagePage], fields: dict[str, Any]
) -> TownPage | VillagePage:
    found: TownPage | VillagePage | None = model.objects.filter(code=fields["code"]).first()
    if found is not None:
        return found
    fresh = PlacePage.objects.get(pk=parent.pk).specific
    made: TownPage | VillagePage = fresh.add_child(instance=model(slug=fields["code"], **fields))
    return made


def _village(county: CountyPage, row: NamedVillage, groups: int) -> VillagePage:
    town = _place(county, TownPage, {"title": row.town, "code": row.town_code})
    fields = {
        "title": row.name,
        "code": row.code,
        "groups": groups,
        "office": f"{row.name}村民委员会",
        "complaints": f"{row.name}村务监督委员会",
    }
    made = _place(town, VillagePage, fields)
    village: VillagePage = VillagePage.objects.get(pk=made.pk)
    return village


def _account(place: PlacePage, role: Role, number: int = 0) -> Login:
    """The account of a post, with a new password."""
    username = f"{initials(place.title)}.{_SUFFIX[role]}{number or ''}"
    if User.objects.filter(username=username).exclude(groups__post__place=place.pk).exists():
        username = f"{username}.{place.code[6:]}"
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    user, _ = User.objects.get_or_create(username=username)
    user.last_name = f"{place.title}{role.label}{number or ''}"
    user.set_password(password)
    user.save()
    user.groups.add(make_post(place, role).group)
    profile, _ = UserProfile.objects.get_or_create(user=user)
    if not profile.preferred_language:
        profile.preferred_language = "zh-hans"
        profile.save()
    return Login(username, password, role, place.title, place.code)
