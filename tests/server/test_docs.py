"""The API's description is complete and comes from this server alone."""

from __future__ import annotations

import re

import pytest

from server.api import PUBLIC
from server.problems import CATALOGUE

#: As `docs/contract.md` lists the doors.
DOORS = (
    "POST /api/auth/login", "POST /api/auth/refresh", "POST /api/auth/logout", "GET /api/auth/me",
    "POST /api/auth/password", "GET /api/devices", "POST /api/devices/{device_id}/revoke",
    "POST /api/sync/push", "POST /api/sync/pull", "GET /api/sync/live",
    "POST /api/work-orders/{work_order_id}/contact/reveal", "GET /health",
)  # fmt: skip


@pytest.fixture
def spec(client):
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    return answer.json


def operations(spec):
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete", "head", "options"):
                yield f"{method.upper()} {path}", operation


def test_every_door_of_the_contract_is_described(spec):
    known = dict(operations(spec))
    assert [door for door in DOORS if door not in known] == []


def test_every_operation_says_what_a_refusal_looks_like(spec):
    for door, operation in operations(spec):
        assert "default" in operation["responses"], door
    refusal = spec["components"]["responses"]["DEFAULT_ERROR"]["content"]["application/problem+json"]
    assert refusal["schema"] == {"$ref": "#/components/schemas/ProblemBody"}
    assert set(spec["components"]["schemas"]["ProblemBody"]["properties"]["code"]["enum"]) == set(CATALOGUE)


def test_every_operation_says_what_it_does(spec):
    assert [door for door, operation in operations(spec) if not operation.get("summary")] == []


def test_only_public_doors_are_described_as_open(spec):
    assert spec["security"] == [{"bearer": []}]
    assert spec["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    opened = {operation["operationId"] for _, operation in operations(spec) if operation.get("security") == []}
    assert opened <= PUBLIC
    assert "auth.login" in opened


def test_operations_have_names_of_their_own(spec):
    names = [operation["operationId"] for _, operation in operations(spec)]
    assert len(names) == len(set(names))


def test_references_lead_somewhere(client, spec):
    for kind, name in set(re.findall(r'"#/components/(\w+)/([^"]+)"', client.get("/api/openapi.json").text)):
        assert name in spec["components"][kind], name


def test_the_page_loads_nothing_from_elsewhere_and_runs_no_script_of_its_own(make_app, tmp_path):
    dist = tmp_path / "dist"
    (dist / "docs-assets").mkdir(parents=True)
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        (dist / "docs-assets" / name).write_text("/* ours */")
    client = make_app(PWA_DIST=str(dist)).test_client()
    page = client.get("/api/docs")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert all(address.startswith("/") for address in addresses)
    assert re.findall(r"<script(?![^>]*src)", page.text) == []
    for address in addresses:
        if address.startswith("/api/docs/"):
            assert client.get(address).status_code == 200, address
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["swagger-ui.js.map", "..%2findex.html", "index.html", "%00"])
def test_the_page_serves_only_its_own_files(client, name):
    assert client.get(f"/api/docs/{name}").status_code == 404
