"""The reference client: a device of the protocol in a few hundred lines, with storage and transport as ports.

    storage = SqliteStorage("phone.db")                     # or MemoryStorage()
    phone = Client(storage, HttpTransport("https://…"))
    phone.sign_in("alice", "…")
    phone.act("visit.arrive", visit_id=…)                   # durable when it returns: now a screen may say "saved"
    phone.sync()                                            # push, pull, upload; never raises for a weak link

`sync/PROTOCOL.md` is the contract it follows, `journey.py` the place to begin reading. It is what the simulator runs
against the real server, what load tests and integrations use, and what `python -m sync.client` drives from a shell.
Only `sqlite.py`, `http.py` and `__main__.py` touch a disk, a socket or a clock.
"""

from sync.client.http import HttpTransport
from sync.client.journey import Client, Report
from sync.client.memory import MemoryStorage
from sync.client.ports import Answer, Entry, FileEntry, Refused, Row, Storage, Transport, Unreachable
from sync.client.sqlite import SqliteStorage

__all__ = [
    "Answer", "Client", "Entry", "FileEntry", "HttpTransport", "MemoryStorage", "Refused", "Report", "Row",
    "SqliteStorage", "Storage", "Transport", "Unreachable",
]  # fmt: skip
