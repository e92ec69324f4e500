"""Where our pages enter Wagtail's back office: addresses, menu, first page, style sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from hub.feedback.desk import waiting_for
from hub.notices.editor import SUBMIT_BUTTONS
from hub.office import urls
from hub.office.todo import todo_of
from hub.places.models import SUPERVISORS, Role
from hub.places.posts import posts_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLResolver
    from wagtail.models import Page

_OURS = frozenset(
    {"todo", "write", "notices", "import", "delivery", "emergency", "feedback", "catalogue"}
)


@hooks.register("register_admin_urls")
def register_addresses() -> list[URLResolver]:
    """Our pages under ``/admin/desk/``."""
    return [path("desk/", include(urls))]


@hooks.register("insert_global_admin_css")
def insert_style() -> str:
    """Our colours and words over Wagtail's own."""
    return format_html('<link rel="stylesheet" href="{}">', static("office/office.css"))


class TodoPanel(Component):
    """The to-do list on the first page."""

    name = "todo"
    template_name = "office/todo.html"
    order = 10

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        """The desk of the person who looks."""
        return {"todo": todo_of(parent_context["request"].user)}


@hooks.register("construct_homepage_panels", order=1000)
def set_home(request: HttpRequest, panels: list[Component]) -> None:  # noqa: ARG001 - a hook
    """Our to-do list instead of Wagtail's panels."""
    panels[:] = [TodoPanel()]


@hooks.register("construct_homepage_summary_items", order=1000)
def set_summary(request: HttpRequest, items: list[Component]) -> None:  # noqa: ARG001 - a hook
    """No counts of pages and pictures."""
    items.clear()


def _item(name: str, label: Any, address: str, icon: str, order: int) -> MenuItem:  # noqa: ANN401 - a lazy text
    return MenuItem(label, address, name=name, icon_name=icon, order=order)


def _slips(request: HttpRequest) -> str:
    """The entry's words, with how many slips wait for this person."""
    waiting = waiting_for(request.user)
    return f"{_('群众反映')} ({waiting})" if waiting else str(_("群众反映"))


@hooks.register("construct_main_menu", order=1000)
def set_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    """A short menu in the words of the person's own posts."""
    posts = posts_of(request.user)
    if not posts and request.user.is_superuser:
        return
    menu = [
        _item("todo", _("今日待办"), reverse("wagtailadmin_home"), "tasks", 10),
        _item("notices", _("全部公开"), reverse("desk-notices"), "doc-full", 30),
        _item("delivery", _("送达情况"), reverse("desk-delivery"), "view", 50),
        _item("feedback", _slips(request), reverse("desk-slips"), "comment", 55),
        _item("catalogue", _("公开目录"), reverse("desk-catalogue"), "list-ul", 60),
        _item("lexicon", _("读音词典"), reverse("desk-lexicon"), "openquote", 65),
    ]
    clerk = next((post for post in posts if post.role == Role.CLERK), None)
    if clerk is not None:
        write = reverse("wagtailadmin_pages:add", args=["notices", "noticepage", clerk.place_id])
        menu.append(_item("write", _("起草公开"), write, "edit", 15))
        menu.append(_item("import", _("导入表格"), reverse("desk-import"), "upload", 20))
    if any(post.role in SUPERVISORS for post in posts):
        menu.append(_item("emergency", _("紧急发布"), reverse("desk-emergencies"), "warning", 20))
        menu.append(_item("cap", _("外来预警"), reverse("desk-cap"), "download", 25))
    items[:] = sorted(menu, key=lambda item: item.order)


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def go_home_after_submitting(request: HttpRequest, page: Page) -> HttpResponse | None:  # noqa: ARG001 - a hook
    """Back to the to-do list, where the text now stands among those that others have."""
    submitted = any(button in request.POST for button in SUBMIT_BUTTONS)
    return redirect("wagtailadmin_home") if submitted else None


@hooks.register("construct_page_action_menu", order=1000)
def set_actions(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """In the editor: save and submit; reviewing has its own page, taking back is the author's."""
    hidden = {"action-publish", "action-unpublish", "approve", "reject"}
    page = context.get("page")
    state = page.current_workflow_state if page is not None else None
    if state is not None and state.requested_by_id != request.user.pk:
        hidden |= {"action-cancel-workflow", "action-restart-workflow"}
    kept = [item for item in items if item.name not in hidden]
    submit = [item for item in kept if item.name == "action-submit"]
    items[:] = submit + [item for item in kept if item.name != "action-submit"]
