"""What the side bar shows of orders. A tag, because the bar belongs to the building, which knows nothing of them."""

from __future__ import annotations

from django import template

from dashboard.accounts.models import Team, User
from orders.models import View

register = template.Library()


@register.simple_tag
def pinned_views(user: User, team: Team | None) -> list[View]:
    """The views that the user has pinned in this team, if there is one. Counts come later, by their own request."""
    return list(View.objects.pinned_by(user, team)) if team else []
