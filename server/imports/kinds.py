"""The kinds of sheet we read, as a table: what a kind is called, its columns, its business key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server.imports.columns import Column, column, fitting
from server.imports.values import (
    LARGEST,
    asset_class,
    cents,
    day,
    degrees,
    in_use,
    integer,
    one_of,
    several,
    text,
    yes_no,
)
from server.models import (
    Article,
    Asset,
    CatalogueEntry,
    ChecklistVersion,
    Customer,
    Part,
    Point,
    PriceItem,
    Site,
    User,
)
from sync.rules import rule

ROLE_NAMES = {
    "工程师": "engineer", "维修工程师": "engineer", "班长": "crew_lead", "组长": "crew_lead", "crew lead": "crew_lead",
    "调度": "dispatcher", "调度员": "dispatcher", "话务员": "operator", "客服": "operator", "主管": "supervisor",
    "技术专家": "specialist", "technical specialist": "specialist", "副总经理": "deputy_gm", "deputy gm": "deputy_gm",
    "模块负责人": "module_head", "module head": "module_head", "部门负责人": "department_head",
    "department head": "department_head", "备件员": "storekeeper", "库管": "storekeeper", "库管员": "storekeeper",
    "回访员": "call_back", "call back": "call_back", "call-back": "call_back", "管理员": "admin",
    "administrator": "admin", "engineer": "engineer", "dispatcher": "dispatcher", "operator": "operator",
    "supervisor": "supervisor", "storekeeper": "storekeeper",
}  # fmt: skip
POLICY_NAMES = {
    str(name).casefold(): code
    for code, policy in rule("sla")["policies"].items()
    for name in (code, policy["name"], policy["name_en"])
}
CATALOGUE_NAMES = {
    "现象": "symptom", "故障现象": "symptom", "原因": "cause", "故障原因": "cause",
    "措施": "action", "处理措施": "action",
    "暂停原因": "pause_reason", "未完成原因": "cannot_reason", "免签原因": "waive_reason", "拒单原因": "decline_reason",
    "改派原因": "reassign_reason", "取消原因": "cancel_reason", "延期原因": "delay_reason", "挂起原因": "hold_reason",
    "改约原因": "rebook_reason", "symptoms": "symptom", "causes": "cause", "actions": "action",
}  # fmt: skip
CHECKLIST_NAMES = {
    "出发清单": "departure", "出发": "departure", "维修": "repair", "维修作业": "repair", "月巡查": "monthly",
    "月度": "monthly", "季度巡查": "quarterly", "季度": "quarterly", "半年保养": "half_year", "半年": "half_year",
    "half year": "half_year", "half-year": "half_year",
}  # fmt: skip
ITEM_TYPE_NAMES = {
    "判定": "check", "检查": "check", "数值": "number", "数字": "number", "文本": "text", "文字": "text",
    "选择": "choice", "单选": "choice", "日期": "date", "照片": "photo", "对比照片": "photo_pair",
    "photo pair": "photo_pair", "扫码": "scan", "签字": "signature", "签名": "signature",
}  # fmt: skip
ON_FAIL_NAMES = {"缺陷": "defect", "拍照": "photo", "照片": "photo", "备注": "note"}
WAREHOUSE_NAMES = frozenset({"总库", "仓库", "中心库", "warehouse"})
OUTLET_NAMES = frozenset({"网点", "网点库", "outlet"})


@dataclass(frozen=True, slots=True)
class Kind:
    """`key` names the fields that tell rows apart. `hints`: words of a sheet's or file's name that suggest it."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    hints: tuple[str, ...] = ()
    label: tuple[str, str] = ("", "")

    def column(self, field: str) -> Column:
        return next(one for one in self.columns if one.field == field)


def _for(model: Any) -> Callable[..., Column]:
    """Columns whose texts are as long as the model's."""

    def make(field: str, headers: str, read: Any = None, *, required: bool = False) -> Column:
        return column(field, headers, read or fitting(model, field), required=required)

    return make


