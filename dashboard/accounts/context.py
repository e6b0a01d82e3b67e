from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from dashboard.accounts.access import memberships
from dashboard.accounts.confirm import must_confirm
from dashboard.accounts.models import User


def people(request: HttpRequest) -> dict[str, Any]:
    """The teams of the person, read only if a template asks for them, whether strangers may sign up, and whether what
    matters needs the password once more."""
    user = getattr(request, "user", None)
    teams: Any = SimpleLazyObject(lambda: [own.team for own in memberships(request)]) if isinstance(user, User) else []
    asks = SimpleLazyObject(lambda: must_confirm(request))
    return {"teams": teams, "registration_open": settings.REGISTRATION_OPEN, "must_confirm": asks}
