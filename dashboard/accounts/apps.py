from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "dashboard.accounts"
    label = "accounts"

    def ready(self) -> None:
        from dashboard import checks  # noqa: F401 - they register themselves
        from dashboard.accounts import heard  # noqa: F401
