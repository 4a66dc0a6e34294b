"""The main day in the engines of the other half of all phones: offline, done, signed, photographed, and sent after."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from server.models import Attachment, Diagnosis, Note, Signature, User, Visit
from tests.cast import password_of
from tests.engines import ENGINES, Engine
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import READ_TABLE
from tests.journeys.wire import Wire

TITLE = "三号机位黑屏"
NOTE, CAUSE = "门卫登记后进场", "电源模块输出 11.2V"
ROUND_S = 30

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


class Person:
    """Alice, on a browser that knows no Playwright."""

    def __init__(self, engine: Engine, url: str):
        self.engine, self.url = engine, url

    def enter(self, who: User) -> None:
        self.engine.go(f"{self.url}/")
        self.engine.find("//input[@id='login-name']")
        if self.engine.run("return document.documentElement.lang") != "zh-CN":
            self.button("中文")  # the system's language is not everywhere ours to choose
        self.engine.type("//input[@id='login-name']", who.login)
        self.engine.type("//input[@id='login-password']", password_of(who))
        self.engine.press("//button[@type='submit']")
        self.engine.find("//h1[contains(., '在哪里看得见')]", ROUND_S)  # what a new phone is welcomed with
        self.button("跳过")
        self.engine.find("//a[contains(@aria-label, '已同步')]", ROUND_S)
        self.engine.wait_for("() => navigator.serviceWorker.ready.then(() => true)")

    def open(self, title: str) -> None:
        self.engine.go(f"{self.url}/visits")
        self.engine.press(f"//a[contains(@aria-label, '{title}')]")
        self.engine.find(f"//h2[normalize-space()='{title}']")

    def button(self, name: str) -> None:
        self.engine.press(f"//button[normalize-space()='{name}' and not(@disabled)]")

    def step(self, name: str, then: str) -> None:
        self.button(name)
        self.engine.find(f"//main//span[contains(@class, 'badge') and normalize-space()='{then}']")

    def tile(self, name: str) -> None:
        self.engine.press(f"//nav[@aria-label='现场记录']//a[starts-with(normalize-space(), '{name}')]")
        self.engine.find(f"//h1[normalize-space()='{name}']")

    def back(self) -> None:
        self.engine.press("//button[@aria-label='返回']")

    def held(self, table: str) -> list[dict[str, Any]]:
        return self.engine.wait_for(READ_TABLE, [table, None])

    def everything_arrives(self) -> None:
        self.engine.go(f"{self.url}/sync")
        self.engine.find("//h2[normalize-space()='全部送达'] | //h1[normalize-space()='全部送达']", ROUND_S)


def work(person: Person, photo: Path) -> None:
    """From the acceptance to the signature, with what a customer wants to see afterwards."""
    engine = person.engine
    person.open(TITLE)
    for step, state in (("接单", "已接单"), ("出发", "在途"), ("到达现场", "已到场"), ("开始作业", "作业中")):
        person.step(step, state)
    person.tile("备注")
    engine.type("//textarea[@placeholder='写备注']", NOTE)
    person.button("保存")
    engine.find(f"//li[contains(@class, 'note')]//p[normalize-space()='{NOTE}']")
    person.back()
    person.tile("诊断")
    engine.type("//textarea[@id='cause-text']", CAUSE)
    engine.run("document.activeElement.blur()")
    engine.find("//p[contains(@class, 'saved') and contains(., '已存在这台手机')]")
    person.back()
    person.tile("照片")
    engine.type("//input[@data-test='gallery']", str(photo))
    engine.find("//ul[contains(@class, 'grid')]//button[contains(@class, 'open')]//img")
    person.back()


def sign(person: Person) -> None:
    engine = person.engine
    person.button("作业完成")
    person.button("仍然作业完成")  # the checklist that was asked for is not done, and a person may say so
    person.button("报告与签字")
    person.button("请客户签字")
    engine.type("//input[@id='signer']", "张女士")
    engine.run("document.querySelector('dialog canvas').scrollIntoView({ block: 'center' })")
    engine.draw("//dialog//canvas")
    person.button("确认签字")
    engine.find("//*[contains(text(), '客户签字的内容与此一致')]")
    person.button("提交")
    engine.find("//div[@id='visit-list']")


def is_the_same(town: Town, person: Person) -> bool:
    """Row by row, once the last pull has brought what the server's worker found out."""
    try:
        proof.phone_holds_what_the_server_has(town, town.cast.alice.id, person.held("rows"))
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("name", ["firefox"])
def test_the_main_day_is_done_without_a_network_and_arrives_whole_in_the_engine_of(
    name: str, town: Town, wire: Wire, tmp_path: Path
) -> None:
    alice = town.cast.alice
    _, visit_id = dispatch(town.desk(), town.cast, alice, TITLE)
    photo = proof.jpeg(tmp_path, "panel", 3)
    with ENGINES[name]() as engine:
        person = Person(engine, wire.url)
        person.enter(alice)
        engine.reload()
        engine.find("//a[contains(@aria-label, '已同步')]", ROUND_S)
        wire.unplug()
        engine.reload()  # the worker serves the app
        engine.find(f"//a[contains(@aria-label, '{TITLE}')]")
        work(person, photo)
        engine.reload()
        sign(person)
        acts = person.held("outbox")
        assert [act["act"] for act in acts][-1] == "visit.submit"
        assert proof.journal(town, alice.id) == [], "something left the phone without a network"

        wire.plug_in()
        began = time.monotonic()
        person.everything_arrives()
        proof.verified(town, visit_id, 2)
        print(f"{name}: everything at the server after {time.monotonic() - began:.1f} s")
        proof.arrived_once(town, alice.id, acts)
        proof.bytes_are(town, visit_id, [photo])
        proof.wait_for(lambda: is_the_same(town, person))
    (note,), (found,), (signed,) = proof.rows(town, Note), proof.rows(town, Diagnosis), proof.rows(town, Signature)
    assert (note.text, found.cause_text, signed.name, len(signed.strokes["strokes"])) == (NOTE, CAUSE, "张女士", 3)
    assert [visit.state for visit in proof.rows(town, Visit)] == ["submitted"]
    assert {a.purpose for a in proof.rows(town, Attachment)} == {"after", "signature"} or len(
        proof.rows(town, Attachment)
    ) == 2
