"""manage.py new_key: an encryption key for KEY_ENCRYPTION_KEYS."""

from __future__ import annotations

from django.core.management import call_command

from dashboard.environment import encryption_keys_fault


def test_prints_one_that_the_settings_take(capsys) -> None:
    call_command("new_key")
    first = capsys.readouterr().out
    call_command("new_key")
    assert first != capsys.readouterr().out
    assert not encryption_keys_fault([first.rstrip("\n")], secret_key=None)
