"""The door of imports: sheets of a company, all rows or none. The office screen and scripts come through here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from server.acts.template import PUBLISHERS
from server.api.identity import current_user, requires
from server.extensions import db
from server.imports import Result, Source, import_files
from server.imports.drafts import read_drafts
from server.imports.kinds import ADDRESSED, KINDS
from server.imports.sheets import MAX_FILE_BYTES
from server.problems import Problem, language

IMPORTERS = ("admin", "supervisor")
MAX_FILES = 20
MAX_FAULTS = 1000  # of an answer; `faults` says how many there are
MAX_NAME = 200  # characters of a file's name that are repeated

blueprint = Blueprint("imports", __name__, url_prefix="/api/import", description="Sheets of a company become rows")


class Counts(Schema):
    new = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    same = fields.Integer(required=True)
    bad = fields.Integer(required=True)


class FaultBody(Schema):
    file = fields.String(required=True)
    sheet = fields.String(required=True, allow_none=True)
    row = fields.Integer(required=True, allow_none=True, metadata={"description": "As the spreadsheet counts"})
    column = fields.String(required=True, allow_none=True, metadata={"description": "The header"})
    value = fields.String(required=True, allow_none=True)
    code = fields.String(required=True)
    reason = fields.String(required=True)


class Secret(Schema):
    login = fields.String(required=True)
    password = fields.String(required=True)


class Ignored(Schema):
    file = fields.String(required=True)
    sheet = fields.String(required=True, allow_none=True)
    column = fields.String(required=True)


class ImportAnswer(Schema):
    """`passwords`: of new users whose sheet gave none; told this once."""

    ok = fields.Boolean(required=True)
    dry_run = fields.Boolean(required=True)
    written = fields.Boolean(required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Nested(Counts), required=True)
    faults = fields.Integer(required=True)
    errors = fields.List(fields.Nested(FaultBody), required=True)
    ignored = fields.List(fields.Nested(Ignored), required=True)
    passwords = fields.List(fields.Nested(Secret), required=True)


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                    "required": ["files"],
                }
            }
        },
    },
    "parameters": [
        {"name": "dry_run", "in": "query", "schema": {"type": "string", "enum": ["0", "1"]}},
        {"name": "partial", "in": "query", "schema": {"type": "string", "enum": ["0", "1"]}},
    ],
}  # fmt: skip


@blueprint.post("")
@requires(*IMPORTERS)
@blueprint.doc(**_FORM)
@blueprint.alt_response(200, schema=ImportAnswer, success=True)
def import_any() -> Response:
    """Reads sheets of any kind, told apart by their headers. 422 with `errors` when refused and not a dry run."""
    return _import(tuple(KINDS))


class DraftSheet(Schema):
    name = fields.String(required=True)
    items = fields.List(fields.Dict(), required=True)


class DraftAnswer(Schema):
    """What a workbook of checklists says; nothing was written."""

    sheets = fields.List(fields.Nested(DraftSheet), required=True)
    faults = fields.Integer(required=True)
    errors = fields.List(fields.Nested(FaultBody), required=True)


@blueprint.post("/checklists/read")
@requires(*PUBLISHERS)
@blueprint.doc(requestBody=_FORM["requestBody"])
@blueprint.alt_response(200, schema=DraftAnswer, success=True)
def read_checklists() -> Response:
    """Reads sheets of checklist items for the editor, which puts them into a draft. Writes nothing."""
    drafts, faults = [], []
    for source in _sources():
        found, wrong = read_drafts(source)
        drafts += found
        faults += wrong
    errors = [fault.wire(language()) for fault in faults[:MAX_FAULTS]]
    body = {"sheets": drafts, "faults": len(faults), "errors": errors}
    return Response(orjson.dumps(body), mimetype="application/json", headers={"Cache-Control": "no-store"})


@blueprint.post("/<kind>")
@requires(*IMPORTERS)
@blueprint.doc(**_FORM)
@blueprint.alt_response(200, schema=ImportAnswer, success=True)
def import_kind(kind: str) -> Response:
    """Reads sheets that must be of one kind: users, customers, sites, assets, parts, prices, stock, …"""
    if kind not in ADDRESSED:
        raise Problem("not-found")
    return _import(ADDRESSED[kind])


def _import(kinds: Sequence[str]) -> Response:
    sources = _sources()
    result = import_files(
        db.session(),
        sources,
        by=current_user.id,
        kinds=kinds,
        may_users=current_user.has_role("admin"),
        dry_run=_wished("dry_run"),
        partial=_wished("partial"),
    )
    body = _body(result)
    if not result.ok and not result.written and not result.dry_run:
        raise Problem("import-refused", extra=body)
    return Response(orjson.dumps(body), mimetype="application/json", headers={"Cache-Control": "no-store"})


def _sources() -> list[Source]:
    """The files sent, of which no more is read than it takes to see that one is too large."""
    files = [file for name in request.files for file in request.files.getlist(name)]
    if not 1 <= len(files) <= MAX_FILES:
        raise Problem("malformed", where="files")
    return [Source(_name(file.filename), file.read(MAX_FILE_BYTES + 1)) for file in files]


def _name(sent: str | None) -> str:
    """The file's own name: some browsers send its whole path."""
    return (sent or "").replace("\\", "/").rpartition("/")[2][:MAX_NAME] or "file"


def _wished(name: str) -> bool:
    return request.args.get(name, "").lower() in ("1", "true", "yes")


def _body(result: Result) -> dict[str, Any]:
    locale = language()
    return {
        "ok": result.ok,
        "dry_run": result.dry_run,
        "written": result.written,
        "counts": result.counts,
        "faults": len(result.faults),
        "errors": [fault.wire(locale) for fault in result.faults[:MAX_FAULTS]],
        "ignored": [{"file": p.file, "sheet": p.sheet, "column": p.column} for p in result.ignored],
        "passwords": [{"login": login, "password": password} for login, password in result.passwords],
    }