def _user() -> Kind:
    of = _for(User)
    return Kind(
        "user",
        (
            of("number", "工号|员工编号|Employee No|Staff No|User number", required=True),
            of("name", "姓名|Full name", required=True),
            of("login", "登录名|账号|用户名|Account|Username", required=True),
            of("roles", "角色|岗位|Role", several(one_of(ROLE_NAMES)), required=True),
            column("team", "班组|所属班组|Crew", text(200)),
            of("phone", "手机|电话|联系电话|Mobile|Telephone"),
            of("skills", "技能|资质|Skill", several(text(100))),
            of("name_en", "英文名|English name"),
            column("password", "初始密码|密码|Initial password", text(200)),
            of("active", "在职|启用|Enabled", in_use),
        ),
        ("number",),
        ("用户", "人员", "员工", "user", "staff", "people"),
        ("用户", "user"),
    )


def _customer() -> Kind:
    of = _for(Customer)
    return Kind(
        "customer",
        (
            of("number", "客户编号|客户编码|Customer No|Customer number|Customer code", required=True),
            of("name", "客户名称|客户|Customer name|Customer", required=True),
            of("kind", "客户类型|类型|Customer type|Type"),
            of("contract_number", "服务合同号|合同号|合同编号|Contract|Contract No"),
            of("sla_policy", "SLA 策略|SLA|服务等级|Policy", one_of(POLICY_NAMES, "default")),
            of("contract_from", "合同起始|合同开始|Contract start", day),
            of("contract_to", "合同截止|合同到期|Contract end", day),
            column("contact_name", "联系人|Contact|Contact person", text(200)),
            column("contact_phone", "联系电话|电话|Phone|Contact telephone", text(32)),
            of("note", "备注|Remark|Remarks|Notes"),
        ),
        ("number",),
        ("客户", "customer"),
        ("客户", "customer"),
    )


def _site() -> Kind:
    of = _for(Site)
    return Kind(
        "site",
        (
            of("number", "现场编号|站点编号|项目编号|Site No|Site number|Site code", required=True),
            of("name", "现场名称|站点名称|项目名称|Site name", required=True),
            column("customer", "客户编号|客户编码|Customer No|Customer number|Customer code", text(64), required=True),
            of("address", "地址|Site address"),
            of("lat", "纬度|Latitude", degrees(90)),
            of("lng", "经度|Longitude|Lon", degrees(180)),
            of("contact_name", "联系人|Contact|Contact person"),
            of("contact_phone", "联系电话|电话|Phone|Contact telephone"),
            of("responsible", "责任人|负责人|Responsible person"),
            of("accepted_on", "验收日期|交付日期|Acceptance date|Accepted", day),
            of("access_notes", "进场须知|进场说明|Access|Access instructions"),
        ),
        ("number",),
        ("现场", "站点", "site"),
        ("现场", "site"),
    )


def _asset() -> Kind:
    of = _for(Asset)
    return Kind(
        "asset",
        (
            of("number", "设备编号|设备编码|资产编号|Asset No|Asset number|Asset code", required=True),
            column("site", "现场编号|站点编号|Site No|Site number|Site code", text(64), required=True),
            of("name", "名称|设备名称|Asset name", required=True),
            of("asset_class", "类别|设备类别|系统|Class", asset_class),
            of("brand", "品牌|Make|Manufacturer"),
            of("model", "型号|规格型号|Model No"),
            of("serial", "序列号|出厂编号|SN|Serial No|Serial number"),
            of("quantity", "数量|Qty", integer(1, 1_000_000, 1)),
            of("protocol", "协议|Protocols"),
            of("software_version", "软件版本|固件版本|Firmware|Version"),
            of("connection", "连接方式|接线方式|Connected by"),
            of("location", "安装位置|位置|Installed at"),
            of("installed_on", "安装日期|Installation date|Installed", day),
            of("warranty_until", "保修截止|质保截止|Warranty end|Warranty", day),
            of("keep_box", "保留包装|Keep packaging", yes_no),
            of("note", "备注|Remark|Remarks|Notes"),
        ),
        ("number",),
        ("设备", "资产", "asset", "equipment"),
        ("设备", "asset"),
    )


