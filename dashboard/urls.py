"""Every address: DESIGN section 4 is the list."""

from django.urls import include, path

from dashboard import health
from orders.views.lists import home

urlpatterns = [
    path("", home, name="home"),
    path("", include("orders.urls")),
    path("", include("dashboard.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
