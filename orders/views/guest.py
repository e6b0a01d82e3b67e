"""The guest page and what lies below it: what anybody with a link may see of one order (D11, T30 to T38)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from dashboard.accounts.roles import Action
from dashboard.parts import wants_part
from orders import guests, pictures
from orders.forms.guests import UnlockForm
from orders.models import ShareLink
from orders.views.access import link_or_404
from orders.views.guest_present import Guest, guest, picture_of
from orders.views.viewer import PART

LIVE, PAGE = "guest/_live.html", "guest/page.html"

# A view of a link that opens, which is at the path given last.
GuestView = Callable[..., HttpResponse]


def for_guests(view: GuestView) -> GuestView:
    """The first beat of every view here: the link that the address opens, else an answer that does not say why not."""

    @wraps(view)
    def open_first(request: HttpRequest, token: str, **rest: int) -> HttpResponse:
        link = ShareLink.objects.opened_with(token)
        response = view(request, link, reverse("orders:guest", args=[token]), **rest) if link else _missed(request)
        return _unlisted(response)

    return login_not_required(open_first)


def unlocked(view: GuestView) -> GuestView:
    """The second: with a password, everything of a link is closed until it was given, not only the page (P3)."""

    @wraps(view)
    def unlock_first(request: HttpRequest, link: ShareLink, here: str, **rest: int) -> HttpResponse:
        if guests.may_see(request, link):
            return view(request, link, here, **rest)
        if request.method == "POST":
            return HttpResponseForbidden()
        return HttpResponseClientRefresh() if wants_part(request) else redirect(f"{here}unlock/")

    return unlock_first


@require_safe
@for_guests
@unlocked
def guest_page(request: HttpRequest, link: ShareLink, here: str) -> HttpResponse:
    """The order as its link shows it, from the mirror alone; nothing of it for a robot that draws a card of it."""
    if guests.is_robot(request):
        return HttpResponse(render_to_string("guest/robot.html"))
    return _page(PAGE, shown(link, here))


@require_safe
@for_guests
@unlocked
def guest_status(request: HttpRequest, link: ShareLink, here: str) -> HttpResponse:
    """For a page that is open: 204 with the time of our last look while `v` is what it shows, else what is new."""
    fresh = shown(link, here)
    if not wants_part(request):
        return _page(PAGE, fresh)
    if request.GET.get("v") != fresh.version:
        return _page(LIVE, fresh)
    seen = {"iso": fresh.seen.iso, "exact": fresh.seen.exact}
    return trigger_client_event(HttpResponse(status=204), "seen", seen)


@require_safe
@for_guests
@unlocked
def guest_image(request: HttpRequest, link: ShareLink, here: str, n: int) -> HttpResponse:
    """The picture with our number `n`, with Autoenhance's watermark."""
    return _image(link, n) or _closed(request)


@require_safe
@for_guests
@unlocked
def guest_picture(request: HttpRequest, link: ShareLink, here: str, n: int) -> HttpResponse:
    """The page of the picture with our number `n`, from the mirror alone; nothing of it for a robot."""
    if guests.is_robot(request):
        return HttpResponse(render_to_string("guest/robot.html"))
    return _picture(request, shown(link, here), f"{here}pictures/{n}/", here) or _closed(request)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@for_guests
def guest_unlock(request: HttpRequest, link: ShareLink, here: str) -> HttpResponse:
    """Ask for the link's password; POST `password` opens it in this browser for a day. The form alone sets a cookie."""
    if guests.may_see(request, link):
        return redirect(here)
    # Taken before the password is looked at, so that parallel tries count as well.
    if request.method == "POST" and (wait := guests.PASSWORDS.take(f"{link.pk}:{guests.network(request)}")):
        return _wait(wait)
    form = UnlockForm(link, request.POST if request.method == "POST" else None)
    if form.is_valid():
        response = redirect(here)
        guests.unlock(response, link, here)
        return response
    if form.is_bound:
        guests.refuse(link)
    context = {"form": form, "csrf_token": get_token(request)}
    return HttpResponse(render_to_string("guest/unlock.html", context), status=422 if form.is_bound else 200)


