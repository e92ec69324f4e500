"""Taking in what the clerk already has: an Excel sheet, or a file of the notices form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from contract.errors import VillageError
from hub.catalogue.models import Item
from hub.notices import desk
from hub.notices.errors import NotYourStepError
from hub.notices.imports import read_upload
from hub.office.access import for_staff
from hub.places.models import Role, VillagePage
from hub.places.posts import posts_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpResponse

    from hub.office.access import DeskRequest

MAX_BYTES = 20 * 1024 * 1024


class UploadForm(forms.Form):
    """One file, and for a sheet what it is about."""

    file = forms.FileField(
        label=gettext_lazy("表格或文件"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.json,.txt"}),
    )
    title = forms.CharField(label=gettext_lazy("标题"), max_length=100, required=False)
    item = forms.ModelChoiceField(
        Item.objects.all(),
        label=gettext_lazy("公开事项"),
        required=False,
        empty_label=gettext_lazy("请选择"),
    )
    summary = forms.CharField(
        label=gettext_lazy("一句话摘要"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("60字以内，电子屏滚动和大喇叭播报用这一句"),
    )

    def clean_file(self) -> Any:  # noqa: ANN401 - Django's uploaded file
        """Bound the size before anything is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("文件超过20MB。请拆成几个再导入。"))
        return file


def _village(user: User) -> VillagePage:
    for post in posts_of(user):
        if post.role == Role.CLERK:
            found: VillagePage = post.place.specific
            return found
    raise NotYourStepError(_("只有村文书可以导入。"))


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def upload(request: DeskRequest) -> HttpResponse:
    """Read the file and make drafts; what cannot be read is said row by row."""
    village = _village(request.user)
    form = UploadForm(request.POST or None, request.FILES or None)
    faults: list[str] = []
    if request.method == "POST" and form.is_valid():
        drafts = []
        given = {
            "title": form.cleaned_data["title"],
            "summary": form.cleaned_data["summary"],
            "item": getattr(form.cleaned_data["item"], "pk", ""),
        }
        file = form.cleaned_data["file"]
        try:
            found = read_upload(file.name, file.read(), given)
            drafts += [desk.draft_from_import(request.user, each, village) for each in found]
        except VillageError as error:
            faults.append(str(error))
        if drafts:
            messages.success(request, _("已导入%(n)d条，请逐条核对。") % {"n": len(drafts)})
        if len(drafts) == 1 and not faults:
            return redirect("wagtailadmin_pages:edit", drafts[0].pk)
        if drafts and not faults:
            return redirect("wagtailadmin_home")
    context = {"form": form, "faults": faults, "village": village}
    return render(request, "office/import.html", context, status=400 if faults else 200)
