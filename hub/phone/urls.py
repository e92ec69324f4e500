"""Addresses of the phone pages."""

from __future__ import annotations

from django.urls import path

from hub.phone import files, frame, notice, pictures, saying, verifying, views

urlpatterns = [
    path("robots.txt", files.robots),
    path("sitemap.xml", files.sitemap),
    path("n/<str:notice_id>/", notice.notice_page, name="phone-notice"),
    path("n/<str:notice_id>/<int:number>/", notice.edition_page, name="phone-edition"),
    path("n/<str:notice_id>/p/<int:number>/", pictures.picture, name="phone-picture"),
    path("v/", views.home, name="phone-home"),
    path("v/code/", verifying.ask, name="phone-code"),
    path("v/type/<str:size>/", frame.set_type_size, name="phone-type"),
    path("v/<str:code>/", views.place_page, name="phone-place"),
    path("v/<str:code>/app.webmanifest", files.manifest, name="phone-manifest"),
    path("v/<str:code>/find/", views.find, name="phone-find"),
    path("v/<str:code>/say/", saying.say, name="phone-say"),
    path("slip/", saying.slip, name="phone-slip"),
    path("v/<str:code>/<str:board>/<str:column>/", views.column_page, name="phone-column"),
]
