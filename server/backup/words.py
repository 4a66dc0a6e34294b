"""What backup and restore say: each sentence in Chinese and in English."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

Say = Callable[[str], None]
SAY_EVERY = 2.0  # seconds between lines about the same step

FAULTS: dict[str, tuple[str, str]] = {
    "destination-foreign": (
        "{path} 里有别的内容而没有备份,请换一个空文件夹。",
        "{path} holds other things and no backup; choose an empty folder.",
    ),
    "destination-busy": ("另一个备份正在写入 {path}。", "Another backup is being written to {path}."),
    "disk-full": ("空间不足:{path} 已写满,未留下备份。", "No space left on {path}; no backup was kept."),
    "too-little-space": (
        "空间不足:{path} 还需要 {need} MB,只有 {free} MB。",
        "Not enough space: {path} needs {need} MB more and has {free} MB.",
    ),
    "not-written": ("无法写入:{what}", "Cannot write: {what}"),
    "database-away": ("数据库无法读取:{what}", "The database cannot be read: {what}"),
    "database-in-memory": ("内存数据库无法备份或恢复。", "A database in memory is not backed up or restored."),
    "not-migrated": (
        "数据库版本({revision})不是本程序的版本,请先运行 flask db upgrade。",
        "The database's schema ({revision}) is not this program's; run `flask db upgrade` first.",
    ),
    "not-a-backup": ("{path} 不是备份,或没有写完。", "{path} is no backup, or was never finished."),
    "format-newer": (
        "备份格式({format})比本程序新,请先更新程序。",
        "The backup's format ({format}) is newer than this program; update it first.",
    ),
    "backup-newer": (
        "备份来自更新的版本({revision}),请先更新程序。",
        "The backup is of a newer version ({revision}); update the program first.",
    ),
    "backup-damaged": ("备份已损坏:{what}", "The backup is damaged: {what}"),
    "target-running": (
        "服务器仍在运行(或有程序打开着数据库),请先停止再恢复。",
        "The server is running, or something has the database open; stop it first.",
    ),
    "target-not-empty": (
        "这里已有数据。要用备份代替它,请加 --replace:现有数据会移到一旁,不会删除。",
        "There is data here. To put the backup in its place add --replace: what is here is moved aside, not deleted.",
    ),
    "target-forbidden": (
        "数据库账号无权移开旧表或建立新表:{what}",
        "The database's user may not move the old tables aside or make new ones: {what}",
    ),
    "values-refused": ("数据库不接受备份中的值:{what}", "The database refuses a value of the backup: {what}"),
    "not-restored": ("恢复后的核对未通过:{what}", "What was restored is not what was backed up: {what}"),
}

LINES: dict[str, tuple[str, str]] = {
    "snapshot": ("读取数据库", "reading the database"),
    "rows": ("写入数据", "writing rows"),
    "files": ("复制文件", "copying files"),
    "checking": ("核对每个字节", "reading everything again"),
    "missing": (
        "注意:服务器上缺少或已损坏 {n} 个文件,已记入备份清单",
        "note: {n} files are missing or damaged at the server; the manifest names them",
    ),
    "secret-elsewhere": (
        "注意:SECRET_KEY 来自环境变量,不在备份中,请另行保管",
        "note: SECRET_KEY comes from the environment and is not in the backup; keep it elsewhere",
    ),
    "made": (
        "备份完成并已核对:{path}({rows} 行,{files} 个文件,{mb} MB)",
        "backed up and verified: {path} ({rows} rows, {files} files, {mb} MB)",
    ),
    "removed": ("已删除旧备份 {name}", "removed the old backup {name}"),
    "secret-kept": (
        "备份包含密钥和全部客户数据:请像服务器一样保管。",
        "A backup holds keys and all customer data: keep it as secret as the server.",
    ),
    "sound": (
        "备份完好:{made_at},{rows} 行,{files} 个文件",
        "the backup is sound: of {made_at}, {rows} rows, {files} files",
    ),
    "migrating": ("升级数据结构 {old} → {new}", "migrating the schema {old} → {new}"),
    "aside": ("原有数据已移到 {what}", "what was here is now {what}"),
    "reopened": (
        "{n} 个文件不在备份中,已请手机重新上传",
        "{n} files are not in the backup; phones are asked to send them again",
    ),
    "restored": ("恢复完成并已核对:{rows} 行,{files} 个文件", "restored and verified: {rows} rows, {files} files"),
    "next": (
        "下一步:启动服务器。手机会自动重新取数据,并补交备份之后的记录;个别手机可能需要重新登录。",
        "Next: start the server. Phones pull anew and send again what was made since; some may have to sign in.",
    ),
}


class Fault(Exception):
    """Why a backup or a restore could not be done. `code` is stable; the text says it in both languages."""

    def __init__(self, code: str, **words: Any):
        self.code = code
        self.lines = tuple(text.format(**words) for text in FAULTS[code])
        super().__init__(" / ".join(self.lines))


def line(key: str, **words: Any) -> str:
    """A sentence in both languages."""
    return " / ".join(text.format(**words) for text in LINES[key])


class Progress:
    """Tells how far a long step is: at its begin, every two seconds, never more often."""

    def __init__(self, say: Say, key: str, total: int) -> None:
        self.say, self.key, self.total = say, key, max(total, 1)
        self.done, self.last = 0, time.monotonic()
        say(line(key))

    def add(self, amount: int) -> None:
        self.done += amount
        if time.monotonic() - self.last >= SAY_EVERY:
            self.last = time.monotonic()
            self.say(f"{line(self.key)} {min(100 * self.done // self.total, 100)} %")
