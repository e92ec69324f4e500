"""Warnings from outside: what came in, what it means here, adopt or refuse; the rule for red."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.cap import desk
from hub.cap.models import Incoming, OutsideWarning, StandingRule, State
from hub.cap.our_places import our_places
from hub.cap.sources import BY_HAND, read_sources
from hub.emergency.models import Emergency
from hub.office.access import for_staff
from hub.office.views.emergency import areas_of, officer

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User
    from django.http import HttpResponse

    from hub.office.access import DeskRequest

SHOWN = 100
RULE_LIFE = timedelta(days=90)


class AdoptForm(forms.ModelForm[Emergency]):
    """The warning in the county's words, to be corrected before it is adopted."""

    areas = forms.MultipleChoiceField(
        label=gettext_lazy("发到哪里"), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Emergency
        fields = ("level", "event", "issuer", "title", "summary", "speech", "body", "areas")
        widgets = {"speech": forms.Textarea({"rows": 4}), "body": forms.Textarea({"rows": 4})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **kwargs)
        self.fields["areas"].choices = areas_of(user)  # type: ignore[attr-defined] # a choice field


class RuleForm(forms.Form):
    """Whose signed red warnings go out at once, and until when."""

    source = forms.ChoiceField(label=gettext_lazy("来源"))
    ends_at = forms.DateTimeField(
        label=gettext_lazy("有效到"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **kwargs)
        names = [each.name for each in read_sources(settings.DATA.root)]
        choices = [(name, _("手工导入的文件") if name == BY_HAND else name) for name in names]
        self.fields["source"].choices = choices  # type: ignore[attr-defined] # a choice field
        self.initial.setdefault("ends_at", timezone.localtime() + RULE_LIFE)


def _shown(now: datetime) -> list[Incoming]:
    """The newest messages, those that wait for somebody before all others."""
    found = list(Incoming.objects.prefetch_related("warnings__emergency")[:SHOWN])
    names = {place.code: place.name for place in our_places()}
    waits: dict[int, bool] = {}
    for message in found:
        for each in message.warnings.all():
            each.area_names = [names.get(code, code) for code in each.areas]  # type: ignore[attr-defined] # for the page alone
            if each.state == State.WAITING and each.expires_at > now:
                waits[message.pk] = True
    return sorted(found, key=lambda message: not waits.get(message.pk, False))


@require_safe
@for_staff
def incoming(request: DeskRequest) -> HttpResponse:
    """Everything that came in, the newest first, and the standing rules."""
    officer(request.user)
    now = timezone.now()
    context = {
        "messages_in": _shown(now),
        "waiting": OutsideWarning.objects.filter(state=State.WAITING, expires_at__gt=now).count(),
        "rules": StandingRule.objects.select_related("made_by", "confirmed_by", "stopped_by")[:20],
        "rule_form": RuleForm(),
        "now": now,
    }
    return render(request, "office/cap.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def warning(request: DeskRequest, pk: int) -> HttpResponse:
    """One warning: the original beside our words, and the two buttons."""
    officer(request.user)
    found = get_object_or_404(OutsideWarning.objects.select_related("incoming"), pk=pk)
    if request.method == "POST" and request.POST.get("act") == "refuse":
        desk.refuse(request.user, found, request.POST.get("reason", ""))
        messages.success(request, _("已记下不采用的理由。"))
        return redirect("desk-cap")
    form = AdoptForm(
        request.POST or None,
        instance=desk.emergency_from(found, {}),
        user=request.user,
        initial={"areas": found.areas},
    )
    if request.method == "POST" and form.is_valid():
        try:
            emergency = desk.adopt(request.user, found, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("已采用，请另一位值班人员核对后发出。"))
            return redirect("desk-emergency", emergency.pk)
    is_open = found.state == State.WAITING and found.expires_at > timezone.now()
    raw = bytes(found.incoming.raw).decode("utf-8", "replace")
    context = {"warning": found, "incoming": found.incoming, "form": form, "is_open": is_open,
               "raw": raw[:20_000]}  # fmt: skip
    return render(request, "office/cap_warning.html", context)


@require_POST
@for_staff
def rule(request: DeskRequest) -> HttpResponse:
    """Make, confirm or stop a standing rule."""
    officer(request.user)
    act = request.POST.get("act")
    if act == "make":
        form = RuleForm(request.POST)
        if not form.is_valid():
            raise PermissionDenied(_("请填写来源和有效期。"))
        desk.make_rule(request.user, **form.cleaned_data)
        messages.success(request, _("已写好，请另一位值班人员确认后生效。"))
    else:
        found = get_object_or_404(StandingRule, pk=request.POST.get("rule", "0"))
        step = desk.confirm_rule if act == "confirm" else desk.stop_rule
        step(request.user, found)
        messages.success(request, _("已记下。"))
    return redirect("desk-cap")
