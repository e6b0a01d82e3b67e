"""My API keys: add, try, replace, delete, and the switch that opens one to teammates."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.accounts.access import person, require
from dashboard.accounts.confirm import confirmed, confirmed_in
from dashboard.accounts.models import Team
from dashboard.accounts.roles import Action
from dashboard.signs import straightened
from orders import services
from orders.forms.orders import KeyForm, ReplaceForm
from orders.models import ApiKey, Order, OrderKey
from orders.remote import RemoteError
from orders.services import OtherAccount, Proof
from orders.views.access import key_or_404
from orders.views.present import Moment, moment


@dataclass(frozen=True, slots=True)
class KeyCard:
    """A kept key as its owner sees it; never anything of the key itself but its last four characters."""

    key: ApiKey
    state: str
    reason: str
    added: Moment
    used: Moment | None
    importing: bool
    orders: int


@sensitive_post_parameters("key", "my_password")
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """My keys; POST `team`, `label`, `key`: try the key, and keep it if it works (K1, K2)."""
    teams = Team.objects.where(person(request), Action.KEEP_KEYS)
    form = KeyForm(person(request), request.POST if request.method == "POST" else None)
    _require_role(request)
    if form.is_bound and form.is_valid() and confirmed_in(form, request):
        data = form.cleaned_data
        try:
            kept, proof = services.keep_key(person(request), data["team"], data["label"], data["key"])
        except RemoteError as error:
            form.add_error("key", error.message)
        except IntegrityError:  # a double click: the other request was faster
            form.add_error("label", _("You have a key with this label in this team already."))
        else:
            messages.success(request, _proven(kept, proof))
            return _after(kept)
    context = {"keys": _cards(request), "form": form, "teams_for_keys": teams}
    return render(request, "orders/keys.html", context, status=422 if form.is_bound else 200)


@confirmed
@sensitive_post_parameters("key")
@require_http_methods(["GET", "HEAD", "POST"])
def key_replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Put another secret of the same account in the place of this one."""
    key = key_or_404(request, pk)
    form = ReplaceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            proof = services.replace_key(key, form.cleaned_data["key"])
        except RemoteError as error:
            form.add_error("key", error.message)
        except OtherAccount as why:
            form.add_error("key", str(why))
        else:
            messages.success(request, _proven(key, proof))
            return redirect("orders:keys")
    return render(request, "orders/key_replace.html", {"key": key, "form": form}, status=422 if form.is_bound else 200)


@require_POST
def key_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Try the key again."""
    key = key_or_404(request, pk)
    try:
        messages.success(request, _proven(key, services.test_key(key)))
    except RemoteError as error:
        messages.error(request, f"{key.label}: {error.message}")
    return redirect("orders:keys")


@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def key_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """GET what deleting means, POST to do it: the key goes at once, the orders stay."""
    key = key_or_404(request, pk)
    if request.method == "POST":
        key.remove(actor=person(request))
        messages.success(request, _("The key %(label)s is deleted.") % {"label": key.label})
        return redirect("orders:keys")
    orders = Order.objects.filter(key=key)
    heirs = OrderKey.objects.filter(order__key=key, key__refused_at__isnull=True).values("order").distinct()
    return render(request, "orders/key_delete.html", {"key": key, "orders": orders.count(), "heirs": heirs.count()})


@require_POST
def key_sharing(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `shared` (or not): whether teammates may create and rename through this key."""
    key = key_or_404(request, pk)
    key.open_to_teammates("shared" in request.POST)
    return redirect(f"{reverse('orders:keys')}#key-{key.pk}")


def _require_role(request: HttpRequest) -> None:
    """A viewer who posts a key for their team hears why not, rather than that a choice is invalid."""
    team = Team.objects.of(person(request)).filter(pk=_number(request.POST.get("team", ""))).first()
    if team:
        require(request, team, Action.KEEP_KEYS)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _proven(key: ApiKey, proof: Proof | None) -> str:
    """What convinces a person that it is the right account (features 4.6.2)."""
    if proof is None:
        return _("%(label)s works. This account has no orders yet.") % {"label": key.label}
    if proof.created_at is None:
        return _("%(label)s works. Newest order: %(name)s.") % {"label": key.label, "name": straightened(proof.name)}
    at = moment(proof.created_at, key.team)
    return _("%(label)s works. Newest order: %(name)s, %(at)s.") % {
        "label": key.label,
        "name": straightened(proof.name),
        "at": at.exact,
    }


def _after(kept: ApiKey) -> HttpResponse:
    """The first key of a team leads to its orders, which are being read already; any other one back to my keys."""
    first = not ApiKey.objects.filter(team=kept.team).exclude(pk=kept.pk).exists()
    return redirect("orders:list", kept.team.slug) if first else redirect("orders:keys")


def _cards(request: HttpRequest) -> list[KeyCard]:
    mine = ApiKey.objects.filter(user=person(request)).select_related("team").order_by("pk")
    return [_card(key) for key in mine]


def _card(key: ApiKey) -> KeyCard:
    state, reason = "works", ""
    if not key.readable:
        state, reason = "reenter", _("This key cannot be opened any more. Enter your key again.")
    elif key.refused_at:
        state, reason = "refused", _("Autoenhance refused this key. Replace it, or try it again.")
    return KeyCard(
        key=key,
        state=state,
        reason=reason,
        added=moment(key.created_at, key.team),
        used=moment(key.used_at, key.team) if key.used_at else None,
        importing=state == "works" and key.imported_at is None,
        orders=Order.objects.listed_by(key).count(),
    )
