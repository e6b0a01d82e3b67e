"""manage.py rotate_keys: every key under the newest encryption key, whatever interrupts it (K3, T05, S19)."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Hook
from orders.vault import Vault, new_key
from tests import databases
from tests.cast import ALICES_KEY
from tests.waiting import wait_until

COUNTS = "sealed again: {}\nalready newest: {}\nunreadable: {}\n"


@pytest.mark.django_db
class CommandTests:
    def test_seals_again_and_says_how_many(self, key: ApiKey, settings: Settings, capsys) -> None:
        settings.KEY_ENCRYPTION_KEYS = [new_key(), *settings.KEY_ENCRYPTION_KEYS]
        call_command("rotate_keys")
        assert capsys.readouterr().out == COUNTS.format(1, 0, 0)
        call_command("rotate_keys")
        assert capsys.readouterr().out == COUNTS.format(0, 1, 0)
        settings.KEY_ENCRYPTION_KEYS = settings.KEY_ENCRYPTION_KEYS[:1]
        assert ApiKey.objects.get().secret() == ALICES_KEY

    def test_webhooks_are_sealed_again_as_well(self, key: ApiKey, settings: Settings, capsys) -> None:
        token = Hook.make(key).token()
        settings.KEY_ENCRYPTION_KEYS = [new_key(), *settings.KEY_ENCRYPTION_KEYS]
        call_command("rotate_keys")
        assert capsys.readouterr().out == COUNTS.format(2, 0, 0)
        settings.KEY_ENCRYPTION_KEYS = settings.KEY_ENCRYPTION_KEYS[:1]
        assert Hook.objects.get().token() == token

    def test_counts_and_leaves_what_it_cannot_open(self, key: ApiKey, settings: Settings, capsys) -> None:
        kept = bytes(key.sealed)
        settings.KEY_ENCRYPTION_KEYS = [new_key()]
        call_command("rotate_keys")
        assert capsys.readouterr().out == COUNTS.format(0, 0, 1)
        assert bytes(ApiKey.objects.get().sealed) == kept

    def test_keeps_when_and_by_whom_a_key_was_used(self, key: ApiKey, settings: Settings) -> None:
        key.touch()
        before = ApiKey.objects.values().get()
        settings.KEY_ENCRYPTION_KEYS = [new_key(), *settings.KEY_ENCRYPTION_KEYS]
        call_command("rotate_keys")
        after = ApiKey.objects.values().get()
        assert {name for name in before if before[name] != after[name]} == {"sealed"}


@pytest.mark.django_db(transaction=True)
class KilledTests:
    """The command in a process of its own, killed with -9 after a random number of rows."""

    MANY, KILLS = 300, 3

    @pytest.fixture
    def many(self, alice: User, team: Team) -> None:
        keys = [ApiKey(user=alice, team=team, label=f"ae_secret_{n}") for n in range(self.MANY)]
        for key in keys:
            key.keep(key.label)
        ApiKey.objects.bulk_create(keys)

    @pytest.fixture
    def newest(self) -> str:
        return new_key()

    @pytest.fixture
    def rotate(self, newest: str) -> Callable[[], subprocess.Popen[bytes]]:
        """Start the command with `newest` in front of the old encryption keys."""
        environment = {
            **os.environ,
            "KEY_ENCRYPTION_KEYS": ",".join([newest, *configured.KEY_ENCRYPTION_KEYS]),
            "DATABASE_URL": databases.url(connection.settings_dict["NAME"]),
        }
        command = [sys.executable, "manage.py", "rotate_keys"]
        return lambda: subprocess.Popen(command, env=environment, cwd=configured.BASE_DIR, stdout=subprocess.PIPE)

    def test_loses_nothing(
        self, many: None, newest: str, rotate: Callable[[], subprocess.Popen[bytes]], settings: Settings
    ) -> None:
        vault = Vault([newest])
        for stop in sorted(random.sample(range(1, self.MANY // 2), self.KILLS)):
            with rotate() as process:
                wait_until(lambda stop=stop: rotated(vault) >= stop)
                process.kill()
            assert rotated(vault) < self.MANY
        out, _ = rotate().communicate()
        assert out.endswith(b"unreadable: 0\n")
        settings.KEY_ENCRYPTION_KEYS = [newest]
        assert [key.label for key in ApiKey.objects.all() if key.secret() != key.label] == []
        assert rotated(vault) == self.MANY


def rotated(vault: Vault) -> int:
    """How many keys are sealed with the newest encryption key of this vault."""
    return sum(vault.is_newest(bytes(sealed)) for sealed in ApiKey.objects.values_list("sealed", flat=True))
