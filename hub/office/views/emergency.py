"""Emergencies at county and town: composing, checking by a second person, releasing."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from contract.areas import Area
from hub.emergency import desk
from hub.emergency.models import Emergency
from hub.emergency.to_contract import to_alert
from hub.office.access import for_staff
from hub.office.views.delivery import lines_of
from hub.places.models import SUPERVISORS, TownPage
from hub.places.posts import is_supervisor, posts_of, villages_of
from hub.preview.led import panel_view
from hub.preview.speech import words_of
from hub.relay.delegation import own_area

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpResponse

    from hub.office.access import DeskRequest

LIFETIME = timedelta(hours=6)


def areas_of(user: User) -> list[tuple[str, str]]:
    """Every area that the person may alarm: county, towns, villages, groups."""
    found = [(post.place.code, post.place.title) for post in posts_of(user)
             if post.role in SUPERVISORS]  # fmt: skip
    own = [Area.parse(code) for code, _name in found]
    found += [(town.code, str(town.title)) for town in TownPage.objects.order_by("code")
              if any(area.covers(town.area) and area != town.area for area in own)]  # fmt: skip
    for village in villages_of(user):
        for area in village.areas_with_groups:
            name = f"{village.title}第{area.group}组" if area.group else str(village.title)
            found.append((str(area), name))
    return found


def _moment_input() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class EmergencyForm(forms.ModelForm[Emergency]):
    """What the first person fills in."""

    areas = forms.MultipleChoiceField(
        label=gettext_lazy("发到哪里"), widget=forms.CheckboxSelectMultiple
    )
    references = forms.CharField(
        label=gettext_lazy("针对的预警编号（更新或解除时填）"), required=False
    )

    class Meta:
        model = Emergency
        fields = (
            "msg_type", "event", "level", "issuer", "phone", "title", "summary", "speech",
            "body", "areas", "issued_at", "expires_at", "repeats", "is_exercise", "references",
        )  # fmt: skip
        help_texts = {
            "event": gettext_lazy("如：山洪、森林火灾、停电"),
            "issuer": gettext_lazy("如：云岭县防汛抗旱指挥部"),
            "phone": gettext_lazy("显示在屏上，村民有事打这个号码"),
            "title": gettext_lazy("如：山洪红色预警"),
            "summary": gettext_lazy("整屏大字：什么事、往哪里去"),
            "speech": gettext_lazy("照此一字不差地播，写短句，先说地方和该做什么"),
            "body": gettext_lazy("查询机上可以细看"),
        }
        widgets = {
            "issued_at": _moment_input(),
            "expires_at": _moment_input(),
            "speech": forms.Textarea({"rows": 4}),
            "body": forms.Textarea({"rows": 4}),
        }  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **kwargs)
        self.fields["areas"].choices = areas_of(user)  # type: ignore[attr-defined] # a choice field
        if not self.is_bound:
            now = timezone.localtime()
            self.initial.update({"issued_at": now, "expires_at": now + LIFETIME})

    def clean_references(self) -> list[str]:
        """Ids between commas or blanks."""
        return [each for each in self.cleaned_data["references"].replace(",", " ").split() if each]


def officer(user: User) -> None:
    """Pass if the person commands emergencies somewhere; raises PermissionDenied otherwise."""
    if not is_supervisor(user):
        raise PermissionDenied(_("紧急发布只能由县、乡值班人员进行。"))


@require_safe
@for_staff
def emergencies(request: DeskRequest) -> HttpResponse:
    """What waits for release, and what went out."""
    officer(request.user)
    context = {"emergencies": Emergency.objects.all()[:50], "now": timezone.now()}
    return render(request, "office/emergencies.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def compose(request: DeskRequest) -> HttpResponse:
    """The first person writes it."""
    officer(request.user)
    form = EmergencyForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        emergency: Emergency = form.save(commit=False)
        emergency.areas = list(form.cleaned_data["areas"])
        emergency.references = form.cleaned_data["references"]
        stamp = timezone.localtime().strftime("%Y%m%d%H%M%S")
        # Our own area, so that no hub above us ever makes the same id.
        emergency.alert_id = f"{own_area()}-{stamp}-{Emergency.objects.count() + 1:04d}"
        emergency.notice_id = f"E-{emergency.alert_id}"
        try:
            desk.compose(request.user, emergency)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("已写好，请另一位值班人员核对后发出。"))
            return redirect("desk-emergency", emergency.pk)
    return render(request, "office/emergency_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def dossier(request: DeskRequest, pk: int) -> HttpResponse:
    """The whole text, and the red button for the second person."""
    officer(request.user)
    emergency = get_object_or_404(Emergency, pk=pk)
    if request.method == "POST":
        desk.release_alert(request.user, emergency)
        messages.success(request, _("紧急通知已发出。"))
        return redirect("desk-emergency", pk)
    names = dict(areas_of(request.user))
    notice = to_alert(emergency).notice
    pictures = panel_view(notice, emergency.issuer).pictures
    context = {
        "pictures": [base64.b64encode(each).decode("ascii") for each in pictures],
        "words": words_of(notice),
        "emergency": emergency,
        "lines": lines_of(emergency.notice_id) if emergency.is_released else [],
        "areas": [names.get(area, area) for area in emergency.areas],
        "is_over": emergency.expires_at <= timezone.now(),
        "may_release": not emergency.is_released and emergency.composed_by != request.user,
    }
    return render(request, "office/emergency.html", context)
