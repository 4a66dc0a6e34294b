"""What can be wrong with a file, a sheet, a row or a cell: stable codes, a sentence in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

MAX_SHOWN = 200  # characters of an offending value that are repeated

# code: (Chinese, English). Codes are part of the API: never renamed, only added.
SENTENCES: dict[str, tuple[str, str]] = {
    # files
    "file-too-large": ("文件超过 {limit} MB,请拆分后再导入。", "The file is larger than {limit} MB; split it."),
    "file-unpacked-too-large": (
        "文件解压后超过 {limit} MB,已拒绝。",
        "The file unpacks to more than {limit} MB and was refused.",
    ),
    "file-type": ("只支持 .xlsx 和 .csv 文件。", "Only .xlsx and .csv files can be read."),
    "file-old-excel": (
        "这是旧版 .xls 或加密的工作簿,请另存为不加密的 .xlsx。",
        "This is an old .xls or an encrypted workbook; save it as .xlsx without a password.",
    ),
    "file-broken": ("文件已损坏或不是真正的 Excel 文件。", "The file is damaged or not really an Excel file."),
    "file-encoding": ("文件编码无法识别,请存为 UTF-8 或 GB18030。", "The encoding is neither UTF-8 nor GB18030."),
    "file-empty": ("文件里没有数据。", "There is nothing in the file."),
    "csv-broken": ("CSV 格式有误:引号没有配对。", "The CSV is malformed: a quotation mark has no partner."),
    # sheets
    "too-many-rows": ("超过 {limit} 行,请拆分后再导入。", "More than {limit} rows; split the file."),
    "sheet-unknown": (
        "认不出这张表的内容,请核对表头。",
        "The headers do not tell what this sheet holds; check them.",
    ),
    "column-missing": ("缺少必需的列「{column}」。", "The column “{column}” is missing."),
    "column-twice": ("同一内容有两列。", "Two columns mean the same."),
    "catalogue-kind": (
        "看不出是哪一类目录,请用「现象」「原因」「措施」等作为表名,或加「类型」列。",
        "It does not say which catalogue this is: name the sheet 现象, 原因, 措施 …, or add a column “kind”.",
    ),
    "template-unlisted": (
        "检查表目录里没有名为「{title}」的检查表。",
        "The list of checklists has no entry named “{title}”.",
    ),
    "template-without-items": ("找不到同名的检查项表。", "There is no sheet with the items of this checklist."),
    "template-bad-items": ("它的检查项有错误。", "Its items have errors."),
    "template-changed": (
        "第 {version} 版已存在且内容不同;检查表版本不可修改,请把版本改为 {next} 或更大的整数。",
        "Version {version} exists with other content; a version never changes, so raise it to {next} or more.",
    ),
    "token-taken": ("标签内容「{value}」已用于另一个点位。", "Another point's label says “{value}” already."),
    "item-of-none": ("没有任何检查表有条目「{item}」。", "No checklist has an item “{item}”."),
    # cells
    "required": ("必填,不能为空。", "A value is required."),
    "too-long": ("超过 {limit} 个字符。", "Longer than {limit} characters."),
    "bad-character": ("含有无法保存的控制字符。", "It holds a control character that cannot be stored."),
    "bad-date": ("不是有效日期,请写成 2026-11-21。", "Not a valid date; write it like 2026-11-21."),
    "bad-number": ("不是有效的数字。", "Not a valid number."),
    "bad-integer": ("应为整数。", "A whole number is expected."),
    "out-of-range": ("应在 {low} 到 {high} 之间。", "It must be between {low} and {high}."),
    "bad-yes-no": ("请填「是」或「否」。", "Write yes or no."),
    "not-allowed": ("不在可选值之内:{allowed}。", "Not one of: {allowed}."),
    "digits-lost": (
        "Excel 已丢失部分数字,请把该列设为文本格式后重新填写。",
        "Excel has lost digits of this number; format the column as text and enter it again.",
    ),
    "cell-error": ("单元格是 Excel 错误值。", "The cell holds an Excel error."),
    "password-short": ("密码至少 {limit} 个字符。", "A password needs at least {limit} characters."),
    "date-order": ("早于起始日期。", "It is before the first date."),
    # rows
    "duplicate": ("与 {where} 重复。", "The same as in {where}."),
    "unknown-reference": ("找不到这个{what_zh}。", "There is no such {what_en}."),
    "ambiguous": ("有多个同名的{what_zh},请改用编号。", "Several have this name; use the number of the {what_en}."),
    "login-taken": ("该登录名已被 {who} 使用。", "This login belongs to {who}."),
    "asset-moved": (
        "设备已登记在现场 {site},不能通过导入换现场。",
        "The asset is registered at site {site}; an import cannot move it.",
    ),
    "need-admin": ("只有管理员可以导入用户。", "Only an administrator may import users."),
    "item-id": ("只能用字母、数字、- 和 _。", "Only letters, digits, - and _ are allowed."),
    "bad-condition": (
        "显示条件应写成 条目编码=值,例如 ac-03>30。",
        "A condition reads item=value, for example ac-03>30.",
    ),
    "condition-item": (
        "显示条件引用的条目「{item}」不在它之前。",
        "The condition names “{item}”, which is not an earlier item.",
    ),
    "condition-value": (
        "「{wanted}」不是条目「{item}」可能的值。",
        "“{wanted}” is not a value the item “{item}” can have.",
    ),
    "condition-order": ("条目「{item}」不能比较大小。", "The item “{item}” cannot be compared by size."),
    "min-over-max": ("下限大于上限。", "The lower limit is above the upper one."),
    "options-missing": ("选择题需要选项。", "A choice needs options."),
    "options-uneven": ("英文选项与中文选项数目不同。", "There are not as many English options as Chinese ones."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person finds it: file, sheet, row as the spreadsheet counts, header of the column."""

    file: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None

    def at(self, row: int | None = None, column: str | None = None) -> Place:
        return replace(self, row=self.row if row is None else row, column=column)

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.file, self.sheet, self.row) if part is not None)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `words` fill its sentence."""

    place: Place
    code: str
    value: str | None = None
    words: dict[str, Any] = field(default_factory=dict)

    def reason(self, locale: str) -> str:
        chinese, english = SENTENCES[self.code]
        return (english if locale == "en" else chinese).format_map(self.words)

    def wire(self, locale: str) -> dict[str, Any]:
        """As a door answers it."""
        place = self.place
        return {
            "file": place.file, "sheet": place.sheet, "row": place.row, "column": place.column,
            "value": self.value, "code": self.code, "reason": self.reason(locale),
        }  # fmt: skip


class Bad(Exception):
    """A cell cannot be what its column needs; the caller knows where the cell is."""

    def __init__(self, code: str, **words: Any):
        super().__init__(code)
        self.code = code
        self.words = words


def shown(value: Any) -> str | None:
    """An offending value as it is repeated to the person: short, and without what a screen cannot show."""
    if value is None or value == "":
        return None
    text = "".join(c if c.isprintable() else "�" for c in str(value))
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
