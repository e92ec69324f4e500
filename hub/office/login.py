"""The login form in the words of the product."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.auth import LoginForm


class DeskLoginForm(LoginForm):
    """Account name and password, labelled so that nobody has to guess."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        for name, label in (("username", _("账号")), ("password", _("密码"))):
            self.fields[name].label = label
            self.fields[name].widget.attrs["placeholder"] = ""
