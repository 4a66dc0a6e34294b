"""The API described: `/api/openapi.json` from the schemas of the doors, and `/api/docs` to read and try it.

Swagger UI comes from our own build and its start script from here: nothing is loaded from elsewhere, and the
content security policy of every other page holds for this one too.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, make_response
from flask_smorest import Blueprint
from flask_smorest.spec.plugins import FlaskPlugin
from marshmallow import INCLUDE, Schema, fields

from server.api import PUBLIC
from server.api.pwa import A_DAY, NOT_BUILT, _find, serve
from server.extensions import smorest
from server.problems import CATALOGUE, Problem

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · 巡修 Xunxiu</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<div id="api"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
"""
START = """SwaggerUIBundle({
  url: '/api/openapi.json', dom_id: '#api', deepLinking: true, persistAuthorization: false, validatorUrl: null,
})
"""
REFUSAL = {"$ref": "#/components/responses/DEFAULT_ERROR"}
FILES = ("swagger-ui.css", "swagger-ui-bundle.js")


class ProblemBody(Schema):
    """What every refusal looks like (RFC 9457). Some carry more members beside these."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True, metadata={"description": "in the language of Accept-Language"})
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"enum": sorted(CATALOGUE)})
    detail = fields.String(required=True)
    errors = fields.Raw(metadata={"description": "by place and field, when fields are not right"})


class Pages(Blueprint):
    """Doors that serve pages and are no part of the API they describe."""

    def register_views_in_doc(self, *args: Any, **options: Any) -> None:
        return


smorest.ERROR_SCHEMA = ProblemBody
blueprint = Pages("docs", __name__, description="This description")


@blueprint.get("/api/docs")
def docs() -> Response:
    """The page."""
    if _find(f"docs-assets/{FILES[0]}") is None:
        return make_response(NOT_BUILT, 503)
    return make_response(PAGE)


@blueprint.get("/api/docs/<name>")
def asset(name: str) -> Response:
    """A file of the page."""
    if name == "start.js":
        return Response(START, mimetype="text/javascript")
    path = _find(f"docs-assets/{name}") if name in FILES else None
    if path is None:
        raise Problem("not-found")
    return serve(path, A_DAY)


def _complete(app: Flask) -> None:
    """What holds for all doors."""
    smorest.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    smorest.spec.options["security"] = [{"bearer": []}]
    _open_the_public_doors(app)
    for response in smorest.spec.components.responses.values():
        content = response.get("content", {})
        if "application/json" in content:
            content["application/problem+json"] = content.pop("application/json")


smorest.complete = _complete


def _open_the_public_doors(app: Flask) -> None:
    paths = smorest.spec._paths  # there is no public way to read them one by one
    for rule in app.url_map.iter_rules():
        operations = paths.get(FlaskPlugin().flaskpath2openapi(rule.rule), {})
        for method, operation in operations.items():
            if method.upper() not in (rule.methods or ()):
                continue
            operation.setdefault("operationId", rule.endpoint)
            operation.setdefault("responses", {}).setdefault("default", REFUSAL)
            if rule.endpoint in PUBLIC:
                operation["security"] = []
