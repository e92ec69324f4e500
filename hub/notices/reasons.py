"""Why a notice was taken back, in words that every villager may read.

The privacy gate reads the reason as it reads a notice, and a name that stood in the notice's
tables may not come back in it: what was withdrawn for a name's sake must not say the name again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from hub import privacy
from hub.notices import content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.notices.models import NoticePage, Withdrawal

LEAST_NAME = 2


def objection(page: NoticePage, reason: str) -> str:
    """Why villagers may not read this reason, with what to do; empty if they may."""
    found = privacy.examine({"撤回原因": reason})
    told = [*(each.zh for each in found.findings), *(each.zh for each in found.rules)]
    if told:
        return told[0]
    if any(name in reason for name in _names_in(page)):
        return _("撤回原因村民会看到，请不要写名单里的名字，例如写“有一户信息有误”。")
    return ""


def public_reason(withdrawal: Withdrawal) -> str:
    """The reason as villagers may read it; empty if it names somebody."""
    reason: str = withdrawal.reason
    return "" if objection(withdrawal.page, reason) else reason


def _names_in(page: NoticePage) -> Iterator[str]:
    """What stands in name columns of any edition that went out."""
    for publication in page.publications.all():
        for block in content.raw_body(publication.revision.as_object()):
            if block["type"] == "table":
                yield from _names_of(block["value"]["table"])


def _names_of(table: dict[str, Any]) -> Iterator[str]:
    columns, rows = table["columns"], table["rows"]
    places = [n for n, column in enumerate(columns) if column["type"] == "name"]
    for row in rows:
        for place in places:
            name = row["values"][place].strip()
            if len(name) >= LEAST_NAME:
                yield name
