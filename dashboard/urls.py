"""Every address: DESIGN section 4 is the list."""

from django.urls import include, path

from dashboard import health
from orders.views.lists import home
from orders.views.metrics import metrics

urlpatterns = [
    path("", home, name="home"),
    path("", include("orders.urls")),
    path("", include("dashboard.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]

handler400 = "dashboard.errors.bad_request"
handler403 = "dashboard.errors.forbidden"
handler404 = "dashboard.errors.not_found"
handler429 = "dashboard.errors.too_many"  # allauth asks for it
handler500 = "dashboard.errors.broken"
