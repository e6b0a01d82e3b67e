"""What a request may say. Like the vendor's framework, an unknown or wrong field is 422 with the field's name.

Stricter than is known of the service, as our own description is: closed bodies, no `order_id` and no empty
object in a PATCH, `per_page` at most 15 (openapi.yaml), and no conversion of "1" or "yes" in a body.
"""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, Dict, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, validates_schema

IMAGE_SORT = OneOf(["name", "-name", "date_added", "-date_added", "custom"])


class Text(String):
    """A string that can be written down: lone surrogates cannot."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise self.make_error("invalid") from None
        return super()._deserialize(value, *args, **kwargs)


class Flag(Boolean):
    """true or false of JSON, nothing that only looks like it."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Whole(Integer):
    """A whole number of JSON; 3.0 is one."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, int | float) or isinstance(value, bool) or value != value // 1:
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


class OrderCreate(Schema):
    """POST /v3/orders/ (contract 4)."""

    name = Text()
    order_id = Text(validate=Length(min=1))
    default_image_sort_order = String(validate=IMAGE_SORT)


class OrderUpdate(Schema):
    """PATCH /v3/orders/{id} (contract 6)."""

    name = Text()
    default_image_sort_order = String(validate=IMAGE_SORT)

    @validates_schema
    def says_something(self, data: dict[str, object], **_: object) -> None:
        """Refuse the empty object."""
        if not data:
            raise ValidationError("Nothing to change.")


class ListQuery(Schema):
    """GET /v3/orders/ (contract 7)."""

    offset = String(validate=Length(min=1))
    per_page = Integer(load_default=5, validate=Range(1, 15))
    q = Text(load_default="")
    sort = String(load_default="-date", validate=OneOf(["name", "-name", "date", "-date"]))


class SortQuery(Schema):
    """The order of the images in one answer (contract 5)."""

    sort_images_by = String(validate=IMAGE_SORT)


class Enhancement(Schema):
    """How images are to be enhanced (contract 3 and 9)."""

    ai_version = Text()
    enhance = Flag()
    enhance_type = String(validate=OneOf(["property", "property_usa", "warm", "neutral", "modern"]))
    preset_id = Text(allow_none=True)
    lens_correction = Flag()
    vertical_correction = Flag()
    sky_replacement = Flag()
    cloud_type = String(allow_none=True, validate=OneOf(["CLEAR", "LOW_CLOUD", "LOW_CLOUD_LOW_SAT", "HIGH_CLOUD"]))
    window_pull_type = String(allow_none=True, validate=OneOf(["NONE", "ONLY_WINDOWS", "WINDOWS_WITH_SKIES"]))
    privacy = Flag(allow_none=True)
    upscale = Flag()


class Flat(List[Any]):
    """A list whose faults are told for the whole: the description knows no errors inside a field (contract 13)."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> list[Any]:
        try:
            return super()._deserialize(*args, **kwargs)
        except ValidationError:
            raise self.make_error("invalid") from None


class Group(Schema):
    """The brackets of one final image."""

    bracket_ids = List(Text())


class OrderProcess(Enhancement):
    """POST /v3/orders/{id}/process (contract 9)."""

    number_of_brackets_per_image = Whole(validate=Range(min=0))
    images = Flat(Nested(Group))


class ImageCreate(Enhancement):
    """POST /v3/images/ (contract 10)."""

    image_name = Text(required=True, validate=Length(min=1))
    order_id = Text(validate=Length(min=1))
    metadata = Dict()


class BracketCreate(Schema):
    """POST /v3/brackets/ (contract 10)."""

    name = Text(required=True, validate=Length(min=1))
    order_id = Text(required=True, validate=Length(min=1))
    metadata = Dict()


class PictureQuery(Schema):
    """A picture's parameters (contract 11). `dpi` and `finetune` are read and change nothing."""

    preview = Boolean()
    watermark = Boolean(load_default=False)
    finetune = Boolean()
    format = String(load_default="jpeg", validate=OneOf(["jpeg", "png", "webp", "avif", "jxl"]))
    quality = Integer(load_default=80, validate=Range(1, 90))
    max_width = Integer(validate=Range(min=1))
    scale = Float(load_default=1.0, validate=Range(0, 1))
    dpi = Integer(validate=Range(min=72))


class DevMode(Schema):
    """`x-dev-mode: true`: no credit is spent, and the output is watermarked (contract 1)."""

    dev_mode = Boolean(data_key="x-dev-mode", load_default=False)
