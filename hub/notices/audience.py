"""To whom a notice is addressed: its village, some groups or one box of it, or several villages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from contract.areas import Area
from contract.errors import ContractError
from hub.catalogue.models import Item
from hub.ledger.models import Box
from hub.places.models import VillagePage

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from contract.notice import Notice
    from hub.notices.models import NoticePage

_PART = re.compile(r"(\d{1,2})(?:[-—~\uff5e至到](\d{1,2}))?", re.ASCII)


def parse_groups(text: str, groups: int) -> tuple[int, ...]:
    """Numbers of village groups written as ``3,4-6``; empty text means all, given as none.

    Raises:
        ContractError: not numbers of groups, or a number that the village does not have.
    """
    found: set[int] = set()
    for part in re.split(r"[,\uff0c、\s]+", text.replace("组", "").replace("第", "").strip()):
        if not part:
            continue
        match = _PART.fullmatch(part)
        if match is None:
            raise ContractError(
                _("村民小组写成“3,4-6”这样的数字，不能写“%(part)s”。") % {"part": part[:20]}
            )
        first = int(match[1])
        found.update(range(first, int(match[2] or first) + 1))
    wrong = [number for number in found if not 1 <= number <= groups]
    if wrong:
        raise ContractError(
            _("本村没有第%(wrong)d组（共%(groups)d个组）。")
            % {"wrong": min(wrong), "groups": groups}
        )
    return tuple(sorted(found))


def areas_of(page: NoticePage) -> tuple[str, ...]:
    """The areas of the contract that a notice is addressed to.

    Raises:
        ContractError: a group or a joint village that does not exist, or one box beside them.
    """
    village = page.village
    groups = parse_groups(page.group_numbers, village.groups)
    own = tuple(str(Area(village.code, number)) for number in groups) or (village.code,)
    joint = tuple(code for code in page.joint_villages if code != village.code)
    if page.only_box:
        if groups or joint:
            raise ContractError(_("只给一台设备的，不能再选村民小组或联合公开的村。"))
        return (str(Area.parse(f"{village.code}@{page.only_box}")),)
    if joint and groups:
        raise ContractError(_("联合公开时不能只选部分村民小组。"))
    known = set(VillagePage.objects.filter(code__in=joint).values_list("code", flat=True))
    unknown = [code for code in joint if code not in known or code[:6] != village.code[:6]]
    if unknown:
        raise ContractError(_("联合公开的村不在本县：%(code)s") % {"code": unknown[0]})
    return (*own, *joint)


def boxes_of(village: VillagePage) -> QuerySet[Box]:
    """The boxes that a clerk of the village may choose among."""
    return Box.objects.filter(area=village.code, revoked_at=None).order_by("place", "id")


def one_box_of(notice: Notice) -> str:
    """Where the one box stands that a notice is for alone; empty when it is for more."""
    key = Area.parse(notice.areas[0]).box
    box = Box.objects.filter(id=key).first() if key else None
    return box.name if box is not None else key


def one_box_faults(page: NoticePage) -> list[str]:
    """Why a notice may not be for the one box that was chosen for it."""
    found: list[str] = []
    if not page.only_box:
        return found
    if not boxes_of(page.village).filter(id=page.only_box).exists():
        found.append(
            _("本村没有“%(box)s”这台设备，或已停用。请改选一台，或改为全村。")
            % {"box": page.only_box}
        )
    if page.item is not None and not page.item.may_be_for_one_box:
        found.append(
            _("“%(item)s”应当向全村公开，请改为全村。可以只给一台设备的是：%(others)s。")
            % {"item": page.item.name, "others": "、".join(_for_one_box())}
        )
    return found


def _for_one_box() -> list[str]:
    return [str(item) for item in Item.objects.all() if item.may_be_for_one_box]
