"""The house rules as tests. A failure names the place and the rule, so that nobody has to look it up."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests import typescript

ROOT = Path(__file__).resolve().parent.parent
MAX_FUNCTION_LINES = 70
MAX_FILE_LINES = 400
HAND_WRITTEN = {".py", ".ts", ".vue", ".css"}
#: Written by a tool, and not by hand: migrations, and what says so itself in its first lines.
GENERATED_FOLDERS = ("server/migrations/versions/",)
GENERATED_SIGN = re.compile(r"\bgenerated (by|from)\b", re.I)


@cache
def committed() -> tuple[str, ...]:
    """Every file git knows or would take, as posix paths from the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(sorted(name for name in set(names) if name and (ROOT / name).is_file()))


def files(prefix: str, *suffixes: str) -> list[str]:
    return [name for name in committed() if name.startswith(prefix) and Path(name).suffix in suffixes]


def is_generated(name: str) -> bool:
    if name.startswith(GENERATED_FOLDERS):
        return True
    with (ROOT / name).open() as lines:
        return any(GENERATED_SIGN.search(line) for _, line in zip(range(5), lines, strict=False))


def clean(complaints: list[str], rule: str) -> None:
    assert not complaints, f"{rule}\n  " + "\n  ".join(complaints)


# --- Python: who may import whom ------------------------------------------------------------------------

#: Rooms of server/ by height. A room may use those of its own height and lower ones. A new room gets its height here.
HEIGHTS = {
    0: {
        "config",
        "extensions",
        "problems",
        "database",
        "i18n",
        "clock",
        "words",
        "sealing",
        "tokens",
        "bulk",
        "publishing",
    },
    1: {"models"},
    2: {
        "acts",
        "scopes",
        "feed",
        "status",
        "outbox",
        "accounts",
        "audit",
        "held",
        "matters",
        "receipts",
        "occurrences",
    },
    3: {
        "archive",
        "push",
        "pull",
        "files",
        "images",
        "reports",
        "live",
        "tasks",
        "arrivals",
        "intake",
        "imports",
        "demo",
        "sla",
        "storage",
        "rescue",
        "backup",
        "check",
        "delivering",
        "retention",
    },
    4: {"api"},
    5: {"__init__", "commands", "cli", "worker"},
}
HEIGHT = {room: height for height, rooms in HEIGHTS.items() for room in rooms}
#: Doors and acts enqueue by name after the commit; only who starts the work may hold the functions.
MAY_IMPORT_TASKS = {"__init__", "tasks", "worker", "commands", "cli"}
REQUEST_NAMES = {"request", "g", "session", "has_request_context"}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(), name)


def package(name: str) -> list[str]:
    """The dotted package a file is in: server/api/sync.py → [server, api]."""
    return list(Path(name).parent.parts)


