"""The house rules of pwa/src: which room may import which, and who touches network and database."""

from __future__ import annotations

import re
from pathlib import Path

from tests import typescript
from tests.test_house import ROOT, clean, files

#: Rooms of pwa/src/ and what each may import. Files directly in src/ put the app together and may import all.
PWA_ROOMS = {
    "protocol": {"protocol"},
    "i18n": {"i18n", "protocol"},
    "styles": {"styles"},
    "components": {"components", "i18n", "protocol", "store", "styles"},
    "office": {"office", "protocol", "store", "i18n"},
    "store": {"store", "protocol"},
    "acts": {"acts", "store", "protocol"},
    "sync": {"sync", "store", "protocol"},
    "screens": {"screens", "office", "acts", "store", "protocol", "components", "i18n", "styles"},
}
NETWORK = re.compile(
    r"(?<![\w.$])(?:(?:window|self|globalThis)\.)?(?:fetch\s*\(|XMLHttpRequest\b|EventSource\b|WebSocket\b)|\bsendBeacon\b"
)
STORE = re.compile(r"\bindexedDB\b|\bIDB[A-Z]\w+|\bDexie\b")


def pwa_sources() -> list[str]:
    """Code of the app; tests may do as they like."""
    return [name for name in files("pwa/src/", ".ts", ".vue") if not name.endswith(".test.ts")]


def pwa_room(name: str) -> str | None:
    """`pwa/src/store/rows.ts` → store; a file directly in src/ → None."""
    parts = Path(name).parts
    return parts[2] if len(parts) > 3 else None


def imported_room(name: str, target: str) -> str | None:
    if target.startswith("@/"):
        path = Path("pwa/src", target[2:])
    elif target.startswith("."):
        path = (ROOT / name).parent.joinpath(target).resolve()
        if not path.is_relative_to(ROOT):
            return None
        path = path.relative_to(ROOT)
    else:
        return None
    if path.parts[:2] != ("pwa", "src") or len(path.parts) < 3:
        return None
    first = path.parts[2]
    return first if (ROOT / "pwa/src" / first).is_dir() else None


def test_the_app_imports_only_downwards():
    wrong = []
    for name in pwa_sources():
        room = pwa_room(name)
        if room is None:
            continue
        if room not in PWA_ROOMS:
            wrong.append(f"{name}: put the room {room} into PWA_ROOMS")
            continue
        for target in typescript.imports(typescript.script(ROOT / name)):
            other = imported_room(name, target)
            if other and other not in PWA_ROOMS[room]:
                wrong.append(f"{name} imports {other} ({target})")
    clean(wrong, "screens → acts → store → protocol, and nobody but the app itself starts sync:")


def is_network_room(name: str) -> bool:
    return pwa_room(name) == "sync" or name.startswith("pwa/src/sw")


def places(pattern: re.Pattern[str], name: str) -> list[str]:
    code = typescript.bare(typescript.script(ROOT / name))
    return [f"{name}:{code.count(chr(10), 0, hit.start()) + 1} {hit[0]}" for hit in pattern.finditer(code)]


def test_only_sync_and_the_worker_touch_the_network():
    wrong = [place for name in pwa_sources() if not is_network_room(name) for place in places(NETWORK, name)]
    clean(wrong, "only pwa/src/sync and the service worker use the network:")


def test_only_the_store_touches_the_database():
    wrong = []
    for name in pwa_sources():
        if pwa_room(name) == "store":
            continue
        wrong += places(STORE, name)
        if "dexie" in typescript.imports(typescript.script(ROOT / name), types=False):
            wrong.append(f"{name} imports dexie")
    clean(wrong, "only pwa/src/store touches IndexedDB:")


LAZY = re.compile(r"\bimport\s*\(")


def imported_files(name: str) -> list[str]:
    """The sources a file imports at once, as posix paths from the root."""
    code = re.sub(r"\bimport\s*\(\s*['\"][^'\"]+['\"]", "", typescript.script(ROOT / name))
    found = []
    for target in typescript.imports(code, types=False):
        if target.startswith("@/"):
            path = ROOT / "pwa/src" / target[2:]
        elif target.startswith("."):
            path = ((ROOT / name).parent / target).resolve()
        else:
            continue
        hits = [hit for hit in (path, path.with_name(path.name + ".ts"), path / "index.ts") if hit.is_file()]
        found += [hit.relative_to(ROOT).as_posix() for hit in hits[:1]]
    return found


def test_the_worker_fetches_no_part_of_itself_later():
    """It is one classic script: what a dynamic import compiles to does not even parse there, and no phone would work
    offline any more.
    """
    waiting, reached = ["pwa/src/sw.ts"], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += imported_files(name)
    assert "pwa/src/sync/push.ts" in reached, "the walk does not follow imports any more"
    lazy = [name for name in sorted(reached) if LAZY.search(typescript.bare(typescript.script(ROOT / name)))]
    clean(lazy, "imported by sw.ts, and import something later:")
