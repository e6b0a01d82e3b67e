"""People: users, teams, who is in which as what, and who is invited (DESIGN section 1). Knows nothing of orders."""

from dashboard.accounts.models.invitations import Invitation, InvitationRefused
from dashboard.accounts.models.sessions import Session
from dashboard.accounts.models.teams import LastOwner, Membership, Team
from dashboard.accounts.models.users import PageSize, User

__all__ = [
    "Invitation",
    "InvitationRefused",
    "LastOwner",
    "Membership",
    "PageSize",
    "Session",
    "Team",
    "User",
]
