"""What `fieldapp compliance` prints: for the file that goes with the registration (备案), in both languages."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fieldapp.compliance.switches import ABSENT, Standing
from fieldapp.settings import Settings


def of_compliance(standing: Sequence[Standing], settings: Settings) -> str:
    there = ZoneInfo(settings.timezone)
    lines = ["受限开关 Restricted switches"]
    for one in standing:
        state = "已打开 ON " if one.on else "已关闭 off"
        lines += [
            f"  {state}  {one.switch.variable}  自 since {one.since.astimezone(there):%Y-%m-%d %H:%M}",
            f"      {one.switch.zh} / {one.switch.en}",
            f"      {one.switch.rule}",
        ]
    lines += ["", "保存期限 Kept for (days; 0: for ever)"]
    lines += [f"  {name}={getattr(settings, key)}" for name, key in (
        ("FIELDAPP_KEEP_POSITIONS_DAYS", "keep_positions_days"), ("FIELDAPP_KEEP_PHOTOS_DAYS", "keep_photos_days"),
    )]  # fmt: skip
    lines += ["", "须公布事项 To be published (/about)"]
    lines += [f"  {zh} {name}: {getattr(settings, key) or '未填写 not filled in'}" for zh, name, key in (
        ("主办单位", "FIELDAPP_ORGANISER", "organiser"),
        ("联系方式", "FIELDAPP_ORGANISER_CONTACT", "organiser_contact"),
        ("备案编号", "FIELDAPP_FILING_NUMBER", "filing_number"), ("停止服务", "FIELDAPP_STOPS_ON", "stops_on"),
    )]  # fmt: skip
    lines += ["", "本系统没有的功能 What this system does not have"]
    return "\n".join([*lines, *(f"  {zh} / {en}" for zh, en in ABSENT)])
