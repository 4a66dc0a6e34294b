"""Clocks that run inside the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: `pace.arm(event, done)`: from the next such event to the first frame in which `done()` holds; `pace.took` is its
#: promise, in ms. It looks when the page changes: a clock that asked at each frame would make the page draw frames that
#: nobody else asked for, and at a fourth of the speed those alone took most of the time. `pace.keys`: how long each
#: keystroke took to the end of the transaction that keeps it.
PACE = """(() => {
  const frame = () => new Promise((go) => requestAnimationFrame(() => go()))
  const changed = (done) => new Promise((go) => {
    const look = () => {
      if (!done()) return
      watch.disconnect()
      removeEventListener('load', look, true)
      go()
    }
    const watch = new MutationObserver(look)
    watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
    addEventListener('load', look, true) // of a picture
    look()
  })
  const pace = (window.pace = { keys: [], took: null })
  pace.arm = (event, done) => {
    pace.took = new Promise((tell) => {
      addEventListener(event, async ({ timeStamp }) => {
        await changed(done)
        await frame()
        await frame() // what a frame callback sees is painted by the next one
        tell(performance.now() - timeStamp)
      }, { once: true, capture: true })
    })
  }
  let typed = []
  addEventListener('input', ({ timeStamp }) => typed.push(timeStamp), true)
  const put = IDBObjectStore.prototype.put
  IDBObjectStore.prototype.put = function (...args) {
    if (this.name === 'drafts' && typed.length) {
      const since = typed
      typed = []
      this.transaction.addEventListener('complete', () => {
        for (const at of since) pace.keys.push(performance.now() - at)
      })
    }
    return put.apply(this, args)
  }
  pace.frames = async (ms) => {
    const gaps = []
    let last = await new Promise((go) => requestAnimationFrame(go))
    const end = last + ms
    while (last < end) {
      const now = await new Promise((go) => requestAnimationFrame(go))
      gaps.push(now - last)
      last = now
    }
    return gaps
  }
  pace.shown = (selector) => {
    const found = document.querySelector(selector)
    return Boolean(found && found.getBoundingClientRect().height > 0)
  }
})()"""

SLOW_DOWN = 4


def slowed(page: Page) -> Page:
    """The page at a fourth of the processor's speed."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOW_DOWN})
    return page


def arm(page: Page, event: str, done: str) -> None:
    """`done`: an expression of the page."""
    page.evaluate(f"pace.arm({event!r}, () => ({done}))")


def took(page: Page) -> float:
    return float(page.evaluate("pace.took"))


def memory(page: Page) -> dict[str, Any]:
    """MB of the page's JavaScript heap, after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]} if _on(session) else {}
    return {"heap_mb": metrics.get("JSHeapUsedSize", 0) / 1e6, "nodes": metrics.get("Nodes", 0)}


def _on(session: Any) -> bool:
    session.send("Performance.enable")
    return True
