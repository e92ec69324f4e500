"""Answers with 403, not with a polite redirect, when somebody reaches for a step not theirs.

Wagtail sends whoever may not do something back to the first page. For the acts that publish,
an audit wants a plain refusal; and a reviewer may not cancel a review instead of refusing it
with a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from hub.notices.errors import NotYourStepError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, HttpResponseBase

_STEPS = frozenset({"workflow_action", "collect_workflow_action_data"})
_CLOSED = frozenset({"unpublish", "copy", "move", "move_confirm", "set_privacy", "lock", "unlock"})


class ReviewGuardMiddleware:
    """Guards the back office's own pages for review, cancelling and unpublishing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self._get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: object,  # noqa: ARG002 - Django's signature
        args: list[Any],  # noqa: ARG002 - as above
        kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Refuse what the person may not do before the view is entered."""
        match = request.resolver_match
        if match is None or match.namespace != "wagtailadmin_pages":
            return None
        page_id = kwargs.get("page_id") or kwargs.get("page_to_move_id")
        if page_id is None:
            return None
        try:
            _check(request, match.url_name or "", int(page_id), kwargs)
        except PermissionDenied as refusal:
            return refused(request, str(refusal))
        return None


def refused(request: HttpRequest, sentence: str, status: int = 403) -> HttpResponse:
    """The page that says why not, and what to do."""
    return render(request, "office/refused.html", {"sentence": sentence}, status=status)


def _check(request: HttpRequest, name: str, page_id: int, kwargs: dict[str, Any]) -> None:
    from hub.notices.models import NoticePage  # noqa: PLC0415 - middleware loads before models

    if not NoticePage.objects.filter(pk=page_id).exists():
        return
    page = get_object_or_404(NoticePage, pk=page_id)
    if name in _CLOSED and request.method == "POST":
        raise NotYourStepError(_("公开内容不能这样操作：撤下请用“申请撤回”，由第二人确认。"))
    if name in _STEPS:
        task = page.current_workflow_task
        allowed = [each[0] for each in task.get_actions(page, request.user)] if task else []
        if kwargs.get("action_name") not in allowed:
            raise NotYourStepError(_("这一步不归您办理：审核与签批只能由本村相应岗位的人员进行。"))
    if name == "edit" and request.method == "POST":
        _check_cancelling(request, page)


def _check_cancelling(request: HttpRequest, page: Any) -> None:  # noqa: ANN401 - a NoticePage
    wants = {"action-cancel-workflow", "action-restart-workflow"} & set(request.POST)
    state = page.current_workflow_state
    if wants and state is not None and request.user.pk != state.requested_by_id:
        raise NotYourStepError(_("只有提交人可以取回。审核人有意见请“退回修改”并写明原因。"))
