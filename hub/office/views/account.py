"""One's own account: a new password, and none of Wagtail's other choices.

Names belong to posts, the language has its button at the top of every page, and nobody here needs
a portrait, a theme or keyboard shortcuts.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.views.account import AccountView, BaseSettingsPanel, ChangePasswordPanel
from wagtail.users.models import UserProfile


class Account(AccountView):
    """Wagtail's account page with its password panel alone."""

    page_title = _("改密码")

    def get_panels(self) -> list[BaseSettingsPanel]:
        """The one panel."""
        user = self.request.user
        panel = ChangePasswordPanel(self.request, user, UserProfile.get_for_user(user))
        return [panel] if panel.is_active() else []