@csrf_exempt
@require_POST
@for_guests
@unlocked
def guest_opened(request: HttpRequest, link: ShareLink, here: str) -> HttpResponse:
    """A page says that somebody looks at it.

    Django's token would need a cookie from the page, and a GET here sets none. A forged count hurts nobody, and what
    browsers say of where a request comes from, which no page can change, keeps even that away.
    """
    if not _from_here(request):
        return HttpResponseForbidden()
    response = HttpResponse(status=204)
    guests.note_open(request, response, link, here)
    return response


@login_not_required
@require_safe
def guest_lost(request: HttpRequest, token: str) -> HttpResponse:
    """An address that was cut short, or never was one: known without a look into the database (T32)."""
    return _unlisted(_closed(request))


@require_safe
def link_image(request: HttpRequest, pk: int, n: int) -> HttpResponse:
    """A picture as guests of the link see it, for the team's people: they hold no token (P10)."""
    image = _image(link_or_404(request, pk, Action.SEE), n)
    if image is None:
        raise Http404
    return image


@require_safe
def link_picture(request: HttpRequest, pk: int, n: int) -> HttpResponse:
    """The page of a picture as guests of the link see it, for the team's people."""
    link = link_or_404(request, pk, Action.SEE)
    page = guest(link, reverse("orders:link", args=[pk]))
    answer = _picture(request, page, request.path, reverse("orders:link_guest", args=[pk]))
    if answer is None:
        raise Http404
    return answer


def page_for(request: HttpRequest, link: ShareLink) -> HttpResponse:
    """The guest page for the team's own people: it does not count them, and does not ask again (P10)."""
    return _page(PAGE, guest(link, reverse("orders:link", args=[link.pk])))


def shown(link: ShareLink, here: str) -> Guest:
    """What the link, which is at `here`, shows."""
    return guest(link, here, here)


def _page(template: str, page: Guest) -> HttpResponse:
    """Rendered without the request: not even the context processors add to what a guest may know."""
    return HttpResponse(render_to_string(template, {"guest": page}))


def _picture(request: HttpRequest, page: Guest, address: str, back: str) -> HttpResponse | None:
    """The page, or for our script the part, of the picture at `address`; None when the link shows no such picture."""
    picture = picture_of(page, address, back)
    if picture is None:
        return None
    response = HttpResponse(
        render_to_string(PART if wants_part(request) else "guest/picture.html", {"guest": page, "picture": picture})
    )
    patch_vary_headers(response, ["HX-Request"])
    return response


def _image(link: ShareLink, n: int) -> HttpResponse | None:
    """None when the link shows no such picture; a drawn placeholder while there is none."""
    image = link.order.detail.image(n) if link.reveals == ShareLink.Reveals.PREVIEWS else None
    if image is None:
        return None
    picture = pictures.watermark(image["id"]) if pictures.may_have_preview(image) else None
    if picture is None:
        return HttpResponse(render_to_string("orders/placeholder.svg"), content_type="image/svg+xml")
    return HttpResponse(picture.data, content_type=picture.media_type)


def _unlisted(response: HttpResponse) -> HttpResponse:
    """Robots forget it, and so does every cache (T33, T37); `no-store` comes with every answer of ours."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    return response


def _missed(request: HttpRequest) -> HttpResponse:
    """Expired, revoked, unknown or forbidden by the team: all alike. Too many of them, and the network waits (T31)."""
    wait = guests.MISSES.take(guests.network(request))
    return _wait(wait) if wait else _closed(request)


def _closed(request: HttpRequest) -> HttpResponse:
    """The 404 of guests. A page that was open becomes it at its next poll (P5)."""
    response = HttpResponse(render_to_string("guest/closed.html"), status=404)
    if wants_part(request):
        response["HX-Refresh"] = "true"
    return response


def _wait(seconds: int) -> HttpResponse:
    text = render_to_string("guest/wait.html", {"minutes": -(-seconds // 60)})
    return HttpResponse(text, status=429, headers={"Retry-After": str(seconds)})


def _from_here(request: HttpRequest) -> bool:
    """Whether one of our own pages sent it; browsers too old for the first header send the second with every POST."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