def _point() -> Kind:
    of = _for(Point)
    return Kind(
        "point",
        (
            column("site", "现场编号|站点编号|Site No|Site number|Site code", text(64), required=True),
            of("code", "点位编码|点位编号|编码|Point code|Point No|Code", required=True),
            of("name", "点位名称|名称|点位|Point|Point name|Name", required=True),
            of("name_en", "英文名|English name|English"),
            of("location", "位置|安装位置|Location|Where"),
            of("token", "二维码|二维码内容|标签内容|QR|QR code|Token"),
            of("item_ids", "检查项|检查条目|条目编码|Items|Checklist items", several(text(64))),
            of("sort", "顺序|序号|Order", integer(0, 100_000, None)),
            of("active", "启用|Enabled", in_use),
        ),
        ("site", "code"),
        ("点位", "point"),
        ("点位", "point"),
    )


def _part() -> Kind:
    of = _for(Part)
    return Kind(
        "part",
        (
            of("number", "备件编号|备件编码|物料编号|Part No|Part number|Part code", required=True),
            of("name", "名称|备件名称|Part name", required=True),
            of("name_en", "英文名|English name"),
            of("brand", "品牌|Make|Manufacturer"),
            of("spec", "规格型号|规格|型号|Specification|Model"),
            of("unit", "单位|UoM"),
            of("serialised", "是否序列号管理|序列号管理|Serialized|Tracked by serial", yes_no),
            of("min_stock", "最低库存|安全库存|Minimum stock|Min stock", integer(0, 1_000_000)),
            of("price_cents", "单价(元)|单价|价格|Price|Unit price|Price (CNY)", cents),
        ),
        ("number",),
        ("备件", "part"),
        ("备件", "part"),
    )


def _price_item() -> Kind:
    of = _for(PriceItem)
    return Kind(
        "price_item",
        (
            of("code", "编号|项目编号|编码|Item No|Item code", required=True),
            of("name", "项目|收费项目|项目名称|Item", required=True),
            of("name_en", "英文名|English name"),
            of("unit", "单位|UoM"),
            of("price_cents", "单价(元)|单价|价格|Price|Unit price|Price (CNY)", cents, required=True),
            of("note", "说明|备注|Remark|Remarks|Notes"),
        ),
        ("code",),
        ("价目", "收费", "price"),
        ("价目", "price item"),
    )


def _stock() -> Kind:
    columns = (
        column("location", "库位|仓库|保管人|Holder|Keeper|Stock of", text(200), required=True),
        column("part", "备件编号|备件编码|物料编号|Part No|Part number|Part code", text(64), required=True),
        column("quantity", "数量|库存|Qty|On hand", integer(-LARGEST, LARGEST, None), required=True),
    )
    return Kind("stock", columns, ("location", "part"), ("库存", "stock"), ("库存", "stock"))


def _catalogue() -> Kind:
    of = _for(CatalogueEntry)
    return Kind(
        "catalogue_entry",
        (
            of("kind", "类型|目录类型|Type", one_of(CATALOGUE_NAMES)),
            of("code", "编码|代码", required=True),
            of("name", "名称|Name (zh)", required=True),
            of("name_en", "英文名|English|English name"),
            of("asset_class", "适用类别|类别|设备类别|Class", asset_class),
            of("sort", "排序|序号|Order", integer(0, 1_000_000)),
            of("active", "启用|Enabled", in_use),
        ),
        ("kind", "code"),
        (*CATALOGUE_NAMES, "目录", "catalogue"),
        ("目录", "catalogue entry"),
    )


