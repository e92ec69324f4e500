"""What must be true of a notice before it goes to review, and again before it leaves the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from contract import plain_text
from contract.errors import ContractError
from hub.notices import content, gate
from hub.notices.audience import areas_of, one_box_faults
from hub.places.models import VILLAGE_ROLES, Post

if TYPE_CHECKING:
    from hub.notices.models import NoticePage

_BOUNDS = {
    "title": plain_text.TITLE,
    "summary": plain_text.SUMMARY,
    "speech": plain_text.SPEECH,
    "body": plain_text.BODY,
    "cell": plain_text.CELL,
}


def before_leaving(page: NoticePage) -> list[str]:
    """Sentences that say why the text may not leave the hub; none if it may."""
    return [*_texts(page), *_dates(page), *_facts(page), *gate.examine(page).sentences]


def before_review(page: NoticePage) -> list[str]:
    """The same, and whether the village has the people for the review."""
    return [*before_leaving(page), *_correction(page), *_people(page)]


def _texts(page: NoticePage) -> list[str]:
    found: list[str] = []
    for passage in content.passages(page):
        report = plain_text.inspect(passage.text, _BOUNDS[passage.kind])
        if report.refused:
            reasons = "".join(fault.zh for fault in report.faults)
            found.append(f"{passage.where}:{reasons}")
    if not content.raw_body(page):
        found.append(_("正文还是空的。请写上内容、贴上表格或放上图片。"))
    return found


def _dates(page: NoticePage) -> list[str]:
    if page.valid_until is None:
        if _is_long_term(page) and not is_personal(page):
            return []
        return [_("没有填“有效期至”。除长期公开且不含个人名单的事项外，都要写明公开到哪一天。")]
    if page.valid_until <= page.publish_at:
        return [_("“有效期至”早于公开时间，请改正。")]
    return []


def _is_long_term(page: NoticePage) -> bool:
    return page.item is not None and page.item.retention == "RL"


def is_personal(page: NoticePage) -> bool:
    """Whether the notice lists people by name."""
    return any(
        column["type"] == "name" for table in content.tables(page) for column in table["columns"]
    )


def _facts(page: NoticePage) -> list[str]:
    found = []
    if page.item is None:
        found.append(_("还没有选公开事项。请选它属于目录中的哪一项。"))
    if not page.channels:
        found.append(_("还没有选公开方式。请至少选一种。"))
    if page.joint_villages and is_personal(page):
        found.append(_("含个人名单的公开只能在本村公开，请去掉联合公开的村。"))
    try:
        areas_of(page)
    except ContractError as error:
        found.append(str(error))
    return [*found, *one_box_faults(page)]


def _correction(page: NoticePage) -> list[str]:
    last = page.last_publication
    if last is not None and not page.correction.strip():
        return [_("这条已经公开过，再改是更正。请写明更正原因，村民会看到。")]
    return []


def _people(page: NoticePage) -> list[str]:
    """Whether clerk, committee and secretary each have an account."""
    held = Post.objects.filter(place_id=page.village.pk, group__user__is_active=True)
    missing = [role.label for role in VILLAGE_ROLES if not held.filter(role=role).exists()]
    if missing:
        names = "、".join(map(str, missing))
        return [_("本村还没有设%(names)s的账号，请联系县里开设后再提交。") % {"names": names}]
    return []
