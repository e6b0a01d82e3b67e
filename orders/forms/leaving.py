"""What is asked of somebody who goes, or ends a team."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Action
from orders.leaving import Belongings
from orders.models import ShareLink


class Links(TextChoices):
    """What becomes of the share links that somebody made."""

    KEEP = "keep", _("All stay with the team")
    REVOKE = "revoke", _("All are revoked, from the next request on")
    CHOOSE = "choose", _("Only those ticked below are revoked")


class Views(TextChoices):
    """What becomes of somebody's private views."""

    GIVE = "give", _("They become the team's")
    DELETE = "delete", _("They are deleted")


class LeavingForm(forms.Form):
    """What becomes of the links and views of somebody who leaves; no question where there is nothing to ask."""

    links = forms.ChoiceField(label=_("Share links"), choices=Links, initial=Links.KEEP, widget=forms.RadioSelect)
    revoke = forms.MultipleChoiceField(label=_("Revoke these"), required=False, widget=forms.CheckboxSelectMultiple)
    views = forms.ChoiceField(label=_("Private views"), choices=Views, initial=Views.GIVE, widget=forms.RadioSelect)

    def __init__(self, belongings: Belongings, actor: User, data: Any = None) -> None:
        super().__init__(data)
        self.belongings = belongings
        field = self.fields["revoke"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - narrows the type
        field.choices = links = [(link.pk, _described(link)) for link in belongings.links]
        if not links:
            del self.fields["links"], self.fields["revoke"]
        if not (belongings.views.exists() and belongings.team.allows(actor, Action.KEEP_VIEWS)):
            del self.fields["views"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("links") == Links.CHOOSE and not data.get("revoke", True):
            self.add_error("revoke", _("Tick the links to revoke, or choose another answer above."))
        return data

    @property
    def to_revoke(self) -> QuerySet[ShareLink]:
        """Of what the valid form asks for: the links that are to open nothing any more."""
        links = self.belongings.links
        match self.cleaned_data.get("links"):
            case Links.REVOKE:
                return links
            case Links.CHOOSE:
                return links.filter(pk__in=self.cleaned_data["revoke"])
        return links.none()

    @property
    def give_views(self) -> bool:
        """Whether the team gets the private views."""
        return self.cleaned_data.get("views") == Views.GIVE


def _described(link: ShareLink) -> str:
    """Its label and order, and the state of one that does not open."""
    state = ShareLink.State(link.state)  # type: ignore[attr-defined]
    words = f"{link.label} · {link.order.label}"
    return words if state == ShareLink.State.ACTIVE else f"{words} ({state.label})"


class DeleteTeamForm(forms.Form):
    """The name of a team, typed, so that nobody deletes one by a slip."""

    name = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}))

    def __init__(self, team: Team, data: Any = None, prefix: str | None = None) -> None:
        self.team = team
        super().__init__(data, prefix=prefix)
        self.fields["name"].label = _("Type “%s” to delete the team") % team

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.team.name.strip():
            raise forms.ValidationError(_("This is not the team's name: %s") % self.team)
        return self.team.name


DELETE = "delete"


class HandOverForm(DeleteTeamForm):
    """Who runs a team whose only owner goes: a member of it; or nobody, and then its name is needed."""

    heir = forms.ChoiceField(label=_("What becomes of it"))
    field_order = ["heir", "name"]

    def __init__(self, team: Team, user: User, data: Any = None) -> None:
        super().__init__(team, data, prefix=f"team-{team.pk}")
        others = Membership.objects.filter(team=team).exclude(user=user).select_related("user").order_by("pk")
        self.others = {str(each.user_id): each.user for each in others}
        field = self.fields["heir"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
        people = [(pk, _("%s becomes an owner") % other) for pk, other in self.others.items()]
        field.choices = [("", _("Choose")), *people, (DELETE, _("The team is deleted"))]
        if not self.others:
            del self.fields["heir"]

    def clean_name(self) -> str:
        """Asked for where the team is to be deleted alone."""
        wanted = self.cleaned_data.get("heir") == DELETE if self.others else True
        return super().clean_name() if wanted else ""

    @property
    def next_owner(self) -> User | None:
        """Who becomes an owner; None when the team is to be deleted."""
        return self.others.get(self.cleaned_data.get("heir", ""))
