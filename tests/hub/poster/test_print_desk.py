"""The clerk prints: one sheet, a month with its progress, only of the own village."""

from __future__ import annotations

import stat
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub.notices import desk
from hub.places.models import Role
from hub.poster import batch
from hub.poster.models import PrintJob, forget_old
from hub.poster.month import notices_of, read_month
from tests.hub.phone.conftest import published, withdrawn

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from django.contrib.auth.models import User
    from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

    from tests.hub.conftest import Desk
    from tests.hub.poster.conftest import Read

Forms = dict[str, dict[str, Any]]


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _this_month(form: dict[str, Any]) -> dict[str, Any]:
    now = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    return {**form, "publish_at": now, "valid_until": "2099-12-31"}


def _order(people: Desk) -> dict[str, str]:
    return {"village": people.village.code, "month": read_month(""), "paper": "A4",
            "board": "middle"}  # fmt: skip


def test_a_sheet_comes_as_pdf_for_the_own_village_alone(
    people: Desk, notices: Forms, read: Callable[[bytes], Read]
) -> None:
    page = published(people, notices["N001"])
    address = reverse("desk-poster", args=[page.pk])
    answer = _client(people.clerk).get(address, {"size": "A3"})
    assert answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"]
    assert "崔彩霞" in "".join(read(answer.content).pages)
    other = people.user(Role.CLERK, people.other_village.code)
    assert _client(other).get(address).status_code == 403
    assert Client().get(address).status_code == 302


def test_what_is_not_in_force_has_no_sheet(people: Desk, notices: Forms) -> None:
    draft = desk.draft_from_import(people.clerk, notices["N007"], people.village)
    address = reverse("desk-poster", args=[draft.pk])
    assert _client(people.clerk).get(address).status_code == 404
    assert _client(people.clerk).get(address, {"size": "../../etc"}).status_code == 404
    gone = published(people, notices["N003"])
    withdrawn(people, gone)
    answer = _client(people.clerk).get(reverse("desk-poster", args=[gone.pk]))
    assert answer.status_code == 404


def test_the_print_page_lists_titles_and_no_names(people: Desk, notices: Forms) -> None:
    published(people, _this_month(notices["N001"]))
    published(people, {**_this_month(notices["N003"]), "channels": ["led", "kiosk"]})
    said = _client(people.clerk).get(reverse("poster-desk")).content.decode()
    assert "农村低保对象公示" in said
    assert "停水通知" not in said
    assert not any(row[1] in said for row in notices["N001"]["table"]["rows"])


def test_a_month_is_one_pdf_with_the_layout_first(
    people: Desk, notices: Forms, read: Callable[[bytes], Read]
) -> None:
    for key in ("N001", "N003"):
        published(people, _this_month(notices[key]))
    job = PrintJob.objects.create(
        village=people.village, month=read_month(""), paper="A4", board="middle",
        ordered_by=people.clerk,
    )  # fmt: skip
    batch.carry_out(job)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 2, 2)
    pages = read(job.file.read_bytes()).pages
    assert "张贴布置图" in pages[0]
    assert "停水通知" in pages[0]
    assert sum("农村低保对象公示" in page for page in pages[1:]) >= 1
    assert stat.S_IMODE(job.file.stat().st_mode) == 0o600

    answer = _client(people.clerk).get(reverse("poster-file", args=[job.pk]))
    assert answer["Content-Type"] == "application/pdf"
    other = people.user(Role.CLERK, people.other_village.code)
    assert _client(other).get(reverse("poster-file", args=[job.pk])).status_code == 403

    PrintJob.objects.filter(pk=job.pk).update(ordered_at=timezone.now() - timedelta(days=2))
    forget_old()
    assert not job.file.exists()


def test_a_month_is_ordered_once_while_it_is_under_way(
    people: Desk,
    notices: Forms,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    published(people, _this_month(notices["N003"]))
    started: list[PrintJob] = []
    monkeypatch.setattr(batch, "start", started.append)
    client = _client(people.clerk)
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            assert client.post(reverse("poster-order"), _order(people)).status_code == 302
    job = PrintJob.objects.get()
    assert started == [job]
    said = client.get(reverse("poster-desk")).content.decode()
    assert "正在排版" in said
    assert 'http-equiv="refresh"' in said
    PrintJob.objects.update(heard_at=timezone.now() - timedelta(minutes=10))
    assert "没有排好" in client.get(reverse("poster-desk")).content.decode()


def test_an_empty_month_and_another_village_are_refused(people: Desk, notices: Forms) -> None:
    published(people, _this_month(notices["N003"]))
    client = _client(people.clerk)
    empty = {**_order(people), "month": "2020-01"}
    assert client.post(reverse("poster-order"), empty).status_code == 400
    strange = {**_order(people), "village": people.other_village.code}
    assert client.post(reverse("poster-order"), strange).status_code == 403
    assert not PrintJob.objects.exists()


def test_a_month_holds_what_is_in_force_in_the_order_of_the_columns(
    people: Desk, notices: Forms
) -> None:
    for key in ("N022", "N007", "N003"):
        published(people, _this_month(notices[key]))
    withdrawn(people, published(people, _this_month(notices["N011"])))
    columns = [page.item.column for page in notices_of(people.village, read_month("2026-13x"))
               if page.item]  # fmt: skip
    assert len(columns) == 3
    assert columns[-1].startswith("财务公开")
