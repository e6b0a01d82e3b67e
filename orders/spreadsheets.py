"""Tables for spreadsheets (features L6): cells that are no formulas, UTF-8, times in UTC."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

# So many rows are in memory at a time.
AT_ONCE = 1000
# A spreadsheet takes a cell that begins so for a formula (OWASP, T64); some do with the wide forms as well.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
# Excel takes a file for UTF-8 only if it begins with this.
BOM = "\ufeff"


def csv_lines(rows: Iterable[Sequence[str | int]]) -> str:
    """The rows as RFC 4180 has them, each cell made safe."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([_safe(cell) for cell in row] for row in rows)
    return file.getvalue()


def utc(at: datetime) -> str:
    """The moment in ISO 8601, in whole seconds, with its offset."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _safe(cell: str | int) -> str | int:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
