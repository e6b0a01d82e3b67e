"""Alive, and ready: what a load balancer asks (features O4)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

# A worker writes its heartbeat every 10 s; after this many seconds without one it is dead.
WORKER_DEAD = 60


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """This process answers. Touches no database (T82)."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 without the database or with migrations missing. A late worker is told, and fails nothing."""
    try:
        executor = MigrationExecutor(connection)
        missing = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        worker = "unknown" if missing else "ok" if worker_lives() else "late"
    except Error:
        return JsonResponse({"status": "unavailable", "database": "unreachable"}, status=503)
    if missing:
        return JsonResponse({"status": "unavailable", "database": "migrations missing"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok", "worker": worker})


def worker_lives() -> bool:
    """Whether anybody does background work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from procrastinate_workers"
            " where last_heartbeat > now() - make_interval(secs => %s))",
            [WORKER_DEAD],
        )
        return bool(cursor.fetchone()[0])