def python_imports(name: str) -> list[tuple[int, str]]:
    """(line, dotted name) of every import, also of those within functions; not those for type checkers only."""
    found: list[tuple[int, str]] = []

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node = ast.Module(node.orelse, [])
        if isinstance(node, ast.Import):
            found.extend((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = package(name)
            base = here[: len(here) - node.level + 1] if node.level else []
            start = ".".join([*base, *((node.module or "").split(".") if node.module else [])])
            found.extend((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        for child in ast.iter_child_nodes(node):
            look(child)

    look(tree(name))
    return found


def server_room(dotted: str) -> str | None:
    """`server.models.visit` → models; `server.create_app` → __init__; not of server/ → None."""
    parts = dotted.split(".")
    if parts[0] != "server":
        return None
    second = parts[1] if len(parts) > 1 else "__init__"
    is_room = (ROOT / "server" / second).is_dir() or (ROOT / "server" / f"{second}.py").is_file()
    return second if is_room else "__init__"


def rooms_of_server() -> dict[str, str]:
    """Each Python file of server/ and its room; migrations are Alembic's."""
    named = files("server/", ".py")
    return {name: Path(name).parts[1].removesuffix(".py") for name in named if "/migrations/" not in name}


def test_every_room_of_the_server_has_a_height():
    rooms = set(rooms_of_server().values())
    clean(sorted(rooms - HEIGHT.keys()), "put these rooms of server/ into HEIGHTS:")


def test_the_server_imports_only_downwards():
    wrong = []
    for name, room in rooms_of_server().items():
        for line, dotted in python_imports(name):
            other = server_room(dotted)
            if other and HEIGHT.get(other, 0) > HEIGHT.get(room, 9):
                wrong.append(f"{name}:{line} {room} imports {other}")
    clean(wrong, "api → push, pull, files → acts, scopes, feed → models → extensions:")


def test_nobody_imports_tasks():
    wrong = [
        f"{name}:{line}"
        for name, room in rooms_of_server().items()
        for line, dotted in python_imports(name)
        if server_room(dotted) == "tasks" and room not in MAY_IMPORT_TASKS
    ]
    clean(wrong, "enqueue by dotted name after the commit instead of importing server.tasks:")


def test_models_never_see_a_request():
    wrong = []
    for name in files("server/models/", ".py"):
        for line, dotted in python_imports(name):
            top, last = dotted.split(".")[0], dotted.split(".")[-1]
            if dotted == "flask" or (top == "flask" and last in REQUEST_NAMES) or top == "flask_jwt_extended":
                wrong.append(f"{name}:{line} imports {dotted}")
    clean(wrong, "models are told who acts, they do not ask the request:")


def test_the_protocol_imports_only_the_standard_library_and_itself():
    wrong = [
        f"{name}:{line} imports {dotted}"
        for name in files("sync/", ".py")
        for line, dotted in python_imports(name)
        if (top := dotted.split(".")[0]) != "sync" and top not in sys.stdlib_module_names
    ]
    clean(wrong, "sync/ imports nothing of ours and nothing of others:")


def test_public_functions_of_the_protocol_have_docstrings():
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    wrong = [
        f"{name}:{node.lineno} {node.name}"
        for name in files("sync/", ".py")
        for node in tree(name).body
        if isinstance(node, kinds) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    clean(wrong, "public names of sync/ say their shapes, units and errors:")


# --- Size -----------------------------------------------------------------------------------------------


def test_no_function_is_longer_than_a_screen():
    wrong = []
    for name in committed():
        if is_long_file_exempt(name):
            continue
        if name.endswith(".py"):
            for node in ast.walk(tree(name)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    lines = (node.end_lineno or node.lineno) - node.lineno + 1
                    if lines > MAX_FUNCTION_LINES:
                        wrong.append(f"{name}:{node.lineno} {node.name} has {lines} lines")
        elif name.endswith((".ts", ".vue")):
            for found in typescript.functions(typescript.script(ROOT / name)):
                heading = name.endswith(".test.ts") and typescript.HEADING.search(found.head)
                if found.lines > MAX_FUNCTION_LINES and not heading:
                    wrong.append(f"{name}:{found.line} {found.head[-60:]} has {found.lines} lines")
    clean(wrong, f"no function is longer than {MAX_FUNCTION_LINES} lines:")


def is_long_file_exempt(name: str) -> bool:
    return Path(name).suffix not in HAND_WRITTEN or is_generated(name)


def test_no_hand_written_file_is_longer_than_400_lines():
    wrong = []
    for name in committed():
        if not is_long_file_exempt(name):
            lines = (ROOT / name).read_bytes().count(b"\n")
            if lines > MAX_FILE_LINES:
                wrong.append(f"{name} has {lines} lines")
    clean(wrong, f"no hand-written file is longer than {MAX_FILE_LINES} lines:")


@pytest.mark.parametrize(
    ("code", "lengths"),
    [
        ("function a(x = ')') {\n  if (x) {\n  }\n}\n", [4]),
        ("const a = async ({ b, c }: P): Promise<void> => {\n  call(() => {\n  })\n}", [2, 4]),
        ("class A {\n  get b() {\n    return { c: 1 }\n  }\n  d<T>(e: T): e is X {\n  }\n}", [3, 2]),
        ("function a<T extends { id: string }>(\n  b: (c: T) => void,\n): D<T> {\n}\n", [4]),
        ("async function a(): Promise<{ b: C }> {\n}\nfunction d(): { e: F } {\n}\n", [2, 2]),
        ("type A = B\nclass C {\n  d = 1\n  e(): Map<string, F[]> {\n  }\n}\n", [2]),
        ("const a = {\n  b: 1,\n}\nconst c = () => {\n}\nif (x) { y() } else {\n}\n", [2]),
        ("for (const a of b) {\n  switch (a) {\n  }\n}\nconst t = `${'{'}`\nconst r = /[{/]/\n", []),
    ],
)
def test_functions_of_typescript_are_found_and_other_braces_are_not(code, lengths):
    assert [found.lines for found in typescript.functions(code)] == lengths


# --- What is committed ----------------------------------------------------------------------------------

# Written in pieces, or this file would name them itself.
UNWANTED = {
    "a folder of one machine": re.compile(
        r"(?<![\w.}~])/(?:wo" + r"rk/(?:main|shared|\.)|ro" + r"ot/|Us" + r"ers/\w|ho" + r"me/\w)"
    ),
    "a registry's address": re.compile(
        "|".join(["registry" + r"\.npmjs\.org", "files" + r"\.pythonhosted\.org", r"pypi\.org/" + "simple"])
        + r"|https?://[^/\s\"']*(?:artifactory|nexus|jfrog|verdaccio|devpi|registry)[^/\s\"']*/"
    ),
    "an index to install from": re.compile(r"^\s*(?:--(?:extra-)?index-url|--find-links|registry\s*=)", re.M),
    "a private key": re.compile("-----BEGIN [A-Z ]*PRIVATE" + " KEY-----"),
}


def test_no_committed_text_names_a_registry_or_a_machine():
    wrong = []
    for name in committed():
        try:
            text = (ROOT / name).read_text()
        except UnicodeDecodeError:
            continue
        for what, pattern in UNWANTED.items():
            if hit := pattern.search(text):
                wrong.append(f"{name}:{text.count(chr(10), 0, hit.start()) + 1} names {what}: {hit[0].strip()}")
    clean(wrong, "what is committed is the same on every machine:")


def test_locks_carry_hashes_and_no_addresses():
    lock = json.loads((ROOT / "pwa/package-lock.json").read_text())
    wrong = [path for path, entry in lock["packages"].items() if path and "integrity" not in entry]
    wrong += [path for path, entry in lock["packages"].items() if "resolved" in entry]
    for name in ("requirements.txt", "requirements-dev.txt", "deploy/requirements-node.txt"):
        text = (ROOT / name).read_text()
        wrong += [f"{name}: {line}" for line in re.findall(r"^\S+==.*$", text, re.M) if not line.endswith("\\")]
    clean(wrong, "every locked package has its hash and no address:")


# --- The server's doors ---------------------------------------------------------------------------------

#: A value for each kind of placeholder in an address; nothing of the kind exists in the empty database.
PLACEHOLDERS = {"IntegerConverter": 1, "FloatConverter": 1.0, "UUIDConverter": "0190a000-0000-7000-8000-000000000000"}


def placeholder(kind):
    """A value that the converter takes; for a text of fixed length, one of that length."""
    length = re.search(r"\{(\d+)", kind.regex)
    return PLACEHOLDERS.get(type(kind).__name__, "a" * int(length[1]) if length else "a")


@pytest.fixture
def bare_app(monkeypatch, tmp_path):
    """The real app with an empty database that nobody has migrated: who is not let in never gets that far."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/house.db")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("REDIS_URL", raising=False)
    from server import create_app

    # No worker: the database is not migrated, and a thread that says so after the last test has the last word.
    return create_app({"WORKER_THREAD": False})


def guarded_rules(app):
    from server.api import PUBLIC

    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in PUBLIC]


def test_every_route_is_authenticated_or_on_the_public_list(bare_app):
    client = bare_app.test_client()
    adapter = bare_app.url_map.bind("localhost")
    wrong = []
    for rule in guarded_rules(bare_app):
        values = {name: placeholder(kind) for name, kind in rule._converters.items()}
        address = adapter.build(rule.endpoint, values, method=sorted(rule.methods)[0])
        for method in sorted(rule.methods - {"OPTIONS"} - ({"HEAD"} if "GET" in rule.methods else set())):
            status = client.open(address, method=method).status_code
            if status != 401:
                wrong.append(f"{method} {rule.rule} ({rule.endpoint}) answers a stranger with {status}")
    clean(wrong, "a route asks for a token first, or is named in server.api.PUBLIC:")


def test_the_public_list_names_only_routes_that_exist(bare_app):
    from server.api import PUBLIC

    known = {rule.endpoint for rule in bare_app.url_map.iter_rules()}
    clean(sorted(set(PUBLIC) - known), "server.api.PUBLIC names endpoints that are gone:")


# --- The wire -------------------------------------------------------------------------------------------


def test_the_wire_changes_only_together_with_its_version():
    from sync import protocol

    recorded = json.loads((ROOT / "tests/vectors/wire_fingerprint.json").read_text())
    now = protocol.fingerprint()
    assert recorded.get(str(protocol.VERSION)) == now, (
        f"the wire of version {protocol.VERSION} is recorded with another fingerprint than {now}: raise VERSION, "
        "write its history, and record the new one beside the old ones"
    )


def test_nothing_that_make_makes_is_committed():
    command = ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    clean(made, "These are made on each machine, and name places of it:")


#: What is imported under another name than it is installed by.
INSTALLED_AS = {"argon2": "argon2-cffi", "jwt": "pyjwt", "pillow_heif": "pillow-heif", "PIL": "pillow"}


def test_the_product_imports_only_what_its_own_lock_installs():
    """Tests run with the development lock: what only that one brings is missing where the product is started."""
    lock = (ROOT / "requirements.txt").read_text()
    installed = set(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==", lock, re.M))
    ours = {"server", "sync", "wsgi", *sys.stdlib_module_names}
    wrong = []
    for name in [*files("server/", ".py"), *files("sync/", ".py")]:
        for line, dotted in python_imports(name):
            top = dotted.partition(".")[0]
            package_name = INSTALLED_AS.get(top, top.replace("_", "-")).lower()
            if top not in ours and package_name not in installed:
                wrong.append(f"{name}:{line} {top}")
    clean(sorted(set(wrong)), "not in requirements.txt:")
