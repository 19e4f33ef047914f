"""Requests made up from the API's own description: none may fail in a way that the description does not name."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = pytest.mark.sandbox

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


@pytest.fixture(scope="session")
def operations(server):
    schema = schemathesis.openapi.from_url(f"{server}/api/openapi.json")
    # Streams end with their run, and running what was made up takes seconds each; both have tests of their own.
    wanted = schema.exclude(path_regex="/events$").exclude(method="POST", path="/api/runs")
    return [result.ok() for result in wanted.get_all_operations()]


def test_made_up_requests_get_what_the_description_says(operations):
    assert len(operations) >= 10
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=15,
            deadline=None,
            derandomize=True,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        def holds(case):
            case.call_and_validate(checks=CHECKS)

        holds()
