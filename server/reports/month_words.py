"""The words of the month's report on paper, in both languages: Chinese, English."""

FIGURE_WORDS: dict[str, tuple[str, str]] = {
    "registered": ("登记报修", "Reported"), "cancelled": ("取消", "Cancelled"), "merged": ("合并", "Merged"),
    "accountable": ("应处理", "To be resolved"), "resolved": ("已解决", "Resolved"),
    "unresolved": ("未解决", "Unresolved"), "level_1": ("Ⅰ级", "Level Ⅰ"), "level_2": ("Ⅱ级", "Level Ⅱ"),
    "level_3": ("Ⅲ级", "Level Ⅲ"), "consultations": ("咨询", "Consultations"), "reopened": ("重新打开", "Reopened"),
    "patrols": ("计划巡检", "Patrols planned"), "patrols_missed": ("漏做巡检", "Patrols missed"),
    "patrols_excused": ("免除巡检", "Patrols excused"),
    "patrols_due": ("应巡检", "Patrols due"), "patrols_done": ("完成巡检", "Patrols done"),
    "repaired": ("修复", "Repaired"), "repaired_once": ("一次修复", "Repaired the first time"),
    "repaired_again": ("30 天内复发", "Failed again within 30 days"), "ratings": ("满意度评价", "Ratings"),
    "response_time": ("已响应", "Responded"), "handling_time": ("已完工", "Work finished"),
    "defects": ("巡检缺陷", "Defects found"), "parts_used": ("更换备件记录", "Parts fitted (records)"),
    "respond_due": ("响应到期", "Responses due"), "respond_met": ("按时响应", "Responses in time"),
    "respond_declared": ("响应延期说明", "Responses with a declared delay"),
    "arrive_due": ("到场到期", "Arrivals due"), "arrive_met": ("按时到场", "Arrivals in time"),
    "arrive_declared": ("到场延期说明", "Arrivals with a declared delay"),
    "resolve_due": ("解决到期", "Resolutions due"), "resolve_met": ("按时解决", "Resolutions in time"),
    "resolve_declared": ("解决延期说明", "Resolutions with a declared delay"),
}  # fmt: skip
RATE_WORDS: dict[str, tuple[str, str]] = {
    "resolution": ("解决率", "Resolution rate"), "respond_in_time": ("响应及时率", "Responded in time"),
    "arrive_in_time": ("到场及时率", "Arrived in time"), "resolve_in_time": ("解决及时率", "Resolved in time"),
    "first_time": ("一次修复率", "First-time fix"), "patrol_completion": ("巡检完成率", "Patrol completion"),
    "satisfaction": ("满意度", "Satisfaction"), "response_hours": ("平均响应时长(小时)", "Mean response (hours)"),
    "handling_hours": ("平均处理时长(小时)", "Mean handling (hours)"),
}  # fmt: skip
OTHER_WORDS: dict[str, tuple[str, str]] = {
    "title": ("质量月报", "Monthly quality report"), "rates": ("指标", "Indicators"), "value": ("本月", "This month"),
    "was": ("上月", "Last month"), "aim": ("目标", "Aim"), "count": ("数量", "Count"), "of": ("基数", "Out of"),
    "figures": ("统计", "Statistics"), "types": ("类型", "Types"),
    "sites": ("维修统计表", "Repairs and patrols by site"),
    "site": ("现场", "Site"), "category": ("类别", "Category"), "symptom": ("故障现象", "Symptom"),
    "asset_class": ("产品", "Product"), "quarter": ("季度指标", "Quarter"), "analysis": ("分析", "Analysis"),
    "improvements": ("改进措施", "Improvements"), "share": ("占比", "Share"), "trend": ("趋势", "Trend"),
    "month": ("月份", "Month"), "total": ("合计", "Total"), "rank": ("排名", "Rank"),
    "complaints": ("投诉", "Complaints"), "in_time": ("按时答复的投诉", "Complaints answered in time"),
    "made": ("统计时间", "Counted at"),
}  # fmt: skip
