"""Sending what `server/outbox.py` recorded: Web Push, mail, and webhooks, each with its own manners (F8).

`prepare` reads all an attempt needs and gives what performs it, because no transaction may be open while a network is
waited for. An attempt says how it went in an `Attempt`; what follows from that is the task's business.
"""

from server.delivering.ways import Attempt, prepare

__all__ = ["Attempt", "prepare"]
