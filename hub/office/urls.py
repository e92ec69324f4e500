"""Addresses of our own pages in the back office, all behind the login."""

from __future__ import annotations

from django.urls import path

from hub.office.views import (
    cap,
    catalogue,
    delivery,
    emergency,
    feedback,
    importing,
    language,
    lexicon,
    listing,
    notice,
    recording,
)

urlpatterns = [
    path("notices/", listing.notices, name="desk-notices"),
    path("notices/<int:pk>/", notice.dossier, name="desk-notice"),
    path("notices/<int:pk>/act/", notice.act, name="desk-act"),
    path("notices/<int:pk>/panel/<int:number>.png", notice.panel_page, name="desk-panel"),
    path("notices/<int:pk>/recording/", recording.of_notice, name="desk-recording"),
    path("import/", importing.upload, name="desk-import"),
    path("delivery/", delivery.overview, name="desk-delivery"),
    path("delivery/<str:notice_id>/<int:revision>/<str:box>.png", delivery.snapshot,
         name="desk-snapshot"),
    path("emergencies/", emergency.emergencies, name="desk-emergencies"),
    path("emergencies/new/", emergency.compose, name="desk-emergency-new"),
    path("emergencies/<int:pk>/", emergency.dossier, name="desk-emergency"),
    path("feedback/", feedback.slips, name="desk-slips"),
    path("feedback/<int:pk>/", feedback.slip, name="desk-slip"),
    path("feedback/<int:pk>/voice/", feedback.voice, name="desk-slip-voice"),
    path("cap/", cap.incoming, name="desk-cap"),
    path("cap/<int:pk>/", cap.warning, name="desk-cap-warning"),
    path("cap/rule/", cap.rule, name="desk-cap-rule"),
    path("emergencies/<int:pk>/recording/", recording.of_emergency,
         name="desk-emergency-recording"),
    path("lexicon/", lexicon.lexicon, name="desk-lexicon"),
    path("catalogue/", catalogue.items, name="desk-catalogue"),
    path("language/", language.switch, name="desk-language"),
]  # fmt: skip
