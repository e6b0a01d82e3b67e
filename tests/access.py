"""What each address answers to whom: the declared table that test_access_matrix.py holds against the URLconf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.urls import URLPattern, URLResolver, get_resolver

# As owner, member, viewer of the team.
Statuses = tuple[int, int, int]

READ: Statuses = (200, 200, 200)
TO_CHANGE: Statuses = (200, 200, 403)
TO_RUN: Statuses = (200, 403, 403)
NO_SUCH: Statuses = (405, 405, 405)
# An empty form, so nothing is done; the viewer does not even get that far.
EMPTY: Statuses = (422, 422, 403)


@dataclass(frozen=True)
class Access:
    """The answers to GET (and HEAD) and to an empty POST.

    of: what the address names. Whoever is outside its team gets 404, or 405 for a method that it never has; a key is
    its owner's alone, and so is a batch. csrf: a POST needs the token of our forms.
    htmx: the answers to an empty POST of htmx, where they are others.
    told: a file, and that somebody took it along is told in the timeline (V2); such a GET changes nothing else.
    """

    get: Statuses
    post: Statuses = NO_SUCH
    htmx: Statuses | None = None
    of: Literal["", "team", "order", "key", "view", "batch", "link", "invitation"] = ""
    public: bool = False
    csrf: bool = True
    told: bool = False


OURS = {
    "home": Access(get=(302, 302, 302)),
    "healthz": Access(get=READ, public=True),
    "readyz": Access(get=READ, public=True),
    # There is none without METRICS_TOKEN, see test_metrics.py.
    "metrics": Access(get=(404, 404, 404), public=True),
    # Registration is closed in the tests: who owns no team starts none.
    "people:new": Access(get=TO_RUN, post=(422, 403, 403)),
    "people:team": Access(get=TO_RUN, post=(422, 403, 403), of="team"),
    "people:roles": Access(get=READ, of="team"),
    "people:people": Access(get=READ, post=(422, 403, 403), of="team"),
    "people:role": Access(get=NO_SUCH, post=(404, 403, 403), of="team"),
    "people:resend": Access(get=NO_SUCH, post=(302, 403, 403), of="invitation"),
    "people:cancel": Access(get=NO_SUCH, post=(302, 403, 403), of="invitation"),
    # With a token that opens nothing; what a good one does is in test_invitation.py.
    "people:invitation": Access(get=(404, 404, 404), post=(404, 404, 404), public=True),
    "people:sessions": Access(get=READ),
    "people:sessions_end": Access(get=NO_SUCH, post=(302, 302, 302)),
    "people:settings": Access(get=READ, post=(422, 422, 422)),
    "people:theme": Access(get=NO_SUCH, post=(400, 400, 400)),
    # Whoever is asked to leave is the last owner.
    "orders:leave": Access(get=TO_RUN, post=(422, 403, 403), of="team"),
    "orders:delete_team": Access(get=TO_RUN, post=(422, 403, 403), of="team"),
    # Only the last owner is asked something first.
    "orders:delete_account": Access(get=READ, post=(422, 302, 302)),
    "orders:list": Access(get=READ, of="team"),
    # Without rows or lines there is nothing to ask after.
    "orders:list_status": Access(get=(400, 400, 400), of="team"),
    "orders:pending": Access(get=(400, 400, 400), of="team"),
    "orders:new": Access(get=TO_CHANGE, post=EMPTY, of="team"),
    "orders:find": Access(get=NO_SUCH, post=(400, 400, 403), of="team"),
    "orders:page_size": Access(get=NO_SUCH, post=(400, 400, 400), of="team"),
    "orders:palette": Access(get=READ, of="team"),
    "orders:shortcuts": Access(get=READ),
    "orders:views": Access(get=READ, post=(422, 422, 422), of="team"),
    # The view is the team's: what is done with it for oneself is everybody's, what changes it is not a viewer's.
    "orders:view_name": Access(get=TO_CHANGE, post=EMPTY, of="view"),
    "orders:view_delete": Access(get=NO_SUCH, post=(302, 302, 403), of="view"),
    "orders:view_sharing": Access(get=NO_SUCH, post=(302, 302, 403), of="view"),
    "orders:view_pin": Access(get=NO_SUCH, post=(302, 302, 302), of="view"),
    "orders:view_default": Access(get=NO_SUCH, post=(302, 302, 302), of="view"),
    "orders:view_follow": Access(get=NO_SUCH, post=(302, 302, 302), htmx=READ, of="view"),
    "orders:names": Access(get=TO_CHANGE, post=EMPTY, of="team"),
    "orders:batch": Access(get=(200, 404, 403), post=(422, 404, 403), of="batch"),
    "orders:batch_again": Access(get=NO_SUCH, post=(302, 404, 403), of="batch"),
    "orders:batch_undo": Access(get=NO_SUCH, post=(302, 404, 403), of="batch"),
    "orders:export": Access(get=READ, of="team", told=True),
    "orders:activity": Access(get=READ, of="team"),
    "orders:activity_csv": Access(get=READ, of="team", told=True),
    "orders:activity_json": Access(get=READ, of="team", told=True),
    "orders:sync": Access(get=READ, of="team"),
    "orders:detail": Access(get=READ, of="order"),
    "orders:status": Access(get=READ, of="order"),
    "orders:name": Access(get=TO_CHANGE, post=EMPTY, of="order"),
    "orders:name_pending": Access(get=TO_CHANGE, of="order"),
    # Autoenhance does not know the orders of this test, and refresh says so.
    "orders:refresh": Access(get=NO_SUCH, post=EMPTY, of="order"),
    # A mail to oneself, so a viewer's as well.
    "orders:follow": Access(get=NO_SUCH, post=(302, 302, 302), htmx=READ, of="order"),
    "orders:image": Access(get=READ, of="order"),
    "orders:before": Access(get=READ, of="order"),
    "orders:picture": Access(get=READ, of="order"),
    "orders:strip": Access(get=READ, of="order"),
    "orders:share": Access(get=READ, post=EMPTY, of="order"),
    "orders:links": Access(get=READ, post=EMPTY, of="team"),
    "orders:links_allowed": Access(get=NO_SUCH, post=(302, 403, 403), of="team"),
    "orders:link": Access(get=TO_CHANGE, post=EMPTY, of="link"),
    "orders:link_extend": Access(get=NO_SUCH, post=(302, 302, 403), htmx=TO_CHANGE, of="link"),
    # Without the offer that the form carries nothing is renewed, and the page says so.
    "orders:link_renew": Access(get=NO_SUCH, post=(302, 302, 403), htmx=EMPTY, of="link"),
    "orders:link_revoke": Access(get=NO_SUCH, post=(302, 302, 403), htmx=TO_CHANGE, of="link"),
    "orders:link_guest": Access(get=READ, of="link"),
    "orders:link_image": Access(get=READ, of="link"),
    "orders:link_picture": Access(get=READ, of="link"),
    "orders:guest": Access(get=READ, public=True),
    # For addresses of no such shape; one that has it goes to the page above.
    "orders:guest_lost": Access(get=READ, public=True),
    "orders:guest_image": Access(get=READ, public=True),
    "orders:guest_picture": Access(get=READ, public=True),
    "orders:guest_status": Access(get=READ, public=True),
    # The link of this test has no password, so there is nothing to unlock.
    "orders:guest_unlock": Access(get=(302, 302, 302), post=(302, 302, 302), public=True),
    # Only what a page of ours sends counts, and a token does not make it one.
    "orders:guest_opened": Access(get=NO_SUCH, post=(403, 403, 403), public=True),
    "orders:keys": Access(get=READ, post=(422, 422, 422)),
    "orders:key_replace": Access(get=(200, 404, 404), post=(422, 404, 404), of="key"),
    "orders:key_test": Access(get=NO_SUCH, post=(302, 404, 404), of="key"),
    "orders:key_delete": Access(get=(200, 404, 404), post=(302, 404, 404), of="key"),
    "orders:key_sharing": Access(get=NO_SUCH, post=(302, 404, 404), of="key"),
    "orders:key_hook": Access(get=(200, 404, 404), post=(400, 404, 404), of="key"),
    # At an address that is none; who calls a good one is told by its secret, see test_hook.py.
    # Only under DEBUG, which the tests are without.
    "orders:styleguide": Access(get=(404, 404, 404)),
    "orders:hook": Access(get=NO_SUCH, post=(404, 404, 404), public=True, csrf=False),
}

# allauth's own pages: these are for somebody who is not logged in yet, all others are about oneself.
PUBLIC_ACCOUNT = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
    "account_request_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "mfa_login_webauthn",
}
OWN_ACCOUNT = {
    "account_email",
    "account_change_password",
    "account_set_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "mfa_reauthenticate_webauthn",
}


def routes(
    resolver: URLResolver | None = None, prefix: str = "", above: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, object]]]:
    """Every route of the URLconf: its full name, and the arguments that its address takes, also from what is above."""
    for entry in (resolver or get_resolver()).url_patterns:
        arguments = (*above, *entry.pattern.regex.groupindex)
        if isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}", dict.fromkeys(arguments)
        else:
            yield from routes(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix, arguments)
