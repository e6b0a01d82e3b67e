"""What can go wrong with Autoenhance: one tree, each class with a sentence that a customer may read.

    RemoteError            .message for people, .status, .request_id, .retry_after
    ├── Unavailable        timeout after sending, 5xx, any 3xx, reset, unreadable or mismatching answer: outcome UNKNOWN
    │   └── NotSent        look-up failed, refused, connect timeout, unusable id or key: nothing was sent
    └── Refused            any other 4xx; .fields when the service names them
        ├── KeyRejected    401, 403
        ├── NotFound       404
        ├── Exists         409
        └── RateLimited    429

Import them from `orders.remote`. They never carry an API key, nor text of the libraries underneath: messages are ours,
in the language of whoever asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Fields = dict[str, list[str]]


class RemoteError(Exception):
    """A call that did not succeed. `message` is for people; `retry_after` are seconds, None when nothing was said."""

    sentence: ClassVar[StrPromise] = _("Autoenhance could not do this.")

    def __init__(
        self,
        message: str | StrPromise = "",
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.message = str(message or self.sentence)
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        super().__init__(self.message)


class Unavailable(RemoteError):
    """No clear answer. What was asked may or may not have been done: only reading tells."""

    sentence = _("Autoenhance did not give a clear answer.")


class NotSent(Unavailable):
    """Nothing left this machine, so nothing was done."""

    sentence = _("Autoenhance could not be reached. Nothing was sent.")


class Refused(RemoteError):
    """Autoenhance said no. `fields` holds its reasons by field of the body (contract section 13), often empty."""

    sentence = _("Autoenhance refused this.")

    def __init__(
        self,
        message: str | StrPromise = "",
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        fields: Fields | None = None,
    ) -> None:
        super().__init__(message, status=status, request_id=request_id, retry_after=retry_after)
        self.fields: Fields = fields or {}


class KeyRejected(Refused):
    """401 or 403 to a call that carried a key."""

    sentence = _("Autoenhance did not accept this API key.")


class NotFound(Refused):
    """404."""

    sentence = _("Autoenhance does not have this.")


class Exists(Refused):
    """409: the chosen order id is taken."""

    sentence = _("Autoenhance already has an order with this id.")


class RateLimited(Refused):
    """429: too much at once. `retry_after` says how long to wait, where Autoenhance said it."""

    sentence = _("Autoenhance is getting too many requests. Please try again in a little while.")
