"""V3: whatever people do, no key, token or password is in an event, on a page of the timeline or in its files."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

import pytest
from django.db import connection

from dashboard.accounts.models import Invitation, Team, User
from dashboard.accounts.roles import Role
from orders import services, sync, tokens
from orders.models import ApiKey, Order, ShareLink
from orders.models.hooks import Hook
from orders.sandbox.store import Store
from tests.canary import CANARY, Browser, shows
from tests.cast import AsUser, place_upstream
from tests.confirmed import just_confirmed
from tests.upstream import Step, Upstream

# Creates and renames commit before they send.
pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a password for one client"
REFUSED = {"message": CANARY, "detail": {"headers": {"x-api-key": [CANARY]}}}
DONE = {
    *("key_added", "key_replaced", "key_shared", "key_unshared", "key_refused", "key_works", "key_deleted", "imported"),
    *("created", "not_created", "renamed", "refused", "invited", "invitation_ended", "exported", "links_off"),
    *("link_made", "link_changed", "link_opened", "link_revoked", "hook_made", "hook_replaced", "hook_removed"),
}


@pytest.fixture
def hers(as_user: AsUser, alice: User) -> Browser:
    """Alice's, who has just given her password."""
    made = Browser()
    made.cookies = just_confirmed(as_user(alice)).cookies
    return made


def do_keys(hers: Browser, team: Team, upstream: Upstream) -> ApiKey:
    """Add, open, close, replace a key; have it refused, and taken again."""
    hers.send("/keys/", {"team": team.pk, "label": "Studio", "key": CANARY})
    key = ApiKey.objects.get()
    sync.import_orders(key)
    for shared in ({"shared": "on"}, {}):
        hers.send(f"/keys/{key.pk}/sharing/", shared)
    hers.send(f"/keys/{key.pk}/replace/", {"key": CANARY})
    upstream.script("GET", "*", Step(status=401, json=REFUSED))
    for _ in range(2):
        hers.send(f"/keys/{key.pk}/test/", {})
    return ApiKey.objects.select_related("user", "team").get()


def do_orders(hers: Browser, key: ApiKey, upstream: Upstream) -> Order:
    """Create and rename, with success and without."""
    order = Order.objects.get()
    seen = order.name
    for name, steps in (("14 Rosewood Ave", ()), ("16 Rosewood Ave", [Step(status=422, json=REFUSED)])):
        upstream.script("PATCH", "*", *steps)
        hers.send(f"/orders/{order.pk}/name/", {"name": name, "seen": seen})
        upstream.script("POST", "*", *steps)
        services.place(key.user, key, str(uuid.uuid4()), name)
        seen = name
    return order


def do_sharing(order: Order, alice: User) -> list[str]:
    """Make, change, open, renew and revoke a link with a password; its two tokens."""
    made, renewed = tokens.issue(), tokens.issue()
    link = ShareLink.make(made, order, alice, PASSWORD, label="Client")
    link.note_open()
    link.change(alice, password=PASSWORD[::-1])
    link.renew(alice, renewed, link.token_hash)
    link.revoke(alice)
    ShareLink.objects.allow(order.team, alice, False)
    return [made, renewed, link.password, link.token_hash]


def do_people(team: Team, alice: User, key: ApiKey) -> list[str]:
    """Invite, invite again, cancel; make, replace and remove a webhook; delete the key. The secrets of it all."""
    invitation, token = Invitation.objects.invite(team, alice, "dora@example.com", Role.MEMBER)
    again = invitation.renew(alice)
    invitation.cancel(alice)
    hooks = [Hook.make(key) for _ in range(2)]
    secrets = [text for hook in hooks for text in (hook.token(), hook.secret())]
    Hook.remove(key)
    key.remove(alice)
    return [token, again, *secrets]


def test_no_secret_is_in_the_timeline_or_its_files(
    hers: Browser, alice: User, team: Team, store: Store, upstream: Upstream
) -> None:
    there = place_upstream(store, CANARY, "12 Rosewood Ave")
    key = do_keys(hers, team, upstream)
    order = do_orders(hers, key, upstream)
    secrets = [PASSWORD, PASSWORD[::-1], *do_sharing(order, alice), *do_people(team, alice, key)]
    hers.get(f"/teams/{team.slug}/orders.csv?{urlencode({'q': CANARY})}")

    hers.seen.clear()
    for address in ("activity.csv", "activity.json", "activity/", f"activity/?order={order.pk}"):
        hers.get(f"/teams/{team.slug}/{address}")
    with connection.cursor() as cursor:
        cursor.execute("select kind, e::text from orders_event e")
        kinds, rows = zip(*cursor.fetchall(), strict=True)
    assert DONE - set(kinds) == set()
    sinks = [*hers.seen, *rows]
    assert [text for text in sinks if shows(text) or CANARY[-4:] in text] == []
    assert [text for text in sinks if any(secret in text for secret in secrets)] == []
    assert [text for text in sinks if there in text] == []
