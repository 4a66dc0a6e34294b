"""The month's report leaves the house: as a PDF a manager would hand on, and by mail once it is approved (F4)."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select

from server.extensions import db
from server.models import AccessLog, Delivery, MonthlyReport, new_id
from tests.cast import sign_in
from tests.server.promised import FRIDAY, registered
from tests.server.sinks import mail_sink, work
from tests.server.test_auth import refused
from tests.server.test_mail_channel import MINUTE

MONTH = "2026-11"


@pytest.fixture
def sink():
    with mail_sink() as made:
        yield made


@pytest.fixture
def app(make_app, sink):
    return make_app(SMTP_HOST="127.0.0.1", SMTP_PORT=sink.port, SMTP_SECURITY="none", MAIL_FROM="service@fix.example")


def words_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def written(peer, heads, approved: bool = True) -> str:
    hera, report_id = peer(heads["hera"]), new_id()
    said = {"id": report_id, "month": MONTH, "analysis": "离线占三成 #let x = 1", "improvements": "换交换机"}
    assert hera.do("monthly_report.write", **said)["outcome"] == "applied"
    report_id = next(row_id for noun, row_id in hera.pull().rows if noun == "monthly_report")
    if approved:
        assert hera.do("monthly_report.approve", id=report_id)["outcome"] == "applied"
    return report_id


def ask(client, who, **form):
    return client.post(
        "/api/reports/month/send", json={"month": MONTH, "to": ["boss@example.com"], **form}, headers=who
    )


def test_the_pdf_says_in_both_languages_what_the_screen_says_and_whether_it_is_approved(
    client, cast, heads, peer, friday
):
    dora = peer(cast.dora)
    for level in (1, 2, 3):
        registered(dora, cast, level)
    written(peer, heads, approved=False)
    numbers = client.get(f"/api/reports/month?month={MONTH}", headers=dora.headers).json
    address = f"/api/reports/month.pdf?month={MONTH}&lang="
    chinese = words_of(client.get(f"{address}zh-CN", headers=dora.headers).data)
    english = words_of(client.get(f"{address}en", headers=dora.headers).data)
    assert numbers["figures"]["registered"]["n"] == 3
    for text, said in (
        (chinese, ("质量月报 2026-11", "尚未审批", "登记报修")),
        (english, ("Monthly quality report", "Not approved", "Reported")),
    ):
        assert all(one in text for one in said), text
        assert "离线占三成 #let x = 1" in text, "what people write is text, whatever it looks like"
        assert cast.site.name in text
    written(peer, heads)
    assert "Approved by hera" in words_of(client.get(f"{address}en", headers=dora.headers).data)
    assert refused(client.get(f"{address}en", headers=sign_in(client, cast.alice)), "forbidden", 403)


def test_an_approved_month_goes_to_a_list_as_pdf_and_sheet_and_the_log_says_who_has_it(
    app, client, cast, heads, peer, sink, friday
):
    registered(peer(cast.dora), cast, 3)
    written(peer, heads)
    hera = sign_in(client, heads["hera"])
    answer = ask(client, hera, to=["boss@example.com", "客户@x", "boss@example.com"])
    assert refused(answer, "validation", 422)
    sink.refusals.append("550 nobody")
    answer = ask(client, hera, to=["gone@example.com", "boss@example.com", "boss@example.com"], lang="en")
    assert answer.status_code == 202, answer.text
    work(app)
    ((to, mail),) = sink.mails
    assert (to, mail["Subject"]) == ("boss@example.com", "Monthly quality report 2026-11")
    text, pdf, sheet = mail.iter_parts()
    assert "approved by hera" in text.get_content()
    assert (pdf.get_filename(), sheet.get_filename()) == ("month-2026-11.pdf", "month-2026-11.xlsx")
    assert "Monthly quality report 2026-11" in words_of(pdf.get_content())
    assert load_workbook(io.BytesIO(sheet.get_content())).sheetnames
    told = client.get(f"/api/reports/month/sent?month={MONTH}", headers=hera).json
    assert {(one["address"], one["state"]) for one in told["items"]} == {
        ("boss@example.com", "sent"), ("gone@example.com", "failed"),
    }  # fmt: skip
    assert (told["last_to"], told["mail"]) == (["boss@example.com", "gone@example.com"], True)
    with app.app_context():
        (line,) = db.session.scalars(select(AccessLog).where(AccessLog.act == "month.send"))
        assert (line.user_id, line.reason) == (heads["hera"].id, MONTH)


def test_nothing_goes_out_that_is_not_approved_also_when_it_was_written_anew_in_between(
    app, client, cast, heads, peer, sink, friday
):
    hera = sign_in(client, heads["hera"])
    assert refused(ask(client, hera), "month-not-approved", 409)
    written(peer, heads, approved=False)
    assert refused(ask(client, hera), "month-not-approved", 409)
    written(peer, heads)
    assert ask(client, hera).status_code == 202
    with app.app_context():
        db.session.scalars(select(MonthlyReport)).one().write("neu", "", cast.sam.id, FRIDAY)
        db.session.commit()
    work(app)
    work(app, MINUTE)
    assert sink.mails == []
    with app.app_context():
        assert db.session.scalars(select(Delivery.state)).all() == ["dropped"]


def test_only_who_approves_sends_and_without_a_mail_server_it_is_said(make_app, app, client, cast, heads, peer, friday):
    written(peer, heads)
    for who in (cast.dora, cast.sam, cast.alice, cast.ada):
        assert refused(ask(client, sign_in(client, who)), "forbidden", 403)
    bare = make_app(SMTP_HOST=None).test_client()
    assert refused(ask(bare, sign_in(client, heads["hera"])), "no-mail-server", 409)
