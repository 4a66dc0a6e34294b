"""Who this device is and how it speaks: sign-in, tokens, and one exchange with the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sync.client import outbox, rows
from sync.client.ports import Answer, Json, Refused, Storage, Transport, Unreachable

# Codes after which only a person can help: sign in again (the device keeps its acts).
SIGN_IN = frozenset({"sign-in", "token-invalid", "token-reused", "token-expired", "user-inactive"})
# Codes after which this device's line of numbers is closed: signing in makes another.
CLOSED = frozenset({"device-revoked", "device-foreign", "device-cloned"})
REVOKED = "device-revoked"  # at any door that gives something out: from then on this device only drains


class Session:
    """Requests in the name of this device. Credentials are in the device's memory, never in the outbox."""

    def __init__(
        self, storage: Storage, transport: Transport, new_id: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self.storage = storage
        self.transport = transport
        self.new_id = new_id
        self.now = now

    # --- Signing in ---------------------------------------------------------------------------------------

    def sign_in(self, login: str, password: str, name: str = "", platform: str = "client") -> Json:
        """Signs in on this device; its acts stay, and stay its user's: another user is refused (one storage each).

        A device whose number line is closed (revoked, or shared with a clone) gets a new one here.
        """
        if self.storage.get("user") is not None and self.storage.get("login") != login:
            raise Refused(0, "other-user", f"this storage belongs to {self.storage.get('login')}")
        device = self.storage.get("device")
        if device is None or self.storage.get("line_closed"):
            device = self.new_id()
        form = {"id": device, "name": name, "platform": platform}
        answer = self._answered("POST", "/api/auth/login", {"login": login, "password": password, "device": form}, None)
        with self.storage.transaction(strict=True):
            self.storage.put("user", answer["user"]["id"])
            self.storage.put("login", login)
            self.storage.put("draining", False)
            self._begin_line(device, answer)
            self.storage.put("rescue_key", answer.get("rescue_key"))
            if self.storage.get("heard_epoch") is None:
                self.storage.put("heard_epoch", answer["epoch"])
            elif self.storage.get("heard_epoch") != answer["epoch"] and outbox.spans_lines(self.storage):
                self.storage.put("offer_all", True)  # the epoch itself is heard with `last`, from a push or a pull
        return answer

    def register_anew(self) -> None:
        """Another number line for this device, without the password; unsent acts are renumbered and keep their ids."""
        device = self.new_id()
        form = {"id": device, "name": self.storage.get("login", ""), "platform": "client"}
        try:
            answer = self._answered("POST", "/api/devices", form, self.storage.get("refresh"))
        except Refused as refused:
            with self.storage.transaction(strict=True):
                self.storage.put("line_closed", True)
                self.storage.put("needs", "sign-in")
            raise Refused(refused.status, "sign-in", refused.code) from None
        with self.storage.transaction(strict=True):
            self._begin_line(device, answer)

    def _begin_line(self, device: str, tokens: Json) -> None:
        self._keep(tokens)
        self.storage.put("needs", None)
        self.storage.put("line_closed", False)
        if self.storage.get("device") != device:
            self.storage.put("device", device)
            # The former line was not its own since a restore: whatever was answered on it may be lost.
            restored = tokens.get("epoch") not in (None, self.storage.get("heard_epoch"))
            proven = self.storage.get("proving") is None
            everything = self.storage.get("offer_all", False) or not proven or restored
            outbox.renumber(self.storage, device, everything=everything)
            self.storage.put("offer_all", False)
            self.storage.put("proving", None)

    def _keep(self, tokens: Json) -> None:
        for name in ("access", "refresh"):
            self.storage.put(name, tokens[name])

    # --- Exchanges ----------------------------------------------------------------------------------------

    def call(self, path: str, body: Json) -> Json:
        """A POST of JSON, signed in; raises `Refused` or `Unreachable`."""
        return _json(self.signed("POST", path, {"Content-Type": "application/json"}, _dump(body)))

    def signed(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Any request with this device's token, renewed once when it has expired."""
        access = self.storage.get("access")
        try:
            return self._checked(method, path, headers, body, access)
        except Refused as refused:
            if refused.code == REVOKED:
                self._drain()
            elif refused.code in CLOSED | {"device-unknown"}:
                self._needs(refused.code, closed=refused.code in CLOSED - {"device-cloned"})
            if refused.code not in SIGN_IN:
                raise
        self._refresh(access)
        return self._checked(method, path, headers, body, self.storage.get("access"))

    def _refresh(self, access: str | None) -> None:
        """New tokens for the refresh token; another tab may have them already."""
        if self.storage.get("access") != access:
            return
        sent = self.storage.get("refresh")
        try:
            tokens = self._answered("POST", "/api/auth/refresh", None, sent)
        except Refused as refused:
            self._needs(refused.code, closed=refused.code in CLOSED)
            raise Refused(refused.status, "sign-in", refused.code) from None
        with self.storage.transaction(strict=True):
            if self.storage.get("refresh") == sent:
                self._keep(tokens)

    def _drain(self) -> None:
        """This device was revoked: pulled rows go, acts and files stay until the server has them."""
        with self.storage.transaction(strict=True):
            self.storage.put("draining", True)
            self.storage.put("line_closed", True)
            rows.wipe(self.storage)
            outbox.settle_answered(self.storage, self.now())

    def _needs(self, code: str, *, closed: bool) -> None:
        """A person has to sign in. Work goes on, and nothing of it is touched."""
        if code == "device-cloned":
            return
        with self.storage.transaction(strict=True):
            self.storage.put("needs", code)
            if closed:
                self.storage.put("line_closed", True)

    def _answered(self, method: str, path: str, body: Json | None, token: str | None) -> Json:
        headers = {"Content-Type": "application/json"}
        return _json(self._checked(method, path, headers, None if body is None else _dump(body), token))

    def _checked(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, token: str | None
    ) -> Answer:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.transport.request(method, path, {"Accept": "application/json", **headers, **bearer}, body)
        if answer.status < 300:
            return answer
        problem = _problem(answer)
        raise Refused(answer.status, str(problem["code"]), str(problem.get("detail") or ""))


def _dump(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _json(answer: Answer) -> Json:
    """Our own JSON, or nobody answered: a captive portal says 200 as well (hazard 35)."""
    try:
        body: Any = json.loads(answer.body)
    except ValueError:
        raise Unreachable("an answer that is not ours") from None
    if not isinstance(body, dict):
        raise Unreachable("an answer that is not ours")
    return body


def _problem(answer: Answer) -> Json:
    """The problem the server speaks; an error page of anything in between is no answer of ours."""
    problem = _json(answer) if answer.body else {"code": f"status-{answer.status}"}
    if "code" not in problem:
        raise Unreachable(f"{answer.status} from somebody else")
    return problem
