"""The catalogue of problems: stable codes, one status each, a sentence in both languages (RFC 9457).

A door raises `Problem(code)`; everything that goes wrong leaves as `application/problem+json`, never as HTML.
"""

from __future__ import annotations

import errno
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, current_app, has_request_context, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

LANGUAGES = ("zh-CN", "en")
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
AWAY = ("08", "57")  # classes of SQLSTATE: connection exception, operator intervention
DISK_FULL = "53100"  # PostgreSQL's code

# code: (status, Chinese, English). Codes are part of the API: never renamed, only added.
CATALOGUE: dict[str, tuple[int, str, str]] = {
    "bad-request": (400, "请求无法识别。", "The request could not be understood."),
    "bad-json": (400, "请求内容不是有效的 JSON。", "The body is not valid JSON."),
    "malformed": (400, "请求不符合约定:{where}。", "The request breaks the contract at {where}."),
    "validation": (422, "有填写项不正确。", "Some fields are not right."),
    "sign-in": (401, "请先登录。", "Sign in first."),
    "wrong-password": (401, "账号或密码不正确。", "The login or the password is wrong."),
    "token-expired": (
        401,
        "登录已过期,请重新登录;未上传的内容仍在本机。",
        "The sign-in has expired; sign in again. Unsent work stays on the device.",
    ),
    "token-invalid": (401, "登录凭证无效,请重新登录。", "The token is not valid; sign in again."),
    "token-reused": (
        401,
        "登录凭证被重复使用,该设备已退出,请重新登录。",
        "A token was used twice; the device was signed out, sign in again.",
    ),
    "device-revoked": (403, "该设备已被停用,请联系管理员。", "This device was revoked; ask your administrator."),
    "device-unknown": (403, "该设备未登记,请重新登录。", "This device is not registered; sign in again."),
    "device-foreign": (403, "该设备属于其他用户。", "This device belongs to another user."),
    "device-cloned": (
        409,
        "该设备的编号与另一台设备重复,需要重新登记。",
        "Another device uses the same numbers; register this one anew.",
    ),
    "user-inactive": (403, "账号已停用。", "The account is not active."),
    "forbidden": (403, "没有权限。", "You may not do this."),
    "not-found": (404, "没有找到。", "Not found."),
    "method-not-allowed": (405, "不支持该方法。", "This method is not supported here."),
    "conflict": (409, "与现有数据冲突。", "This conflicts with what is there."),
    "gone": (410, "已不存在。", "It is no longer there."),
    "too-large": (413, "内容太大(上限 {limit})。", "This is too large (limit {limit})."),
    "no-mail-server": (409, "服务器还没有设置邮件,请联系管理员。", "No mail server is set up; ask your administrator."),
    "month-not-approved": (409, "月报审批后才能分发。", "The report is sent once it is approved."),
    "push-address": (422, "浏览器给出的推送地址无法使用。", "The push address of this browser cannot be used."),
    "url-forbidden": (
        422,
        "不能向这个地址推送:需要 https,且不能是内部网络地址。",
        "This address is not called: it has to be https, and not of a private network.",
    ),
    "url-unknown": (
        422,
        "这个地址的域名无法解析,请检查。",
        "The name of this address cannot be resolved; please look at it.",
    ),
    "unsupported-media-type": (415, "不支持这种内容类型。", "This content type is not supported."),
    "too-many-requests": (429, "尝试过于频繁,请稍后再试。", "Too many attempts; try again later."),
    "protocol-too-old": (
        426,
        "应用版本过旧,请更新后再取数据;未上传的内容仍可上传。",
        "The app is too old to pull; update it. Unsent work can still be pushed.",
    ),
    "server-error": (500, "服务器出错,内容未丢失,请稍后重试。", "The server failed; nothing is lost, try again later."),
    "busy": (503, "服务器繁忙,请稍后重试。", "The server is busy; try again shortly."),
    "server-full": (
        507,
        "服务器存储空间已满,内容仍保存在本机,请通知管理员。",
        "The server's disk is full. Nothing is lost: it stays on the device. Tell your administrator.",
    ),
    # files
    "slot-unknown": (404, "没有登记过这个文件,请先同步。", "Nobody declared this file; sync first."),
    "file-too-large": (413, "照片超过 25 MB。", "The photo is larger than 25 MB."),
    "hash-mismatch": (
        422,
        "文件内容与登记的校验值不符,请重新上传。",
        "The bytes do not match the declared hash; upload again.",
    ),
    "checksum-mismatch": (460, "传输校验失败,请重传这一段。", "The chunk's checksum does not match; send it again."),
    "not-an-image": (422, "文件不是可识别的图片。", "The file is not an image we can read."),
    "image-bomb": (422, "图片像素过大,已拒绝。", "The image has too many pixels and was refused."),
    "upload-expired": (410, "上传已过期,请重新开始。", "The upload has expired; start again."),
    "offset-mismatch": (409, "上传位置不一致。", "The upload offset does not match."),
    "tus-version": (412, "需要 tus 1.0.0。", "tus 1.0.0 is required."),
    # public pages
    "link-unknown": (404, "链接无效，请核对地址。", "There is no such link; check the address."),
    "link-over": (410, "该链接已失效，请联系服务人员重新发送。", "This link is over; ask for a new one."),
    "form-stale": (422, "页面已过期，请刷新后重新提交。", "This page is too old; reload it and send again."),
    "report-changed": (
        409,
        "单据内容刚刚有更新，请刷新后重新阅读再签字。",
        "The report has changed meanwhile; reload and read it again before you sign.",
    ),
    "no-ink": (422, "请在签字框内签名。", "Please sign in the box."),
    "too-many-files": (422, "最多附 {limit} 张照片。", "At most {limit} pictures."),
    # import
    "import-refused": (422, "导入文件有错误,未导入任何数据。", "The files have errors; nothing was imported."),
    # rescue files
    "rescue-foreign": (422, "这不是救援文件。", "This is not a rescue file."),
    "rescue-other-office": (
        422,
        "这份救援文件是封给另一个服务器的,这里打不开。",
        "This rescue file was sealed for another server; it cannot be opened here.",
    ),
    "rescue-damaged": (
        422,
        "救援文件已损坏,读不出内容。请工程师重新生成一份;原内容仍在手机上。",
        "The rescue file is damaged and cannot be read. Ask the engineer to make another; the content is still on the phone.",
    ),
    "rescue-stranger": (422, "救援文件的主人不在本系统中。", "The owner of this rescue file is not known here."),
    "rescue-gone": (
        410,
        "文件已不在服务器上,请重新选择文件。",
        "The file is no longer on the server; choose it again.",
    ),
    "report-not-ready": (409, "该任务还没有可出具的报告。", "This visit has no report yet."),
}
_BY_STATUS = {
    400: "bad-request", 401: "sign-in", 403: "forbidden", 404: "not-found", 405: "method-not-allowed",
    409: "conflict", 410: "gone", 413: "too-large", 415: "unsupported-media-type", 422: "validation",
    429: "too-many-requests", 503: "busy", 507: "server-full",
}  # fmt: skip


