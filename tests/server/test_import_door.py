"""The import over the API and from the shell: who may, what is answered, in which language."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from server.config import MAX_REQUEST_BYTES
from server.extensions import db
from server.models import Customer, User
from tests.cast import sign_in
from tests.server.test_import import CUSTOMERS, checklist, text

BAD = [*CUSTOMERS, ["KH3", "", *[""] * 6]]
USERS = [["工号", "姓名", "登录名", "角色"], ["G1", "王磊", "wanglei", "管理员"]]


def send(
    client: FlaskClient, who: User, files: dict[str, bytes], path: str = "", language: str = "zh-CN", **query: str
):
    headers = {**sign_in(client, who), "Accept-Language": language}
    form: dict[str, Any] = {"files": [(io.BytesIO(content), name) for name, content in files.items()]}
    return client.post(f"/api/import{path}", data=form, headers=headers, query_string=query)


def customers(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Customer)) or 0


def test_a_supervisor_imports_a_file_and_phones_of_the_office_pull_it(client, cast, peer):
    answer = send(client, cast.sam, {"客户.csv": text(CUSTOMERS, "gb18030")})
    assert answer.status_code == 200 and answer.json["ok"] and answer.json["written"]
    assert answer.json["counts"] == {"customer": {"new": 2, "changed": 0, "same": 0, "bad": 0}}
    assert peer(cast.dora).pull().one("customer", number="KH1")["name"] == "华园物业"


@pytest.mark.parametrize("who", ["alice", "dora", "olga"])
def test_others_may_not_import(app, client, cast, who):
    assert send(client, getattr(cast, who), {"客户.csv": text(CUSTOMERS)}).status_code == 403
    assert customers(app) == 1


def test_only_an_administrator_imports_users(app, client, cast):
    refused = send(client, cast.sam, {"用户.csv": text(USERS)})
    assert refused.status_code == 422 and [e["code"] for e in refused.json["errors"]] == ["need-admin"]
    told = send(client, cast.ada, {"用户.csv": text(USERS)})
    assert told.status_code == 200
    (secret,) = told.json["passwords"]
    with app.app_context():
        assert db.session.scalars(select(User).filter_by(login="wanglei")).one().check_password(secret["password"])


@pytest.mark.parametrize(("language", "reason"), [("zh-CN", "必填,不能为空。"), ("en", "A value is required.")])
def test_a_refused_import_is_a_problem_that_names_every_bad_cell_in_the_reader_s_language(
    app, client, cast, language, reason
):
    answer = send(client, cast.sam, {"客户.csv": text(BAD)}, language=language)
    assert answer.status_code == 422 and answer.content_type == "application/problem+json"
    assert answer.json["code"] == "import-refused" and answer.json["counts"]["customer"]["bad"] == 1
    assert answer.json["errors"] == [
        {
            "file": "客户.csv",
            "sheet": None,
            "row": 4,
            "column": "客户名称",
            "value": None,
            "code": "required",
            "reason": reason,
        }
    ]
    assert customers(app) == 1


def test_a_dry_run_answers_the_same_errors_with_200_and_writes_nothing(app, client, cast):
    answer = send(client, cast.sam, {"客户.csv": text(BAD)}, dry_run="1")
    assert answer.status_code == 200 and answer.json["dry_run"] and not answer.json["ok"]
    assert answer.json["counts"]["customer"] == {"new": 2, "changed": 0, "same": 0, "bad": 1}
    assert customers(app) == 1


def test_partial_imports_the_good_rows(app, client, cast):
    answer = send(client, cast.sam, {"客户.csv": text(BAD)}, partial="1")
    assert answer.status_code == 200 and answer.json["written"] and len(answer.json["errors"]) == 1
    assert customers(app) == 3


def test_who_imported_what_is_written_down_when_something_changed(client, cast):
    def told() -> list[tuple[str, str]]:
        lines = client.get("/api/audit?act=import.", headers=sign_in(client, cast.ada)).json["items"]
        return [(line["user_name"], line["reason"]) for line in lines]

    send(client, cast.sam, {"客户.csv": text(BAD)})
    send(client, cast.sam, {"客户.csv": text(CUSTOMERS)}, dry_run="1")
    assert told() == []
    send(client, cast.sam, {"客户.csv": text(CUSTOMERS)})
    assert told() == [(cast.sam.name, "客户.csv")]
    send(client, cast.sam, {"客户.csv": text(CUSTOMERS)})  # the same again changes nothing
    assert len(told()) == 1


def test_a_door_of_one_kind_takes_only_that_kind(app, client, cast):
    assert send(client, cast.sam, {"a.xlsx": checklist()}, "/customers").status_code == 422
    assert send(client, cast.sam, {"a.xlsx": checklist()}, "/checklists").status_code == 200
    assert send(client, cast.sam, {"a.csv": text(CUSTOMERS)}, "/ships").status_code == 404


def test_a_request_without_files_or_with_too_much_is_refused_clearly(client, cast):
    headers = sign_in(client, cast.sam)
    for body in ({"json": {}}, {"data": b"x"}, {"data": {"files": "text"}}):
        answer = client.post("/api/import", headers=headers, **body)
        assert (answer.status_code, answer.json["code"]) == (400, "malformed")
    answer = client.post(
        "/api/import", headers=headers, data={"files": (io.BytesIO(b"x" * MAX_REQUEST_BYTES), "a.csv")}
    )
    assert (answer.status_code, answer.json["code"]) == (413, "too-large")


def test_the_shell_imports_a_folder_and_says_what_it_did_in_the_language_asked_for(app: Flask, tmp_path: Path):
    folder = tmp_path / "资料"
    folder.mkdir()
    (folder / "客户.csv").write_bytes(text(CUSTOMERS))
    (folder / "~$客户.xlsx").write_bytes(b"left by Excel")
    run = app.test_cli_runner()
    dry = run.invoke(args=["import", str(folder), "--dry-run"])
    assert dry.exit_code == 0 and "试运行" in dry.output and customers(app) == 0
    done = run.invoke(args=["import", str(folder), "--locale", "en"])
    assert done.exit_code == 0 and "imported in" in done.output and customers(app) == 2


def test_the_shell_names_bad_rows_and_fails(app: Flask, tmp_path: Path):
    (tmp_path / "客户.csv").write_bytes(text(BAD))
    run = app.test_cli_runner()
    refused = run.invoke(args=["import", str(tmp_path / "客户.csv")])
    assert refused.exit_code == 1 and customers(app) == 0
    assert "客户.csv · 第 4 行 · 客户名称: 必填,不能为空。 [required]" in refused.output
    partial = run.invoke(args=["import", str(tmp_path / "客户.csv"), "--partial", "--locale", "en"])
    assert partial.exit_code == 1 and "row 4" in partial.output and customers(app) == 2
