from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from dashboard.accounts.models import Team, User


def people(request: HttpRequest) -> dict[str, Any]:
    """What the side bar shows: the teams of the person, read only if a template asks."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"teams": []}
    return {"teams": SimpleLazyObject(lambda: list(Team.objects.of(user)))}
