"""Notices that went the whole way, for the phone pages to show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from hub.notices import desk

if TYPE_CHECKING:
    from hub.notices.models import NoticePage
    from tests.hub.conftest import Desk

Publish = Callable[[dict[str, Any]], "NoticePage"]


def published(people: Desk, form: dict[str, Any]) -> NoticePage:
    page = desk.draft_from_import(people.clerk, form, people.village)
    desk.drop_restricted_columns(people.clerk, page)
    return signed(people, page)


def signed(people: Desk, page: NoticePage) -> NoticePage:
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    return desk.find(page.notice_id)


def corrected(people: Desk, page: NoticePage, reason: str, **changes: str) -> NoticePage:
    draft = desk.correct(people.clerk, page, reason)
    for name, value in changes.items():
        setattr(draft, name, value)
    desk.save(people.clerk, draft)
    return signed(people, page)


def withdrawn(people: Desk, page: NoticePage, reason: str = "写错了") -> None:
    desk.withdraw(people.clerk, page, reason)
    desk.confirm_withdrawal(people.committee, page)


@pytest.fixture
def publish(people: Desk) -> Publish:
    return lambda form: published(people, form)