class Problem(Exception):
    """Something a client should know. `extra` joins the body (`errors`, `expected`, …); `words` fill the sentence."""

    def __init__(
        self, code: str, *, extra: dict[str, Any] | None = None, headers: dict[str, str] | None = None, **words: Any
    ):
        super().__init__(code)
        self.code = code
        self.extra = extra or {}
        self.headers = headers or {}
        self.words = words

    @property
    def status(self) -> int:
        return CATALOGUE[self.code][0]


def disk_is_full(error: Exception) -> bool:
    """Whether the database or a file could not be written for want of space; nothing of it was committed."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, OSError):
        return cause.errno in NO_SPACE
    return getattr(cause, "sqlite_errorname", None) == "SQLITE_FULL" or getattr(cause, "sqlstate", None) == DISK_FULL


def is_away(error: DBAPIError) -> bool:
    """Whether PostgreSQL could not be reached, stops or starts; nothing of it was committed."""
    if error.connection_invalidated:
        return True
    of_the_server = type(error.orig).__module__.partition(".")[0] == "psycopg" and isinstance(error, OperationalError)
    # A connection that never came to be has no SQLSTATE; the classes are "connection" and "operator intervention".
    state = getattr(error.orig, "sqlstate", None)
    return of_the_server and (state is None or state[:2] in AWAY)


def server_full() -> Problem:
    """Phones keep what they have and come again."""
    return Problem("server-full", headers={"Retry-After": "30"})


def language() -> str:
    """The language of the answer: what `Accept-Language` prefers, Chinese when it says nothing we speak."""
    if not has_request_context():
        return LANGUAGES[0]
    best = request.accept_languages.best_match(["zh-CN", "zh", "en"])
    return "en" if best == "en" else "zh-CN"


def sentence(code: str, locale: str | None = None, **words: Any) -> str:
    """The catalogue's sentence for a code."""
    _, chinese, english = CATALOGUE[code]
    text = english if (locale or language()) == "en" else chinese
    return text.format_map({"where": "", "limit": "", **words})


def answer(problem: Problem) -> Response:
    """The problem as it travels."""
    body = {
        "type": f"urn:xunxiu:problem:{problem.code}",
        "title": sentence(problem.code, **problem.words),
        "status": problem.status,
        "code": problem.code,
        "detail": sentence(problem.code, **problem.words),
        **problem.extra,
    }
    response = Response(
        orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS), problem.status, mimetype="application/problem+json"
    )
    response.headers.update(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def init_problems(app: Flask) -> None:
    """Everything that goes wrong leaves as a problem."""

    @app.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        return answer(problem)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        code = _BY_STATUS.get(
            error.code or 500,
            "bad-request" if (error.code or 500) < HTTPStatus.INTERNAL_SERVER_ERROR else "server-error",
        )
        errors = (getattr(error, "data", None) or {}).get("messages")
        headers = {k: v for k, v in error.get_headers() if k.lower() in ("allow", "retry-after")}
        return answer(Problem(code, extra={"errors": errors} if errors else None, headers=headers))

    @app.errorhandler(DBAPIError)
    def _database(error: DBAPIError) -> Response:
        if disk_is_full(error):
            return _full(error)
        if getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):  # behind others for 30 s
            return answer(Problem("busy", headers={"Retry-After": "2"}))
        if not is_away(error):
            return _fault(error)
        current_app.logger.warning("the database went away: %s", type(error.orig).__name__)
        return answer(Problem("busy", headers={"Retry-After": "1"}))

    @app.errorhandler(OSError)
    def _file(error: OSError) -> Response:
        return _full(error) if disk_is_full(error) else _fault(error)

    def _full(error: Exception) -> Response:
        current_app.logger.error("no space left: %s", error)
        return answer(server_full())

    @app.errorhandler(PoolTimeout)
    def _no_connection(error: PoolTimeout) -> Response:
        return answer(Problem("busy", headers={"Retry-After": "2"}))

    @app.errorhandler(Exception)
    def _fault(error: Exception) -> Response:
        current_app.logger.exception("unhandled fault")
        return answer(Problem("server-error"))
