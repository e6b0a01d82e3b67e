"""The files of a page: one style sheet in production, made of its parts, and CSS that keeps its own rules."""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from dashboard import static
from dashboard.accounts.models import Team, User
from tests.cast import AsUser
from tests.guests import Shared

FOLDER = Path(settings.BASE_DIR) / "static/css"
SHEETS = {path.name: path.read_text() for path in sorted(FOLDER.glob("*.css"))}
# Only /styleguide/ has it, beside the sheet of every page.
ALONE = {"site.css", "styleguide.css"}
PARTS = static.IMPORT.findall(SHEETS["site.css"])
LINKED = re.compile(r'<link rel="stylesheet" href="([^"]+)">')

# What would be on the wrong side where people write from right to left (issue 6, item 7).
PHYSICAL = re.compile(
    r"(?:^|[\s;{])(?:left|right|(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[a-z-]*"
    r"|border-(?:top|bottom)-(?:left|right)-radius)\s*:|(?:text-align|float|clear):\s*(?:left|right)",
    re.MULTILINE,
)
# The same in a shorthand: four sides, of which the second and the fourth are told apart.
VALUE = r"((?:[^\s;(){}]|\((?:[^()]|\([^()]*\))*\))+)"
SIDES = re.compile(rf"(?<![\w-])(?:margin|padding|inset):\s*{VALUE}\s+{VALUE}\s+{VALUE}\s+{VALUE}\s*;")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LITERAL_COLOUR = re.compile(r":[^;{}]*(?:#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|oklab)\()", re.IGNORECASE)


class ReleaseTests:
    def test_a_tab_from_before_a_release_finds_its_files_still(self, tmp_path: Path, settings: Settings) -> None:
        """F84: a release adds files and takes none away."""
        settings.STATICFILES_DIRS, settings.STATIC_ROOT = [tmp_path / "source"], tmp_path / "collected"
        settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
        settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "dashboard.static.OneSheet"}}
        sheet = tmp_path / "source" / static.SHEET
        sheet.parent.mkdir(parents=True)
        served = {}
        for text in ("a {}", "b {}"):
            sheet.write_text(text)
            call_command("collectstatic", interactive=False, verbosity=0)
            served[static.OneSheet().url(static.SHEET)] = text.encode()
        assert len(served) == 2
        assert {url: Client().get(url).getvalue() for url in served} == served


class OneSheetTests:
    def test_is_the_order_of_layers_and_then_every_part_as_it_is(self, sheet: Path) -> None:
        text = sheet.read_text()
        assert "@import" not in text
        assert text == static.IMPORT.sub(lambda found: SHEETS[found[1]], SHEETS["site.css"])
        assert text.index("@layer tokens, base, layout, components, orders, utilities;") < text.index("@layer tokens {")

    def test_comes_compressed_and_small(self, sheet: Path) -> None:
        packed = sheet.with_name(f"{sheet.name}.br").read_bytes()
        assert brotli.decompress(packed) == sheet.read_bytes()
        assert len(packed) < 14_000

    def test_is_what_a_checkout_that_has_collected_serves_too(self, collected: Path, settings: Settings) -> None:
        settings.DEBUG = True
        settings.STATIC_ROOT = collected
        assert re.fullmatch(r"/static/css/site\.[0-9a-f]{12}\.css", static.OneSheet().url("css/site.css"))

    def test_is_the_checkouts_own_where_nothing_is_collected(self, tmp_path: Path, settings: Settings) -> None:
        settings.DEBUG = True
        settings.STATIC_ROOT = tmp_path
        assert static.OneSheet().url("css/site.css") == "/static/css/site.css"

    def test_another_part_makes_another_name(self, tmp_path: Path) -> None:
        first = made_of(tmp_path, {"site.css": '@import "part.css";', "part.css": "a { gap: 0; }"})
        second = made_of(tmp_path, {"site.css": '@import "part.css";', "part.css": "a { gap: 1px; }"})
        assert (first.read_text(), second.read_text()) == ("a { gap: 0; }", "a { gap: 1px; }")
        assert first.name != second.name

    def test_addresses_within_parts_stay_right_and_are_hashed(self, tmp_path: Path) -> None:
        part = 'a { background: url("../brand.svg#mark"); }'
        sheet = made_of(tmp_path, {"site.css": '@import "part.css";', "part.css": part, "../brand.svg": "<svg/>"})
        address = re.search(r'url\("([^"#]+)#mark"\)', sheet.read_text())
        assert address
        assert (sheet.parent / address[1]).resolve().read_text() == "<svg/>"
        assert address[1] != "../brand.svg"

    def test_a_part_that_is_not_there_stops_the_release(self, tmp_path: Path) -> None:
        with pytest.raises(KeyError, match=r"css/gone\.css"):
            made_of(tmp_path, {"site.css": '@import "gone.css";'})


def made_of(root: Path, files: dict[str, str]) -> Path:
    """The sheet that comes of these files below css/, which are sources and copies at once."""
    (root / "css").mkdir(exist_ok=True)
    for name, text in files.items():
        (root / "css" / name).write_text(text)
    storage = FileSystemStorage(root)
    paths = {posixpath.normpath(f"css/{name}"): (storage, posixpath.normpath(f"css/{name}")) for name in files}
    list(static.OneSheet(root).post_process(paths))
    manifest = json.loads((root / "staticfiles.json").read_text())
    return root / str(manifest["paths"][static.SHEET])


@pytest.mark.django_db
class PageTests:
    """At most three style sheets on a page (issue 6): it is one."""

    @pytest.mark.parametrize("path", ["/", "/keys/", "/settings/"])
    def test_a_page_asks_for_one_sheet(self, as_user: AsUser, alice: User, team: Team, path: str) -> None:
        page = as_user(alice).get(path, follow=True).content.decode()
        assert LINKED.findall(page) == ["/static/css/site.css"]

    def test_so_do_the_login_and_the_guests_page(self, client: Client, shared: Shared) -> None:
        for path in ("/accounts/login/", shared.url, "/s/unknown/"):
            assert LINKED.findall(client.get(path).content.decode()) == ["/static/css/site.css"]


class RuleTests:
    def test_every_part_is_in_the_sheet_once(self) -> None:
        assert sorted(PARTS) == sorted(SHEETS.keys() - ALONE)

    @pytest.mark.parametrize("name", sorted(SHEETS.keys() - {"site.css"}))
    def test_says_its_layer_and_is_short_enough_to_read(self, name: str) -> None:
        outside = re.sub(r"^@(?:property|page) .*$", "", COMMENT.sub("", SHEETS[name]), flags=re.MULTILINE).split()
        assert outside[0] == "@layer"
        assert SHEETS[name].count("\n") <= 120

    @pytest.mark.parametrize("name", SHEETS)
    def test_turns_round_with_the_direction_of_the_page(self, name: str) -> None:
        text = COMMENT.sub("", SHEETS[name])
        assert PHYSICAL.findall(text) == []
        assert [sides for sides in SIDES.findall(text) if sides[1] != sides[3]] == []

    @pytest.mark.parametrize("name", sorted(SHEETS.keys() - {"tokens.css"}))
    def test_takes_its_colours_from_the_tokens(self, name: str) -> None:
        assert LITERAL_COLOUR.findall(SHEETS[name]) == []
