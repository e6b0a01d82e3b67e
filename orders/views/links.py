"""Share links of one order: who has access, make one, change, extend, renew, revoke, and see it as a guest."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.accounts.access import may, person
from dashboard.accounts.confirm import confirmed_in
from dashboard.accounts.models import Membership
from dashboard.accounts.roles import Action
from dashboard.back import back_to
from dashboard.parts import part_or_page, wants_part
from dashboard.tokens import hash_of
from orders.forms.links import DAYS, LinkForm
from orders.models import Order, Outdated, ShareLink
from orders.offers import offer, offered
from orders.views import guest
from orders.views.access import link_or_404, order_or_404
from orders.views.link_cards import card, who_sees

PART, PAGE = "orders/_share.html", "orders/share.html"


@sensitive_post_parameters("password", "my_password", "offer")
@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Who sees this order, and its links; POST a label, expiry, ...: make one. Sent twice, it is made once."""
    posted = request.method == "POST"
    order = order_or_404(request, pk, Action.SHARE if posted else Action.SEE)
    form = LinkForm(person(request), order, request.POST if posted else None)
    if form.is_valid() and (form.ends or confirmed_in(form, request)):
        made = form.cleaned_data["offer"]
        link = ShareLink.make(made.token, order, person(request), form.password_text or "", **form.settings)
        return _shown_once(request, link, made.token, form.password_text or "")
    return part_or_page(request, PART, PAGE, _context(request, order, form=form), 422 if posted else 200)


@sensitive_post_parameters("password", "my_password", "offer")
@require_http_methods(["GET", "HEAD", "POST"])
def link_change(request: HttpRequest, pk: int) -> HttpResponse:
    """The settings of a link; POST others."""
    link, user = link_or_404(request, pk, Action.SHARE), person(request)
    form = LinkForm(user, link.order, request.POST if request.method == "POST" else None, link)
    if form.is_valid() and (form.ends or confirmed_in(form, request)):
        try:
            link.change(user, password=form.password_text, **form.settings)
        except Outdated as why:
            form.add_error(None, str(why))
        else:
            return _shown_once(request, link, "", form.password_text or "")
    renewal = offer(user, link.order, seen=link.token_hash)
    context = {"team": link.team, "card": card(link), "form": form, "renewal": renewal, "days": DAYS}
    return render(request, "orders/link.html", context, status=422 if form.is_bound else 200)


@require_POST
def link_extend(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it open for another 30 days from now, if it would end before."""
    link = link_or_404(request, pk, Action.SHARE)
    try:
        link.extend(person(request), DAYS)
    except Outdated as why:
        return _back(request, link, error=str(why))
    return _back(request, link, done=_("%s opens for at least 30 more days.") % link.label)


@sensitive_post_parameters("offer")
@require_POST
def link_renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Another address for the same link; the old one is dead at once (P11)."""
    link, user = link_or_404(request, pk, Action.SHARE), person(request)
    made = offered(request.POST.get("offer", ""), user, link.order)
    if made is None:
        return _back(request, link, error=_("This form was too old. Nothing was changed; try once more."))
    try:
        link.renew(user, made.token, made.seen)
    except Outdated as why:
        return _back(request, link, error=str(why))
    return _shown_once(request, link, made.token, "")


@require_POST
def link_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End it, at once and for good (P5)."""
    link = link_or_404(request, pk, Action.SHARE)
    link.revoke(person(request))
    return _back(request, link, done=_("%s is revoked. Nobody can open it any more.") % link.label)


@require_safe
def link_guest(request: HttpRequest, pk: int) -> HttpResponse:
    """What a guest with this link sees (P10)."""
    return guest.page_for(request, link_or_404(request, pk, Action.SEE))


def _context(request: HttpRequest, order: Order, **more: Any) -> dict[str, Any]:
    """What the part needs: people, links, and for whom may make some, a form."""
    team = order.team
    links = ShareLink.objects.of(team).filter(order=order).select_related("team", "made_by")
    context = {
        "order": order,
        "team": team,
        "people": Membership.objects.filter(team=team).select_related("user").order_by("created_at", "pk"),
        "cards": [card(link) for link in links],
        "may_share": may(request, team, Action.SHARE),
        "days": DAYS,
    }
    return {"form": LinkForm(person(request), order), **context, **_beside(request, order), **more}


def _beside(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What brings the card about it up to date, where the part is a dialog on the order's page."""
    page = (request.htmx.current_url_abs_path or "").partition("?")[0]  # type: ignore[attr-defined]
    return {"beside": True, **who_sees(order)} if page == order.get_absolute_url() else {}


def _shown_once(request: HttpRequest, link: ShareLink, token: str, password: str) -> HttpResponse:
    """The order's links, and what is never shown again: the address with this token, as long as it is the link's."""
    fresh = link_or_404(request, link.pk, Action.SHARE)
    known = token and hash_of(token) == fresh.token_hash
    context = {
        "made": card(fresh),
        "address": request.build_absolute_uri(reverse("orders:guest", args=[token])) if known else "",
        "password": password if fresh.password_fits(password) else "",
    }
    return part_or_page(request, PART, PAGE, _context(request, fresh.order, **context))


def _back(request: HttpRequest, link: ShareLink, *, done: str = "", error: str = "") -> HttpResponse:
    """After a deed: the order's links as they are now for htmx, else the page that the person came from."""
    if wants_part(request):
        context = _context(request, link.order, done=done, error=error)
        return part_or_page(request, PART, PART, context, 422 if error else 200)
    messages.add_message(request, messages.ERROR if error else messages.SUCCESS, error or done)
    return redirect(back_to(request, reverse("orders:share", args=[link.order_id])))
