"""What each client asked for and was told, as JSON lines."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Told = Literal["ok", "fail", "unclear"]


@dataclass
class Op:
    """One operation. `order_id` is Autoenhance's, `value` the name that is wished for; times are of time.monotonic().

    told: done; not done, for sure; or nobody knows. status: of the answer, 0 when none came.
    """

    case: str
    actor: str
    kind: str
    order_id: str = ""
    value: str = ""
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    told: Told = "unclear"
    status: int = 0
    request_id: str = ""


class History:
    """Every operation, in memory and in `file`. Any thread may add to it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ops: list[Op] = []
        self._lock = threading.Lock()

    @contextmanager
    def op(self, case: str, actor: str, kind: str, order_id: str = "", value: str = "") -> Iterator[Op]:
        """An operation from its beginning to its end; the block notes what it was told."""
        op = Op(case, actor, kind, order_id, value)
        try:
            yield op
        finally:
            op.ended = time.monotonic()
            self.add(op)

    def add(self, op: Op) -> None:
        """Note one that is over."""
        with self._lock:
            self.ops.append(op)
            with self.file.open("a") as lines:
                lines.write(json.dumps(asdict(op)) + "\n")

    def of(self, case: str) -> list[Op]:
        with self._lock:
            return [op for op in self.ops if op.case == case]
