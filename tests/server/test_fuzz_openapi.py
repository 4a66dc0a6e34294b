"""Every described door is given what its schema allows and what it forbids: no fault, and no refusal that writes.

Bounded and derandomised: the same requests on every run. Set FUZZ_EXAMPLES for a longer hunt.
"""

from __future__ import annotations

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance
from sqlalchemy import text

from server.extensions import db
from server.models import User
from tests.cast import sign_in

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))  # per door and database
#: An event stream ends when the client leaves; it has tests of its own.
ENDLESS = "/api/sync/live"
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")  # the body of tus
BOUNDED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def api(app, client, cast):
    """The description, and a person with more rights than any real one, so that requests get past the door."""
    with app.app_context():
        db.session.get_one(User, cast.dora.id).roles = ["dispatcher", "supervisor", "admin"]
        db.session.commit()
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    return schema.exclude(path=ENDLESS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
def test_no_request_gets_a_fault_or_writes_when_it_is_refused(api, app, client, cast, mode):
    headers = sign_in(client, cast.dora)
    seen: dict[str, set[int]] = {}
    faults: list[Exception] = []
    for found in api.get_all_operations():
        operation = found.ok()

        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def attempt(case):
            before = revision(app)
            answer = case.call(headers=headers)
            seen.setdefault(case.operation.label, set()).add(answer.status_code)
            case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])
            if 400 <= answer.status_code < 500:
                assert revision(app) == before, f"{case.operation.label} refused and changed something"
                if case.method != "HEAD":
                    assert answer.headers["content-type"] == ["application/problem+json"], case.operation.label

        try:
            attempt()
        except Unsatisfiable:  # a door without parameters has nothing that could be forbidden
            continue
        except Exception as fault:
            faults.append(fault)
    if faults:
        raise ExceptionGroup("doors with faults", faults)
    # A fuzzer that nobody lets in finds nothing.
    assert seen["POST /api/sync/push"]
    if mode is GenerationMode.POSITIVE:
        assert [door for door in ("GET /api/devices", "GET /api/users", "GET /health") if 200 not in seen[door]] == []


def revision(app) -> int:
    with app.app_context():
        return db.session.execute(text("SELECT rev FROM clock")).scalar_one()
