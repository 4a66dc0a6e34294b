"""The reference client from a shell: `python -m sync.client --help`."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from random import random
from typing import Any

from sync.client.http import HttpTransport
from sync.client.journey import Client, Stuck, TooLarge
from sync.client.ports import Refused, Unreachable
from sync.client.rescue import counts, rescue_file
from sync.client.sealing import NoCryptography, OpenSslSealing
from sync.client.sqlite import SqliteStorage

POLL_SECONDS = 20
EXAMPLES = """examples:
  python -m sync.client --url http://127.0.0.1:8000 login alice
  python -m sync.client pull
  python -m sync.client rows visit
  python -m sync.client act visit.accept '{"visit_id": "0193…"}'
  python -m sync.client attach photo.jpg '{"visit_id": "0193…", "purpose": "before", "mime": "image/jpeg"}'
  python -m sync.client push
  python -m sync.client status
  python -m sync.client run --seconds 60
  python -m sync.client rescue not-delivered.rescue
The password is asked for, or taken from the environment variable PASSWORD."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; answers with JSON on standard output, and 1 when the server could not do it."""
    options = _parser().parse_args(arguments)
    storage = SqliteStorage(options.store)
    try:
        url = options.url or storage.get("url")
        if url is None:
            sys.exit("which server? give --url once")
        with storage.transaction():
            storage.put("url", url)
        client = Client(storage, HttpTransport(url), page_rows=options.rows, version="shell")
        answer = COMMANDS[options.command](client, options)
    except (Refused, Unreachable, Stuck, TooLarge, NoCryptography) as error:
        print_json({"error": type(error).__name__, "detail": str(error)})
        return 1
    finally:
        storage.close()
    print_json(answer)
    return 1 if isinstance(answer, dict) and answer.get("stopped") else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sync.client", description="A device of the sync protocol, in a file.", epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--url", help="the server; kept in the store")
    parser.add_argument("--store", default="client.db", help="the device's SQLite file (client.db)")
    parser.add_argument("--rows", type=int, default=1000, help="rows in a page (1000)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("login", help="sign in on this device").add_argument("login")
    commands.add_parser("push", help="send the outbox")
    commands.add_parser("pull", help="take what is new")
    commands.add_parser("upload", help="send files")
    commands.add_parser("check", help="compare what is held with the server, and repair it")
    commands.add_parser("status", help="what is held and what waits")
    rows = commands.add_parser("rows", help="the pulled rows of a noun, one JSON a line")
    rows.add_argument("noun")
    act = commands.add_parser("act", help="save an act; it is sent with the next push")
    act.add_argument("name")
    act.add_argument("args", type=_object, help="a JSON object; an id is made when none is given")
    attach = commands.add_parser("attach", help="save a file and the act that declares it")
    attach.add_argument("file", type=Path)
    attach.add_argument("args", type=_object, help="of attachment.add, without sha256 and size")
    rescue = commands.add_parser("rescue", help="write what is not delivered into a file sealed for the office")
    rescue.add_argument("file", type=Path)
    run = commands.add_parser("run", help="push, pull and upload again and again")
    run.add_argument("--seconds", type=float, default=float("inf"))
    run.add_argument("--poll", type=float, default=POLL_SECONDS)
    return parser


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("not a JSON object")
    return value


def print_json(value: Any) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _login(client: Client, options: argparse.Namespace) -> Any:
    password = os.environ.get("PASSWORD") or getpass.getpass()
    answer = client.sign_in(options.login, password, "shell")
    return {"user": answer["user"], "device": client.storage.get("device")}


def _push(client: Client, options: argparse.Namespace) -> Any:
    client.push()
    return [{"id": e.id, "act": e.act, "receipt": e.receipt} for e in client.outbox]


def _pull(client: Client, options: argparse.Namespace) -> Any:
    return {"pages": client.pull(), **_status(client, options)}


def _upload(client: Client, options: argparse.Namespace) -> Any:
    return {"uploaded": client.upload(), **_status(client, options)}


def _check(client: Client, options: argparse.Namespace) -> Any:
    checked = client.check()
    return {"verdict": None} if checked is None else asdict(checked)


def _status(client: Client, options: argparse.Namespace) -> Any:
    storage = client.storage
    held = ("login", "device", "epoch", "rev", "complete", "needs", "failures", "pause_until")
    counts: dict[str, int] = {}
    for row in storage.rows():
        counts[row.noun] = counts.get(row.noun, 0) + 1
    files = [{"id": f.attachment_id, "state": f.state, "reason": f.reason} for f in storage.files()]
    return {**{key: storage.get(key) for key in held}, **client.status(), "rows": counts, "files": files}


def _rows(client: Client, options: argparse.Namespace) -> Any:
    for row in client.storage.rows(options.noun):
        print_json({"id": row.id, "rev": row.rev, **row.body})
    return {"noun": options.noun}


def _act(client: Client, options: argparse.Namespace) -> Any:
    entry = client.act(options.name, **options.args)
    return entry.wire()


def _attach(client: Client, options: argparse.Namespace) -> Any:
    return client.attach(options.file.read_bytes(), **options.args).wire()


def _rescue(client: Client, options: argparse.Namespace) -> Any:
    """The file is whole or not there: half of one would look like a rescue."""
    scratch = options.file.with_name(options.file.name + ".part")
    pieces = rescue_file(client.storage, OpenSslSealing(), client.now())
    with scratch.open("wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(options.file)
    return {"file": str(options.file), "bytes": options.file.stat().st_size, **counts(client.storage)}


def _run(client: Client, options: argparse.Namespace) -> Any:
    """Contacts with a pause between them that is never the same, so that a thousand clients do not come at once."""
    ends = time.monotonic() + options.seconds
    while True:
        report = client.sync(patient=True)
        if report.stopped != "pausing":
            print_json({"pushed": report.pushed, "pages": report.pages, "stopped": report.stopped})
        pause = options.poll * (0.5 + random())
        if time.monotonic() + pause > ends:
            return _status(client, options)
        time.sleep(pause)


COMMANDS = {
    "login": _login, "push": _push, "pull": _pull, "upload": _upload, "check": _check, "status": _status, "rows": _rows,
    "act": _act, "attach": _attach, "run": _run, "rescue": _rescue,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
