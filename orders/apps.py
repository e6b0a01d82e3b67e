from typing import Any

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from dashboard.accounts.signals import told

        told.connect(into_the_timeline)


def into_the_timeline(*, team: Any, actor: Any, what: str, data: dict[str, Any], **signal: Any) -> None:
    """What becomes of teams and their people, as Events."""
    from orders.models import Event  # models cannot be imported yet when this module is

    Event.add(Event.Kind(what), team=team, actor=actor, **data)
