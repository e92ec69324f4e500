"""Addresses of the clerk's printing, under ``/admin/desk/``."""

from __future__ import annotations

from django.urls import path

from hub.poster import views

urlpatterns = [
    path("notices/<int:pk>/poster/", views.poster, name="desk-poster"),
    path("print/", views.desk, name="poster-desk"),
    path("print/order/", views.order, name="poster-order"),
    path("print/<int:pk>/", views.job_file, name="poster-file"),
    path("print/catalogue/<str:code>/", views.catalogue, name="poster-catalogue"),
]
