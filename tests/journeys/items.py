"""A checklist with every type of item the contract knows."""

from __future__ import annotations

from typing import Any

from tests.cast import BLANK_ITEM


def every_item() -> list[dict[str, Any]]:
    """One item of each type; a fault shows one more, a failure asks for a note."""
    items = (
        {"id": "power", "label": "电源指示", "label_en": "Power light", "type": "check", "mandatory": True,
         "on_fail": ["note"]},
        {"id": "fault", "label": "故障现象", "label_en": "What fails", "type": "text", "mandatory": True,
         "show_if": {"item": "power", "op": "=", "value": "fail"}},
        {"id": "volt", "label": "输入电压", "label_en": "Input voltage", "type": "number", "unit": "V", "min": "210",
         "max": "235", "mandatory": True},
        {"id": "mode", "label": "运行方式", "label_en": "Mode", "type": "choice", "options": ["自动", "手动"],
         "options_en": ["Automatic", "Manual"], "mandatory": True},
        {"id": "until", "label": "下次更换", "label_en": "Replace by", "type": "date"},
        {"id": "plate", "label": "铭牌照片", "label_en": "Nameplate", "type": "photo"},
        {"id": "lens", "label": "镜头清洁前后", "label_en": "Lens before and after", "type": "photo_pair"},
        {"id": "tag", "label": "设备二维码", "label_en": "Asset tag", "type": "scan"},
        {"id": "seen", "label": "现场人员签字", "label_en": "Signed on site", "type": "signature"},
    )  # fmt: skip
    return [{**BLANK_ITEM, "group": "机柜", "group_en": "Cabinet", **item} for item in items]
