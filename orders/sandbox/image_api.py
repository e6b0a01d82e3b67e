"""/v3/images/, /v3/brackets/, and the addresses that stand for the vendor's storage (contract 10 and 11)."""

from __future__ import annotations

import secrets
from typing import Any

from apiflask import APIBlueprint, HTTPError, abort
from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from orders.sandbox import answers, drawing, schemas
from orders.sandbox.auth import auth, my_account, my_order, store
from orders.sandbox.records import Image, digest

image_api = APIBlueprint("images", __name__)

# An address in storage opens without a key, so it is signed. It dies with the process (guess, contract "Unknown").
SIGNER = URLSafeSerializer(secrets.token_bytes(32), "picture")
PREVIEW_WIDTH = 600
UPLOAD_TYPE = "application/octet-stream"


class PaymentRequired(HTTPError):
    """402 (contract 11), one of the few statuses that the framework does not know by number."""

    status_code = 402
    message = "Payment Required"


@image_api.post("/v3/images/")
@image_api.auth_required(auth)
@image_api.input(schemas.ImageCreate)
def create_image(json_data: dict[str, Any]) -> ResponseReturnValue:
    """A new image and the address to put its file to; without an order_id, an order is made for it (contract 4)."""
    name, order_id = json_data.pop("image_name"), json_data.pop("order_id", None)
    order = my_order(order_id) if order_id else store().create_order(my_account())
    image = store().add_image(order, name, json_data)
    return answers.image(image, store().now()) | {"upload_url": _upload_url(image.token)}


@image_api.post("/v3/brackets/")
@image_api.auth_required(auth)
@image_api.input(schemas.BracketCreate)
def create_bracket(json_data: dict[str, Any]) -> ResponseReturnValue:
    """A new bracket and the address to put its file to."""
    bracket = store().add_bracket(my_order(json_data["order_id"]), json_data["name"], json_data.get("metadata", {}))
    return answers.bracket(bracket) | {"upload_url": _upload_url(bracket.token)}


def _upload_url(token: str | None) -> str:
    return url_for("images.upload", token=token, _external=True)


@image_api.put("/uploads/<token>")
def upload(token: str) -> ResponseReturnValue:
    """Take a file, as object storage does: no key, and another content type than the signed one is 403."""
    if request.content_type != UPLOAD_TYPE:
        abort(403, f"The content type must be {UPLOAD_TYPE}")
    if not store().receive(token, request.get_data()):
        abort(403)
    return ""


def any_image(image_id: str) -> Image:
    """Anybody's image: no key is asked for."""
    return store().image(image_id) or abort(404)


@image_api.get("/v3/images/<image_id>")
def retrieve_image(image_id: str) -> ResponseReturnValue:
    """One image, without a key."""
    return answers.image(any_image(image_id), store().now())


@image_api.get("/v3/images/<image_id>/preview")
def preview(image_id: str) -> ResponseReturnValue:
    """The enhanced picture, small, without a key."""
    return _picture(any_image(image_id), drawing.Style(enhanced=True, max_width=PREVIEW_WIDTH))


@image_api.get("/v3/images/<image_id>/watermark")
def watermark(image_id: str) -> ResponseReturnValue:
    """The preview, stamped."""
    return _picture(any_image(image_id), drawing.Style(enhanced=True, max_width=PREVIEW_WIDTH, watermark=True))


@image_api.get("/v3/images/<image_id>/enhanced")
@image_api.auth_required(auth)
@image_api.input(schemas.DevMode, location="headers")
@image_api.input(schemas.PictureQuery, location="query")
def enhanced(image_id: str, headers_data: dict[str, Any], query_data: dict[str, Any]) -> ResponseReturnValue:
    """The enhanced picture as a preview. No account has credits: the full file is 402, save in development mode."""
    image = any_image(image_id)
    my_order(image.order_id)
    if query_data.get("preview") is False and not headers_data["dev_mode"]:
        raise PaymentRequired
    return _picture(image, _style(query_data, enhanced=True, stamped=headers_data["dev_mode"]))


@image_api.get("/v3/images/<image_id>/original")
@image_api.auth_required(auth)
@image_api.input(schemas.PictureQuery, location="query")
def original(image_id: str, query_data: dict[str, Any]) -> ResponseReturnValue:
    """The upload. Of the two accounts of contract 11 the machine-readable one holds: a key is needed."""
    image = any_image(image_id)
    my_order(image.order_id)
    return _picture(image, _style(query_data, enhanced=False, stamped=False))


def _style(wanted: dict[str, Any], *, enhanced: bool, stamped: bool) -> drawing.Style:
    """What is asked for, as far as we draw it: formats of versions newer than 2025-08-31 come as JPEG (guess)."""
    kind = wanted["format"] if wanted["format"] in drawing.FORMATS else "jpeg"
    width = min(wanted.get("max_width", PREVIEW_WIDTH if wanted.get("preview") else drawing.WIDEST), drawing.WIDEST)
    stamped = stamped or wanted["watermark"]
    return drawing.Style(enhanced, stamped, kind, wanted["quality"], width, wanted["scale"])


def _picture(image: Image, style: drawing.Style) -> ResponseReturnValue:
    """Half of the images answer at once, the others from storage. Not ready, or failed: 404 (guess, contract 11)."""
    ready = image.status(store().now()) == "processed" if style.enhanced else image.starts_at is not None
    if not ready:
        abort(404)
    if digest(image.image_id) % 2:
        token = SIGNER.dumps([image.image_id, *_plain(style)])
        return redirect(url_for("images.stored", token=token, _external=True), 302)
    return _drawn(image, style)


def _plain(style: drawing.Style) -> list[object]:
    return [style.enhanced, style.watermark, style.format, style.quality, style.max_width, style.scale]


@image_api.get("/pictures/<token>")
def stored(token: str) -> ResponseReturnValue:
    """A picture in what stands for the vendor's storage."""
    try:
        image_id, *style = SIGNER.loads(token)
    except BadSignature:
        abort(403)
    return _drawn(any_image(image_id), drawing.Style(*style))


def _drawn(image: Image, style: drawing.Style) -> Response:
    upload = store().picture(image.token) if image.token else None
    if image.token and upload is None:
        abort(404)
    data = drawing.draw(image.image_id, image.scene, upload, style)
    return Response(data, mimetype=f"image/{style.format}")
