"""One style sheet for the browser, many small ones for people: no build step, only `collectstatic`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

SHEET = "css/site.css"
IMPORT = re.compile(r'^@import "([a-z]+\.css)";$', re.MULTILINE)

# A collected file's name, and where its source is: a storage, and the name in it.
Paths = dict[str, tuple[Storage, str]]


class OneSheet(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """WhiteNoise's storage, for which the style sheet of every page is the text of its parts instead of imports.

    The parts lie beside the sheet, so what they name by `url()` stays right, and is hashed after this. They are read
    from their sources, because a collected file that is up to date is not copied again when a part of it changes.
    """

    def url(self, name: str, force: bool = False) -> str:
        """Of what is collected, also under DEBUG: `make run` collects at each start. Else of the checkout's file."""
        return str(super().url(name, force or bool(self.hashed_files)))

    def post_process(self, paths: Paths, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """What `collectstatic` calls after copying: (name, hashed name, processed) of every file."""
        if not dry_run:
            whole = InMemoryStorage()
            whole.save(SHEET, ContentFile(whole_text(paths)))
            paths = paths | {SHEET: (whole, SHEET)}
        yield from super().post_process(paths, dry_run, **options)


def whole_text(paths: Paths) -> str:
    """The sheet with each `@import` replaced by the part that it names; KeyError when there is no such part."""
    folder = SHEET.rpartition("/")[0]
    return IMPORT.sub(lambda found: _read(*paths[f"{folder}/{found[1]}"]), _read(*paths[SHEET]))


def _read(storage: Storage, name: str) -> str:
    with storage.open(name) as file:
        text: bytes = file.read()
    return text.decode()
