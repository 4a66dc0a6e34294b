"""The transport over HTTP, by the standard library alone."""

from __future__ import annotations

import gzip
import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from urllib.parse import urlsplit

from sync.client.ports import Answer, Unreachable

TIMEOUT_SECONDS = 30


class HttpTransport:
    """Requests to one server; redirects are not followed, because a portal that catches us answers with one."""

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"not an address of a server: {url}")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._opener = urllib.request.build_opener(_NoRedirect)

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Sends and waits at most `timeout` seconds for each byte."""
        asked = urllib.request.Request(self.url + path, body, {"Accept-Encoding": "gzip", **headers}, method=method)
        try:
            with self._opener.open(asked, timeout=self.timeout) as answer:
                return _read(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return _read(error.code, error.headers, error.read())
        except (OSError, http.client.HTTPException, EOFError) as error:
            raise Unreachable(str(error)) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def _read(status: int, headers: Message, body: bytes) -> Answer:
    lower = {name.lower(): value for name, value in headers.items()}
    if lower.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return Answer(status, lower, body)
