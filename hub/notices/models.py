"""The notice as a page under its village, and what became of it.

What villagers read is in the page's revisions. What happened (`Publication`, `Withdrawal`)
stands beside them, so that publishing an older text can never rewrite history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.fields import StreamField
from wagtail.models import Page, Revision

from hub.notices import blocks
from hub.notices.editor import NoticeForm, content_tab
from hub.notices.permissions import NoticePermissions
from hub.notices.review import PostTask, ReviewState
from hub.places.models import VillagePage, address_of
from hub.preview.modes import PREVIEW_MODES, render_preview

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

CHANNELS = [
    ("led", _("电子屏")),
    ("speaker", _("大喇叭")),
    ("kiosk", _("查询机")),
    ("poster", _("张贴")),
    ("mobile", _("手机页")),
    ("wall", _("大屏")),
]
DEFAULT_CHANNELS = ("led", "speaker", "kiosk", "poster", "mobile")


def default_channels() -> list[str]:
    """Where a notice goes when nobody says otherwise: everywhere a village has."""
    return list(DEFAULT_CHANNELS)


__all__ = ["NoticePage", "PostTask", "Publication", "ReviewState", "Withdrawal"]


class NoticePage(Page):
    """One notice. Its contract id never changes; its revisions count from 1 when published."""

    notice_id = models.CharField(_("公开编号"), max_length=64, unique=True)
    item = models.ForeignKey(
        "catalogue.Item", models.PROTECT, null=True, verbose_name=_("公开事项"), related_name="+"
    )
    stage = models.CharField(_("阶段"), max_length=20, blank=True)
    summary = models.CharField(_("一句话摘要"), max_length=200)
    speech = models.TextField(_("广播词"), max_length=2000, blank=True)
    body = StreamField(blocks.BODY, verbose_name=_("正文"), blank=True)
    group_numbers = models.CharField(_("只对这些村民小组"), max_length=60, blank=True)
    only_box = models.CharField(_("只给这台设备"), max_length=40, blank=True)
    joint_villages = models.JSONField(_("联合公开的村"), default=list, blank=True)
    channels = models.JSONField(_("公开方式"), default=default_channels)
    priority = models.CharField(
        _("广播次序"),
        max_length=10,
        default="routine",
        choices=[("routine", _("按时段")), ("live", _("尽快"))],
    )
    publish_at = models.DateTimeField(_("公开时间"), default=timezone.now)
    valid_until = models.DateTimeField(_("有效期至"), null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField(_("公示天数"), default=0)
    in_workdays = models.BooleanField(_("按工作日计"), default=False)
    links = StreamField(blocks.LINKS, verbose_name=_("关联的公开"), blank=True)
    correction = models.CharField(_("更正原因"), max_length=200, blank=True)
    privacy_note = models.CharField(
        _("隐私核对说明"),
        max_length=200,
        blank=True,
        help_text=_("检查提示可疑、而您确认可以公开时，写明理由"),
    )

    own_recordings = models.JSONField(default=list, blank=True, editable=False)
    """Dialects and leaders in their own voice (`hub.notices.own_recordings`), one an area."""
    privacy_by = models.CharField(max_length=150, blank=True, editable=False)
    """Who wrote the privacy note."""

    future_village: VillagePage | None = None
    """The village a notice is being written for, while it has no place in the tree yet."""

    parent_page_types: ClassVar[list[str]] = ["places.VillagePage"]
    subpage_types: ClassVar[list[str]] = []
    base_form_class = NoticeForm
    content_panels = content_tab()
    promote_panels: ClassVar[list[Any]] = []
    settings_panels: ClassVar[list[Any]] = []
    preview_modes = PREVIEW_MODES
    show_in_menus_default = False

    class Meta:
        verbose_name = _("公开")
        verbose_name_plural = _("公开")

    @property
    def village(self) -> VillagePage:
        """The village whose notice this is."""
        if self.future_village is not None:
            return self.future_village
        found: VillagePage = self.get_parent().specific
        return found

    @property
    def last_publication(self) -> Publication | None:
        """The newest revision that went out, or none."""
        return Publication.objects.filter(page_id=self.pk).order_by("-number").first()

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        """Give a new notice its number once it has its place under the village."""
        if not self.notice_id and self.path:
            self.notice_id = next_notice_id(self)
        super().save(*args, **kwargs)

    def permissions_for_user(self, user: User) -> NoticePermissions:
        """What a person may do with the notice; nobody may publish it by hand."""
        return NoticePermissions(user, self)

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        """The address of the notice's phone page."""
        return address_of(reverse("phone-notice", args=[self.notice_id]), request)

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """What panel, loudspeaker and query screen would make of the text as it stands."""
        return render_preview(self, request, mode_name)


def next_notice_id(page: NoticePage) -> str:
    """The number after the last one given this year, e.g. ``530199001001-2026-0007``."""
    prefix = f"{page.get_parent().specific.code}-{timezone.localdate().year}-"
    used = NoticePage.objects.filter(notice_id__startswith=prefix)
    numbers = [int(each[len(prefix) :]) for each in used.values_list("notice_id", flat=True)
               if each[len(prefix) :].isdecimal()]  # fmt: skip
    return f"{prefix}{max(numbers, default=0) + 1:04d}"


class Publication(models.Model):
    """One revision that went out: who wrote, approved and signed it, and why it was corrected."""

    page = models.ForeignKey(NoticePage, models.PROTECT, related_name="publications")
    number = models.PositiveIntegerField(help_text="contract revision, counted from 1")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    authors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    approved_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    correction = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["page_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["page", "number"], name="publication_numbered_once")
        ]

    def __str__(self) -> str:
        return f"{self.page.notice_id}@{self.number}"


class Withdrawal(models.Model):
    """A notice is taken back: one person asks with a reason, a second one confirms."""

    page = models.ForeignKey(NoticePage, models.PROTECT, related_name="withdrawals")
    number = models.PositiveIntegerField(help_text="the revision that was in force")
    reason = models.CharField(_("撤回原因"), max_length=200)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["page"],
                condition=models.Q(confirmed_at=None),
                name="one_open_withdrawal_a_notice",
            )
        ]

    def __str__(self) -> str:
        return f"{self.page.notice_id}@{self.number}: {self.reason}"
