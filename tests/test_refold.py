"""manage.py refold: after a release that folds names otherwise, search knows every name and its words again."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from orders.models import ApiKey, Order, Word
from tests.cast import mirrored


@pytest.fixture
def _outdated(key: ApiKey) -> None:
    for name in ("12 Rosewood St", "9 Élan Road", "7 Oak Lane"):
        order = mirrored(key, name)
    Order.objects.exclude(pk=order.pk).update(find=" old ", fold_version=0)


@pytest.mark.usefixtures("_outdated")
def test_folds_what_an_older_version_folded(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("refold")
    assert set(Order.objects.values_list("find", flat=True)) == {
        " 12 rosewood street ",
        " 9 elan road ",
        " 7 oak lane ",
    }
    assert not Order.objects.filter(fold_version=0).exists()
    assert capsys.readouterr().out == "Folded 2 names again. 5 words are known.\n"


@pytest.mark.usefixtures("_outdated")
def test_learns_the_words_anew() -> None:
    call_command("refold")
    assert set(Word.objects.values_list("word", flat=True)) == {"rosewood", "street", "elan", "road", "lane"}


@pytest.mark.usefixtures("_outdated")
def test_changes_nothing_the_second_time(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("refold")
    call_command("refold")
    assert "Folded 0 names" in capsys.readouterr().out