def _checklist() -> Kind:
    of = _for(ChecklistVersion)
    return Kind(
        "checklist_version",
        (
            of("code", "编码|检查表编码|Checklist code", required=True),
            of("name", "名称|检查表|检查表名称|Checklist", required=True),
            of("name_en", "英文名|English name"),
            of("kind", "类型|用途|Type", one_of(CHECKLIST_NAMES), required=True),
            of("version", "版本|版本号", required=True, read=_version),
        ),
        ("code", "version"),
        ("检查表", "目录", "checklist"),
        ("检查表", "checklist"),
    )


def _version(cell: Any) -> int | None:
    """The whole number of a version: 2, V2, 2.0 and 2.1 are all the second, and a second has one set of items."""
    written = text(16)(cell).casefold().removeprefix("v").removeprefix("第").removesuffix("版").partition(".")
    return integer(1, 100_000, None)(written[0])


def _items() -> Kind:
    columns = (
        column("sort", "序号|No|Order", text(16)),
        column("id", "条目编码|编码|Item code|Item id|Code", text(64), required=True),
        column("group", "分组|Section", text(200)),
        column("group_en", "分组英文|Section (en)|Section English|Group English", text(200)),
        column("label", "项目|检查项|检查内容|Item", text(500), required=True),
        column("label_en", "英文|项目英文|English|Item English", text(500)),
        column("type", "类型|Answer type", one_of(ITEM_TYPE_NAMES), required=True),
        column("mandatory", "必填|Required", yes_no),
        column("unit", "单位|UoM", text(32)),
        column("min", "下限|最小值|Minimum|Lower limit"),
        column("max", "上限|最大值|Maximum|Upper limit"),
        column("options", "选项|Choices"),
        column("options_en", "选项英文|Options English|Choices English"),
        column("fail_options", "不合格选项|Failing options"),
        column("show_if", "显示条件|Condition|Show when", text(200)),
        column("on_fail", "不合格处理|On failure", several(one_of(ON_FAIL_NAMES))),
        column("help", "说明|帮助|Hint"),
        column("help_en", "说明英文|Help English|Hint English"),
    )
    return Kind("checklist_item", columns, ("id",), ("检查", "巡查", "保养", "checklist"), ("检查项", "checklist item"))


def _article() -> Kind:
    of = _for(Article)
    return Kind(
        "article",
        (
            of("number", "编号|文章编号|Article No|Article number", required=True),
            of("title", "标题|题目", required=True),
            of("title_en", "英文标题|English title"),
            of("asset_class", "适用类别|类别|Class", asset_class),
            of("brand", "品牌|Make|Manufacturer"),
            of("keywords", "关键词|Tags"),
            of("symptom_codes", "相关现象|现象|Symptoms|Symptom codes", several(text(64))),
            of("text", "正文|内容|Body|Content", required=True),
            of("summary_en", "英文摘要|English summary"),
            of("review_on", "复审日期|复审|Review date", day),
        ),
        ("number",),
        ("知识", "knowledge", "article"),
        ("知识文章", "article"),
    )


# In the order of their references: what is named comes before what names it.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _user(), _customer(), _site(), _asset(), _part(), _price_item(), _stock(), _catalogue(), _checklist(),
        _items(), _article(), _point(),
    )
}  # fmt: skip
# What may stand in an address: `/api/import/sites`; a checklist is its list and its items.
ADDRESSED: dict[str, tuple[str, ...]] = {
    "users": ("user",), "customers": ("customer",), "sites": ("site",), "assets": ("asset",), "parts": ("part",),
    "prices": ("price_item",), "stock": ("stock",), "catalogue": ("catalogue_entry",),
    "checklists": ("checklist_version", "checklist_item"), "articles": ("article",), "points": ("point",),
    **{name: (name,) for name in KINDS},
}  # fmt: skip
ADDRESSED["checklist_version"] = ADDRESSED["checklists"]
