"""The doors. Each blueprint is thin: load → permit → change → commit."""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from server.extensions import reading, smorest

# Doors that need no sign-in, by endpoint; `tests/test_house.py` holds every other route to a token.
PUBLIC = frozenset(
    {
        "auth.login", "health.health", "pwa.shell", "pwa.asset", "api-docs.openapi_json", "docs.docs", "docs.asset",
        "uploads.options", "public.report_form", "public.send_report", "public.open_link", "public.use_link",
        "public.photo", "public.style", "public.script",
    }
)  # fmt: skip


# Doors that only read although they are asked by POST: caches replay GETs, and a replayed pull replays a cursor. A
# check that finds a difference begins a writing transaction of its own.
READING = frozenset({"sync.pull_rows", "sync.check_rows"})


def init_doors(app: Flask) -> None:
    """Registers every blueprint and the headers every answer carries."""
    # Imported here, because every door imports this package's neighbours.
    from server.api import pwa
    from server.api.admin import blueprint as admin
    from server.api.archive import blueprint as archive
    from server.api.assessments import blueprint as assessments
    from server.api.audit import blueprint as audit
    from server.api.auth import blueprint as auth
    from server.api.channels import blueprint as channels
    from server.api.docs import blueprint as docs
    from server.api.documents import blueprint as documents
    from server.api.exports import blueprint as exports
    from server.api.files import blueprint as files
    from server.api.handover import blueprint as handover
    from server.api.health import blueprint as health
    from server.api.imports import blueprint as imports
    from server.api.integration import blueprint as integration
    from server.api.keys import blueprint as keys
    from server.api.labels import blueprint as labels
    from server.api.links import blueprint as links
    from server.api.month import blueprint as month
    from server.api.plan import blueprint as plan
    from server.api.public import blueprint as public
    from server.api.reports import blueprint as reports
    from server.api.rescue import blueprint as rescue
    from server.api.sync import blueprint as sync
    from server.api.webhooks import blueprint as webhooks

    proxies = app.config["TRUSTED_PROXIES"]
    if proxies:  # else every address is the proxy's, and the limit of one would hit all
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    smorest.init_app(app)
    for door in (
        auth,
        sync,
        files,
        reports,
        imports,
        rescue,
        archive,
        plan,
        month,
        assessments,
        admin,
        labels,
        handover,
        links,
        health,
        documents,
        channels,
        webhooks,
        keys,
        integration,
        audit,
        exports,
        docs,
    ):
        smorest.register_blueprint(door)
    app.register_blueprint(public)
    app.register_blueprint(pwa.blueprint)

    @app.before_request
    def _reading() -> None:
        reading.set(request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint in READING)

    app.after_request(_with_headers)


def _with_headers(response: Response) -> Response:
    """What every answer carries."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    # The app's own page may frame itself: the checklist editor shows a draft on a phone.
    framed_by = "'self'" if response.headers["X-Frame-Options"] == "SAMEORIGIN" else "'none'"
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; "
        f"base-uri 'none'; frame-ancestors {framed_by}; form-action 'self'",
    )
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
