"""Registers the phone pages with Django, and what keeps their list of notices current."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save


class PhoneConfig(AppConfig):
    """Phone pages."""

    name = "hub.phone"
    label = "phone"
    verbose_name = "手机页"

    def ready(self) -> None:
        """List what is published, and strike out what is taken back, in the same transaction."""
        from hub.notices.models import Publication, Withdrawal  # noqa: PLC0415 - models load first
        from hub.phone import listing  # noqa: PLC0415 - as above

        post_save.connect(listing.on_publication, Publication, dispatch_uid="phone-publication")
        post_save.connect(listing.on_withdrawal, Withdrawal, dispatch_uid="phone-withdrawal")
        post_migrate.connect(_list_what_was_published, sender=self)


def _list_what_was_published(plan: Any = (), **_: Any) -> None:  # noqa: ANN401 - Django's signal
    """A hub that gets phone pages later lists what it had published before."""
    from hub.phone import listing  # noqa: PLC0415 - models load first

    if any(step.app_label == "phone" and not backwards for step, backwards in plan or ()):
        listing.enter_missing()
