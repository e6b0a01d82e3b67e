"""What Django's own checks do not know of our settings: told by `check --deploy`, and for the database by `migrate`.

Values that are wrong by themselves never get this far: dashboard/environment.py stops the process (T03, T04, T15).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.db import connections

CONSOLE = "django.core.mail.backends.console.EmailBackend"


@register(Tags.security, deploy=True)
def site(**others: Any) -> list[CheckMessage]:
    """Whether people reach us safely, and our mail reaches them."""
    told = []
    if not settings.HTTPS:
        told.append(
            checks.Warning(
                "SITE_URL is http, so passwords and sessions travel for everybody on the way to read (T46).",
                hint="Put a proxy with TLS in front, and name its https address.",
                id="proofsheet.W001",
            )
        )
    elif not settings.PROXY_COUNT:
        told.append(
            checks.Warning(
                "SITE_URL is https, but PROXY_COUNT is 0: no process of ours speaks TLS, so pages lead to themselves.",
                hint="Set PROXY_COUNT to the number of proxies in front.",
                id="proofsheet.W002",
            )
        )
    if settings.EMAIL_BACKEND == CONSOLE:
        told.append(
            checks.Warning(
                "EMAIL_URL is not set, so mails are printed: nobody can confirm an address or log in by code.",
                hint="Set EMAIL_URL, like smtp://user:password@host:587.",
                id="proofsheet.W003",
            )
        )
    return [*told]


@register(Tags.database)
def database_role(databases: Sequence[str] | None = None, **others: Any) -> list[CheckMessage]:
    """Whether our role at the database could do more than the product needs (T79). A checkout's own Postgres may."""
    return [] if settings.DEBUG else [told for name in databases or [] for told in _role(name)]


def _role(name: str) -> list[CheckMessage]:
    with connections[name].cursor() as cursor:
        cursor.execute("select rolsuper, rolcreaterole, rolbypassrls from pg_roles where rolname = current_user")
        held = zip(("SUPERUSER", "CREATEROLE", "BYPASSRLS"), cursor.fetchone() or (), strict=False)
        powers = ", ".join(power for power, has in held if has)
    told = checks.Warning(
        f"The role of DATABASE_URL has {powers}: whoever takes over a web process has it too.",
        hint="Give Proofsheet a role that owns its own database and nothing else.",
        id="proofsheet.W004",
    )
    return [told] if powers else []
