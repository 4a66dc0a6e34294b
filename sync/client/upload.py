"""The side door: bytes by tus 1.0, in a lane of their own: neither acts nor other files wait for a stuck one."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sync.client.outbox import JOURNAL_LIFE, wire
from sync.client.ports import Answer, FileEntry, Refused, Storage, Unreachable
from sync.client.session import Session

CHUNK_BYTES = 256 * 1024
FIRST_PAUSE = timedelta(seconds=10)  # of a file that failed; doubled each time
LONGEST_PAUSE = timedelta(hours=1)
FILE_LIFE = JOURNAL_LIFE  # after it was verified: a restored server may ask again
FINAL = frozenset({"not-an-image", "image-bomb", "file-too-large"})  # sending the same bytes again changes nothing
_TUS = {"Tus-Resumable": "1.0.0"}
_FIRST = {"signature": 0}  # everything else comes after


class Lane:
    """Sends waiting files one at a time: signatures first, then in the order they were taken."""

    def __init__(self, storage: Storage, session: Session, now: Callable[[], datetime]) -> None:
        self.storage = storage
        self.session = session
        self.now = now

    def waiting(self) -> list[FileEntry]:
        """Files whose act has been answered and whose turn it is."""
        now = wire(self.now())
        files = [f for f in self.storage.files() if f.state == "waiting" and f.not_before <= now]
        return sorted((f for f in files if self._declared(f)), key=lambda f: _FIRST.get(f.purpose, 1))

    def _declared(self, file: FileEntry) -> bool:
        entry = self.storage.entry(file.act_id)
        return entry is None or entry.receipt is not None

    def run(self) -> int:
        """Sends what is due; gives how many arrived. A file that is refused steps aside; no network ends the run."""
        sent = 0
        for file in self.waiting():
            try:
                self._send(file)
                sent += 1
            except Refused as refused:
                if refused.code == "sign-in":
                    raise
                self._step_aside(file, refused.code)
        return sent

    def _send(self, file: FileEntry) -> None:
        content = self.storage.content(file.sha256)
        if content is None or hashlib.sha256(content).hexdigest() != file.sha256:
            raise Refused(0, "bytes-lost")  # said loudly on the device; a retake is the only cure
        url, offset = self._open(file)
        while offset < file.size:
            chunk = content[offset : offset + CHUNK_BYTES]
            checksum = "sha256 " + base64.b64encode(hashlib.sha256(chunk).digest()).decode()
            headers = {
                **_TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset),
                "Upload-Checksum": checksum,
            }  # fmt: skip
            offset = _offset(self.session.signed("PATCH", url, headers, chunk))
        self._change(file, state="sent", url=url, failures=0, reason=None)

    def _open(self, file: FileEntry) -> tuple[str, int]:
        """Where the upload goes on, and from which byte; the address is stored before the first byte goes."""
        if file.url is not None:
            try:
                return file.url, _offset(self.session.signed("HEAD", file.url, _TUS, None))
            except Refused as refused:
                if refused.status not in (404, 410):
                    raise
        pairs = {"sha256": file.sha256, "attachment": file.attachment_id}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
        headers = {**_TUS, "Upload-Length": str(file.size), "Upload-Metadata": metadata}
        answer = self.session.signed("POST", "/api/files/uploads", headers, None)
        offset = _offset(answer)
        url = answer.headers.get("location")
        if url is None:
            raise Unreachable("an upload without an address")
        self._change(file, url=url)
        return url, offset

    def _change(self, file: FileEntry, **changes: object) -> None:
        """Changes the file as it now is: a pull may have said `verified` meanwhile."""
        with self.storage.transaction():
            current = next((f for f in self.storage.files() if f.attachment_id == file.attachment_id), None)
            if current is not None and current.state != "verified":
                self.storage.put_file(replace(current, **changes))  # type: ignore[arg-type]

    def _step_aside(self, file: FileEntry, code: str) -> None:
        if code in FINAL:
            self._change(file, state="refused", reason=code)
            return
        pause = min(FIRST_PAUSE * 2 ** min(file.failures, 16), LONGEST_PAUSE)
        later = wire(self.now() + pause)
        self._change(file, failures=file.failures + 1, not_before=later, reason=code)

    def tidy(self) -> None:
        """Lets go of copies the server has verified long ago. Runs inside a transaction."""
        oldest = wire(self.now() - FILE_LIFE)
        for file in self.storage.files():
            if file.verified_at is not None and file.verified_at < oldest:
                self.storage.drop_file(file.attachment_id)


def _offset(answer: Answer) -> int:
    text = answer.headers.get("upload-offset", "")
    if not text.isdigit():
        raise Unreachable("an upload without an offset")
    return int(text)
