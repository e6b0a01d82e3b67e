"""Who may do what: the one matrix that the code reads and the access test walks."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a member is in a team (DESIGN section 1)."""

    OWNER = "owner", _("Owner")
    MEMBER = "member", _("Member")
    VIEWER = "viewer", _("Viewer")


IN_SHORT = {
    Role.MEMBER: _("creates, renames and shares orders"),
    Role.VIEWER: _("reads everything, changes nothing"),
    Role.OWNER: _("also runs the team and its people"),
}


class Action(models.TextChoices):
    """What can be done in a team; the label completes "Your role does not let you …"."""

    SEE = "see", _("see this team's orders")
    CREATE = "create", _("create orders")
    RENAME = "rename", _("rename orders")
    REFRESH = "refresh", _("look for news at Autoenhance")
    KEEP_KEYS = "keep_keys", _("keep API keys")
    KEEP_VIEWS = "keep_views", _("change the team's saved searches")
    SHARE = "share", _("make and revoke share links")
    RUN = "run", _("run the team: its name, its people, their roles and whether it has share links")


MATRIX: dict[Role, frozenset[Action]] = {
    Role.OWNER: frozenset(Action),
    Role.MEMBER: frozenset(Action) - {Action.RUN},
    Role.VIEWER: frozenset({Action.SEE}),
}


def roles_for(action: Action) -> list[Role]:
    """The roles that may do `action`."""
    return [role for role, actions in MATRIX.items() if action in actions]
