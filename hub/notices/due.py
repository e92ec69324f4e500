"""When a periodic item is due, and whether a village has published it for the period.

Sources: quarterly items within ten days after the quarter, monthly ones by the month's end
(paper 001); the day of the month is clamped to the last one. A deadline is never moved later
for a holiday (只紧不松).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hub.catalogue.models import Item
from hub.notices.models import NoticePage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.places.models import VillagePage

SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Period:
    """When an item may first be published for a period, and the last day to do so."""

    begins: date
    due: date


@dataclass(frozen=True, slots=True)
class DueItem:
    """An item that a village owes for the period that runs now."""

    item: Item
    period: Period
    days_left: int

    def has_begun(self, today: date) -> bool:
        """Whether it could be published already."""
        return self.period.begins <= today

    @property
    def state(self) -> str:
        """late, due_today, due_soon or not_due."""
        if self.days_left < 0:
            return "late"
        if self.days_left == 0:
            return "due_today"
        return "due_soon" if self.days_left <= SOON.days else "not_due"


def period_of(deadline: Mapping[str, Any], today: date) -> Period | None:
    """The period whose deadline is the next one (or today); none for items without a rhythm."""
    match deadline.get("kind"):
        case "period_end" if deadline.get("period") == "month":
            return Period(today.replace(day=1), _month_end(today))
        case "after_period_end":
            months = {"quarter": 3, "half": 6, "month": 1}[deadline["period"]]
            return _after_period(today, months, int(deadline["days"]))
        case "fixed_date":
            return _yearly(today, int(deadline["month"]), int(deadline["day"]))
        case "day_of_month":
            return _monthly(today, int(deadline["day"]))
        case _:
            return None


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _after_period(today: date, months: int, days: int) -> Period:
    """The period that ended last, if its deadline is still to come; else the one that runs."""
    first_month = (today.month - 1) // months * months + 1
    begins = date(today.year, first_month, 1)
    due = begins + timedelta(days=days - 1)
    if today <= due:
        return Period(begins, due)
    following = _add_months(begins, months)
    return Period(following, following + timedelta(days=days - 1))


def _add_months(day: date, months: int) -> date:
    index = day.month - 1 + months
    return date(day.year + index // 12, index % 12 + 1, 1)


def _yearly(today: date, month: int, day: int) -> Period:
    due = date(today.year, month, day)
    if today > due:
        due = date(today.year + 1, month, day)
    return Period(date(due.year, 1, 1), due)


def _monthly(today: date, day: int) -> Period:
    """That day of every month, or the last one of a shorter month."""
    begins = today.replace(day=1)
    due = begins.replace(day=min(day, _month_end(begins).day))
    if today > due:
        begins = _add_months(begins, 1)
        due = begins.replace(day=min(day, _month_end(begins).day))
    return Period(begins, due)


def owed_by(village: VillagePage, today: date) -> list[DueItem]:
    """Periodic items the village has not yet published for the period, the nearest first."""
    published = NoticePage.objects.live().child_of(village).values_list("item_id", "publish_at")
    newest: dict[str, date] = {}
    for code, moment in published:
        if code is not None:
            newest[code] = max(newest.get(code, date.min), moment.date())
    found = []
    for item in Item.objects.filter(is_base=True).select_related("category"):
        period = period_of(item.deadline, today)
        if period is None or newest.get(item.code, date.min) >= period.begins:
            continue
        found.append(DueItem(item, period, (period.due - today).days))
    return sorted(found, key=lambda due: (due.days_left, due.item.position))
