"""Everything out, for administrators: sheets the import reads again, and every row as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from flask import Flask, Response, current_app
from sqlalchemy import select

from server.api.fields import Doors
from server.api.identity import current_user, requires
from server.audit import write_down
from server.extensions import db, reading
from server.imports.export import data_book, stock_book
from server.models import SYNCED, FeedRow
from server.problems import Problem

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOOKS = {"data": data_book, "stock": stock_book}
AT_ONCE = 500  # rows read together

blueprint = Doors("exports", __name__, url_prefix="/api/export", description="Everything out")


@blueprint.get("/<name>.xlsx")
@requires("admin")
@blueprint.doc(
    responses={200: {"description": "`data`: what `POST /api/import` reads; `stock`", "content": {XLSX: {}}}}
)
def book(name: str) -> Response:
    """Master data as sheets the import takes again; what lies on which shelf."""
    if name not in BOOKS:
        raise Problem("not-found")
    made = BOOKS[name](db.session())
    db.session.rollback()
    _note(name)
    return Response(made, mimetype=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'})


@blueprint.get("/rows/<noun>.jsonl")
@requires("admin")
@blueprint.doc(responses={200: {"description": "{id, scope, rev, body} a line", "content": {"application/jsonl": {}}}})
def rows(noun: str) -> Response:
    """Every row of a noun as it travels, a line for each; the originals of files go with a backup."""
    if noun not in SYNCED:
        raise Problem("not-found")
    _note(noun)
    headers = {"Content-Disposition": f'attachment; filename="{noun}.jsonl"'}
    return Response(
        _lines(cast(Any, current_app)._get_current_object(), noun), mimetype="application/jsonl", headers=headers
    )


def _lines(app: Flask, noun: str) -> Iterator[str]:
    """Read page by page, each in a context and a transaction of its own: the request has ended, and nobody shall wait
    for a slow reader."""
    last = ""
    while True:
        with app.app_context():
            page = select(FeedRow).where(FeedRow.noun == noun, FeedRow.row_id > last, FeedRow.body.is_not(None))
            found = db.session.scalars(page.order_by(FeedRow.row_id).limit(AT_ONCE)).all()
            text = "".join(
                f'{{"id":"{row.row_id}","scope":"{row.scope}","rev":{row.rev},"body":{row.body}}}\n' for row in found
            )
            last = found[-1].row_id if found else last
        if not text:
            return
        yield text


def _note(what: str) -> None:
    """Written down before it goes out, in a writing transaction of its own."""
    token = reading.set(False)
    try:
        write_down(db.session(), current_user.id, "export.all", what, "", what)
        db.session.commit()
    finally:
        reading.reset(token)
