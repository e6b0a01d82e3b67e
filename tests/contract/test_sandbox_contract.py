"""The sandbox against openapi.yaml: a few generated requests per operation. The full run is in tests/slow."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from schemathesis import Case

from tests.contract.described import described

schema = described()


@schema.parametrize()
@settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_answers_as_described(case: Case[Any]) -> None:
    case.call_and_validate()
