"""Ours, the plain list, and the least that a page for somebody who is logged in can be."""

from django.urls import include, path

from tests.bench.plain import plain_list, two_bytes

urlpatterns = [
    path("plain/<slug:slug>/", plain_list),
    path("two-bytes/", two_bytes),
    path("", include("dashboard.urls")),
]
