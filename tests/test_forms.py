"""What people type, checked: names, order ids, keys."""

from __future__ import annotations

import pytest
from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from dashboard.accounts.models import Team, User
from orders import names
from orders.forms.orders import KeyForm, NameField, NameForm, OrderForm, ReplaceForm
from orders.issued import SALT, issue, issued
from orders.models import ApiKey
from tests.cast import MakeKey


class NameTests:
    @given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=255))
    def test_takes_what_is_clean_exactly_as_it_is(self, text: str) -> None:
        name = names.clean(text)[:255]
        if name and name == names.clean(name):
            assert NameField().clean(name) == name

    @given(st.text())
    def test_never_lets_through_what_is_not_clean(self, text: str) -> None:
        try:
            name = NameField().clean(text)
        except ValidationError:
            return
        assert name == names.clean(name)
        assert 0 < len(name) <= 255
        assert not names.fault(name)

    @pytest.mark.parametrize("text", ["", " ", "\t\n", "\u00a0", None])
    def test_needs_a_name(self, text: str | None) -> None:
        with pytest.raises(ValidationError, match="A name is needed"):
            NameField().clean(text)

    @pytest.mark.parametrize("text", ["x" * 255, "👍" * 255, "e\u0301" * 255, "  " + "x" * 255 + "\n"])
    def test_measures_the_name_as_it_will_be(self, text: str) -> None:
        assert len(NameField().clean(text)) == 255

    def test_says_how_long_a_name_is_that_is_too_long(self) -> None:
        with pytest.raises(ValidationError, match="at most 255 characters; this one has 256"):
            NameField().clean("x" * 256)

    def test_has_its_limit_from_the_setting(self, settings: Settings) -> None:
        settings.NAME_MAX_LENGTH = 3
        with pytest.raises(ValidationError, match="at most 3"):
            NameField().clean("abcd")

    @pytest.mark.parametrize(
        ("text", "sign"), [("a\0b", "U+0000"), ("a\x1bb", "U+001B"), ("\ud800", "U+D800"), ("a\u2067", "U+2067")]
    )
    def test_names_a_control_character(self, text: str, sign: str) -> None:
        with pytest.raises(ValidationError, match=f"{sign.replace('+', '[+]')} cannot be in a name"):
            NameField().clean(text)

    def test_what_was_seen_is_not_trimmed(self) -> None:
        form = NameForm({"name": "x", "seen": " as  it was "})
        assert form.is_valid()
        assert form.cleaned_data["seen"] == " as  it was "


@pytest.mark.django_db
class IssuedTests:
    def test_an_id_is_ours_for_the_same_person_and_team(self, alice: User, team: Team) -> None:
        first, second = (issued(issue(alice, team), alice, team) for _ in range(2))
        assert first
        assert second
        assert first != second

    def test_an_id_is_nobody_elses(self, alice: User, bob: User, team: Team, charlie: User) -> None:
        token = issue(alice, team)
        assert issued(token, bob, team) is None
        assert issued(token, alice, Team.objects.get(slug="faraway")) is None

    @pytest.mark.parametrize("text", ["", "x", "a:b:c", "\0", "👍"])
    def test_what_we_did_not_sign_is_no_id(self, alice: User, team: Team, text: str) -> None:
        assert issued(text, alice, team) is None

    @pytest.mark.parametrize("content", [[], {}, "text", [1, 2], None])
    def test_what_we_signed_for_something_else_is_no_id(self, alice: User, team: Team, content: object) -> None:
        assert issued(signing.dumps(content, salt=SALT), alice, team) is None
        assert issued(signing.dumps(["id", alice.pk, team.pk], salt="other"), alice, team) is None


@pytest.mark.django_db
class OrderFormTests:
    @pytest.fixture
    def both(self, alice: User, bob: User, team: Team, key: ApiKey, make_key: MakeKey) -> list[ApiKey]:
        """Alice's key, and bob's, which is open to teammates."""
        return [key, make_key(bob, team, "ae_bob_0123456789", label="Van", shared=True)]

    def test_asks_for_the_key_only_where_there_is_a_choice(self, alice: User, team: Team, both: list[ApiKey]) -> None:
        assert "key" not in OrderForm(alice, team, both[:1]).fields
        field = OrderForm(alice, team, both).fields["key"]
        assert isinstance(field, forms.ModelChoiceField)
        assert [str(label) for _, label in field.choices] == ["Studio", "Bob: Van"]

    def test_the_only_key_is_the_chosen_one(self, alice: User, team: Team, key: ApiKey) -> None:
        form = OrderForm(alice, team, [key], {"name": "x", "order_id": issue(alice, team), "key": "999"})
        assert form.is_valid()
        assert form.chosen_key == key

    @pytest.mark.parametrize("given", ["", "999999", "x", "9" * 40])
    def test_refuses_a_key_that_is_no_choice(self, alice: User, team: Team, both: list[ApiKey], given: str) -> None:
        form = OrderForm(alice, team, both, {"name": "x", "order_id": issue(alice, team), "key": given})
        assert "key" in form.errors

    def test_refuses_a_key_that_was_refused_meanwhile(self, alice: User, team: Team, both: list[ApiKey]) -> None:
        ApiKey.objects.filter(pk=both[1].pk).update(refused_at=timezone.now())
        form = OrderForm(alice, team, both, {"name": "x", "order_id": issue(alice, team), "key": str(both[1].pk)})
        assert "key" in form.errors

    @pytest.mark.parametrize("order_id", ["", "made-up"])
    def test_says_where_people_see_it_that_the_id_is_not_ours(
        self, alice: User, team: Team, key: ApiKey, order_id: str
    ) -> None:
        form = OrderForm(alice, team, [key], {"name": "x", "order_id": order_id})
        assert "not made for you" in str(form.non_field_errors())

    def test_renews_the_id_and_keeps_the_text(self, alice: User, team: Team, key: ApiKey) -> None:
        form = OrderForm(alice, team, [key], {"name": "5 Elm Row", "order_id": "made-up"})
        form.renew()
        assert issued(form["order_id"].value(), alice, team)
        assert form["name"].value() == "5 Elm Row"


@pytest.mark.django_db
class KeyFormTests:
    def test_offers_the_teams_where_the_person_may_keep_keys(self, alice: User, vera: User, team: Team) -> None:
        assert [list(KeyForm(user).fields["team"].queryset) for user in (alice, vera)] == [[team], []]

    def test_never_shows_again_what_was_typed(self, alice: User, team: Team) -> None:
        form = KeyForm(alice, {"team": team.pk, "label": "", "key": "ae_secret_0123456789"})
        assert not form.is_valid()
        assert "ae_secret" not in form.as_p()

    @pytest.mark.parametrize("text", ["", "short", "x" * 257, "ae_with space_0123", "ae_ünïcödé_0123", "ae_0123\n4567"])
    def test_refuses_what_cannot_be_a_key_without_repeating_it(self, text: str) -> None:
        form = ReplaceForm({"key": text})
        assert "key" in form.errors
        assert not text or text not in str(form.errors)

    def test_trims_a_key(self) -> None:
        form = ReplaceForm({"key": "  ae_secret_0123456789\n"})
        assert form.is_valid()
        assert form.cleaned_data["key"] == "ae_secret_0123456789"

    def test_refuses_a_label_that_the_person_has_in_the_team(self, alice: User, team: Team, key: ApiKey) -> None:
        form = KeyForm(alice, {"team": team.pk, "label": "Studio", "key": "ae_other_0123456789"})
        assert "label" in form.errors
