"""Create an order: one, whatever is pressed how often."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dashboard.accounts.access import person, team_or_404
from dashboard.accounts.roles import Action
from dashboard.parts import go, part_or_page
from orders import services
from orders.forms.orders import OrderForm
from orders.models import ApiKey, Write

FORM, PAGE = "orders/_new.html", "orders/new.html"


@require_http_methods(["GET", "HEAD", "POST"])
def order_new(request: HttpRequest, slug: str) -> HttpResponse:
    """GET the form, POST `name`, `order_id` (signed) and, where there is a choice, `key`."""
    team = team_or_404(request, slug, Action.CREATE)
    keys = [key for key in ApiKey.objects.usable_by(person(request), team) if key.readable]
    form = OrderForm(person(request), team, keys, request.POST if request.method == "POST" else None)
    context = {"team": team, "form": form, "keys": keys}
    if form.is_bound and not keys:
        form.add_error(None, _("A key is needed first: connect your Autoenhance key."))
    if not form.is_valid():
        if form.is_bound and not form.cleaned_data["order_id"]:
            form.renew()
        return part_or_page(request, FORM, PAGE, context, status=422 if form.is_bound else 200)
    write = services.place(person(request), form.chosen_key, form.cleaned_data["order_id"], form.cleaned_data["name"])
    return _answer(request, form, write, context)


def _answer(request: HttpRequest, form: OrderForm, write: Write, context: dict[str, object]) -> HttpResponse:
    """To the order; or "not confirmed yet" (202); or the form with the reason and the text kept (422)."""
    if write.text != form.cleaned_data["name"]:
        form.add_error(None, _("This form already made the order “%(name)s”.") % {"name": write.text})
        context["made"] = write.target
    elif write.state == Write.State.REFUSED:
        form.add_error(None, write.reason)
    elif write.target:
        return go(request, write.target.get_absolute_url())
    else:
        return part_or_page(request, FORM, PAGE, {**context, "write": write}, status=202)
    form.renew()
    return part_or_page(request, FORM, PAGE, context, status=422)
