"""A language in which every translated text stands in brackets, and what of a page does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

import pytest
from django.utils.translation import trans_real

SPOKEN = ("aria-label", "aria-description", "placeholder", "title", "alt", "label")
# What is not for reading: code, and what is typed or pasted as it stands.
SILENT = {"script", "style", "pre", "code", "kbd", "samp"}
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "use", "path", "wbr"}


def speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that goes through gettext comes out in brackets, with its context left out."""

    def one(_self: object, message: str) -> str:
        return f"⟦{message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}⟧" if message else ""

    def some(_self: object, singular: str, plural: str, number: int) -> str:
        return one(_self, singular if number == 1 else plural)

    monkeypatch.setattr(trans_real.DjangoTranslation, "gettext", one)
    monkeypatch.setattr(trans_real.DjangoTranslation, "ngettext", some)


def untranslated(page: str, data: Iterable[str]) -> list[str]:
    """The texts of a page that people read, and that are neither in brackets nor `data`."""
    reader = _Reader()
    reader.feed(page)
    known = re.compile("|".join(map(re.escape, sorted(data, key=len, reverse=True))))
    return sorted({text.strip() for text in reader.texts() if re.search(r"[^\W\d_]{2}", known.sub("", text))})


class _Reader(HTMLParser):
    """Gathers what is said: texts, and the attributes that are read out. A bracket may span elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool]] = []
        self.flow: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.said += [given[name] or "" for name in SPOKEN if name in given]
        self.said += [value or "" for name, value in given.items() if name.startswith("data-") and " " in (value or "")]
        if tag == "button" or given.get("type") in ("submit", "button", "reset"):
            self.said += [given.get("value") or ""] if tag == "input" else []
        if tag not in VOID:
            silent = tag in SILENT or "mono" in (given.get("class") or "").split() or given.get("translate") == "no"
            self.open.append((tag, silent))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        if not any(silent for _, silent in self.open):
            self.flow.append(text)

    def texts(self) -> Iterator[str]:
        """What stands outside of all brackets."""
        for spoken in ("\n".join(self.flow), *self.said):
            yield from re.split(r"\n+", outside(spoken))


def outside(text: str) -> str:
    """What of a text is in no bracket; brackets may stand in brackets."""
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    return text
