"""Ours, and the plain list."""

from django.urls import include, path

from tests.bench.plain import plain_list

urlpatterns = [path("plain/<slug:slug>/", plain_list), path("", include("dashboard.urls"))]
