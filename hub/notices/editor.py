"""The clerk's editor: its fields in the order of writing, and the gate's answer beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, Panel

if TYPE_CHECKING:
    from hub.notices.gate import GateResult
    from hub.notices.models import NoticePage

DROP_BUTTON = "drop-restricted-columns"
SUBMIT_BUTTONS = ("action-submit", "action-restart-workflow")


class NoticeForm(WagtailAdminPageForm):
    """The editor's form; a submission is held to the checks, a draft is not."""

    instance: NoticePage

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Wagtail's signature
        super().__init__(*args, **kwargs)
        from hub.notices.models import CHANNELS  # noqa: PLC0415 - the models import this form

        self.fields["channels"] = forms.MultipleChoiceField(
            label=_("公开方式"), choices=CHANNELS, widget=forms.CheckboxSelectMultiple
        )
        self.fields["item"].empty_label = _("请选择")
        self.fields["joint_villages"] = forms.MultipleChoiceField(
            label=_("联合公开的村"),
            choices=self._neighbours(),
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        self._offer_boxes()
        if self.instance.pk and not self.instance.has_unpublished_changes:
            self.initial["correction"] = ""

    def _offer_boxes(self) -> None:
        """The village's boxes by their places; nothing to choose where there is but one."""
        from hub.notices.audience import boxes_of  # noqa: PLC0415 - the models import this form

        chosen = self.instance.only_box
        boxes = [(each.id, each.label) for each in boxes_of(self.parent_page.specific)]
        if len(boxes) < 2 and not chosen:
            del self.fields["only_box"]
            return
        if chosen and chosen not in dict(boxes):
            boxes.append((chosen, _("%(box)s（已停用）") % {"box": chosen}))
        self.fields["only_box"] = forms.ChoiceField(
            label=_("只给这台设备"), choices=[("", _("全村的设备")), *boxes], required=False
        )

    def _neighbours(self) -> list[tuple[str, str]]:
        from hub.places.models import VillagePage  # noqa: PLC0415 - the models import this form

        parent = self.parent_page
        code = parent.specific.code if parent is not None else ""
        others = VillagePage.objects.filter(code__startswith=code[:6]).exclude(code=code)
        return [(each.code, each.title) for each in others.order_by("code")]

    def _post_clean(self) -> None:
        """Drop columns when asked to; hold a submission to the checks."""
        from hub.notices import checks, gate  # noqa: PLC0415 - the models import this form

        super()._post_clean()
        if self.errors:
            return
        if "privacy_note" in self.changed_data:
            self.instance.privacy_by = str(self.for_user.get_full_name() or self.for_user)
        if DROP_BUTTON in self.data:
            gate.clean(self.instance)
        if any(button in self.data for button in SUBMIT_BUTTONS):
            page = self._whole_instance()
            for sentence in checks.before_review(page):
                self.add_error(None, ValidationError(sentence))

    def _whole_instance(self) -> NoticePage:
        """The instance, which has no place in the tree yet when it is being created."""
        if not self.instance.pk:
            self.instance.future_village = self.parent_page.specific
        return self.instance


class GatePanel(Panel):
    """What the privacy gate says of the saved text, with one button that puts it right."""

    class BoundPanel(Panel.BoundPanel):
        """The panel for one notice."""

        template_name = "notices/panels/gate.html"

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            """The gate's result and the name of the button."""
            from hub.notices import gate  # noqa: PLC0415 - the models import this panel

            context: dict[str, Any] = super().get_context_data(parent_context)
            result: GateResult | None = gate.examine(self.instance) if self.instance.pk else None
            return context | {"gate": result, "drop_button": DROP_BUTTON}


class HistoryPanel(Panel):
    """Why the text came back, and everything that was decided about it."""

    class BoundPanel(Panel.BoundPanel):
        """The panel for one notice."""

        template_name = "notices/panels/history.html"

        def is_shown(self) -> bool:
            """Only where there is something to tell."""
            is_new = not self.instance.pk or not self.instance.workflow_states.exists()
            return not is_new and bool(super().is_shown())

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            """The steps taken, newest first."""
            from hub.notices.history import steps_of  # noqa: PLC0415 - the models import this

            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | {"steps": steps_of(self.instance)}


def content_tab() -> list[Panel]:
    """The panels in the order in which a clerk thinks of them."""
    return [
        HistoryPanel(heading=_("办理过程")),
        GatePanel(heading=_("隐私检查")),
        MultiFieldPanel(
            [
                FieldPanel("title", help_text=_("村民看到的标题，写明是什么事")),
                FieldPanel("item"),
                FieldPanel("summary", help_text=_("60字以内，电子屏滚动和大喇叭播报用这一句")),
            ],
            heading=_("公开什么"),
        ),
        FieldPanel(
            "body",
            help_text=_("点 ⊕ 加一段文字、一张表格或图片；已有 Excel 表请用左边的“导入表格”"),
        ),
        FieldPanel("privacy_note"),
        FieldPanel("speech", help_text=_("大喇叭照此播报；留空则播报标题和摘要，名单不播")),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("publish_at"), FieldPanel("valid_until")]),
                FieldRowPanel([FieldPanel("notice_days"), FieldPanel("in_workdays")]),
                FieldPanel("group_numbers", help_text=_("如“3,4-6”；留空为全村")),
                FieldPanel(
                    "only_box",
                    help_text=_("如活动中心的开放时间、某块屏停用检修；只有便民通知可以这样发"),
                ),
                FieldPanel("joint_villages"),
                FieldPanel("channels"),
                FieldPanel("priority"),
            ],
            heading=_("何时、对谁、用什么方式公开"),
        ),
        MultiFieldPanel(
            [FieldPanel("stage"), FieldPanel("links"), FieldPanel("correction")],
            heading=_("与别的公开的关系"),
            classname="collapsed",
        ),
    ]
