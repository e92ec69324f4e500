"""The Django app of enrolment."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrolConfig(AppConfig):
    """Tickets and certificates of boxes."""

    name = "hub.enrol"
    label = "enrol"
    verbose_name = _("设备登记")
    default_auto_field = "django.db.models.BigAutoField"
