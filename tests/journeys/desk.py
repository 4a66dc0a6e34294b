"""The dispatcher's desk: what Dora does and reads on the board, in the words that stand on it."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.journeys.thumb import ROUND_MS, exactly, password_of

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

    from server.models import User


class Desk:
    """On one page of a desktop browser."""

    def __init__(self, page: Page, url: str):
        self.page, self.url = page, url

    def enter(self, who: User) -> Desk:
        self.page.goto(f"{self.url}/", timeout=2 * ROUND_MS)
        self.page.fill("#login-name", who.login)
        self.page.fill("#login-password", password_of(who))
        self.page.click("button[type=submit]")
        expect(self.page.get_by_role("button", name=re.compile("^实时"))).to_be_visible(timeout=ROUND_MS)
        return self

    def board(self) -> Desk:
        self.page.goto(f"{self.url}/office/board")
        return self

    def card(self, visit_id: str) -> Locator:
        return self.page.locator(f"[data-visit='{visit_id}']")

    def card_says(self, visit_id: str, state: str, within_ms: int = ROUND_MS) -> None:
        badge = self.card(visit_id).locator(".badge").filter(has_text=exactly(state))
        expect(badge).to_be_visible(timeout=within_ms)

    def open(self, visit_id: str) -> Locator:
        """The drawer with everything under the work order of this visit."""
        self.card(visit_id).click()
        drawer = self.page.get_by_role("region", name="工单详情")
        expect(drawer).to_be_visible()
        return drawer

    def reassign(self, drawer: Locator, to: str, reason: str) -> None:
        drawer.get_by_role("button", name="改派", exact=True).click()
        dialog = self.page.get_by_role("dialog", name="改派给别人")
        dialog.locator("label").filter(has_text=exactly(reason)).click()
        dialog.get_by_role("radio", name=to).check()
        dialog.get_by_role("button", name="改派", exact=True).click()
        expect(dialog).to_be_hidden()

    def adopt_all(self, drawer: Locator) -> None:
        drawer.get_by_role("button", name=re.compile("^全部采纳")).click()
        expect(drawer.get_by_role("button", name=re.compile("采纳"))).to_have_count(0, timeout=ROUND_MS)

    def attention(self) -> Locator:
        """The list of what somebody has to decide; it stands where the drawer was."""
        self.page.get_by_role("region", name="工单详情").get_by_role("button", name="关闭").click()
        tray = self.page.get_by_role("complementary", name="待办")
        tray.get_by_role("button", name=re.compile("待处理$")).click()
        return tray

    def pdf(self, drawer: Locator) -> bytes:
        """Opens the service report in its own tab; gives the bytes that are shown there."""
        taken: list[bytes] = []

        def pass_on(route: Route) -> None:
            answer = route.fetch()
            taken.append(answer.body())
            route.fulfill(response=answer)

        self.page.route("**/report.pdf*", pass_on)
        with self.page.expect_popup() as popup:
            drawer.get_by_role("button", name="服务报告 PDF").click()
        popup.value.wait_for_url(re.compile("^blob:"), wait_until="commit")
        return taken[0]

    def pictures_shown(self, place: Locator, count: int) -> None:
        """So many pictures with pixels in them: an empty frame is no picture."""
        place.scroll_into_view_if_needed()  # a picture far from the screen is not read
        expect(place.locator("img")).to_have_count(count, timeout=ROUND_MS)
        for i in range(count):
            picture = place.locator("img").nth(i)
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("complete", True)
            assert picture.evaluate("(img) => img.naturalWidth") > 0


def text_of(pdf: bytes) -> str:
    """The words of a PDF without its line breaks: where a line ends is the printer's business."""
    from pypdf import PdfReader

    return re.sub(r"\s+", "", "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))
