"""What the rule restricts: each switch that can be turned on, since when it stands as it does, and what is not built.

A switch is read from the environment. That it was changed is noticed at the next start, or by `fieldapp compliance`:
then the day is kept, and turning one on is audited.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.core import audit, clock, passing
from fieldapp.core.changes import insert
from fieldapp.core.db import Database
from fieldapp.core.models import Fact
from fieldapp.settings import Settings

log = logging.getLogger("fieldapp.compliance")


@dataclass(frozen=True)
class Restricted:
    """A switch that is off by default because of a rule."""

    setting: str
    zh: str
    en: str
    rule: str
    when: bool = True  # the value at which it is on

    def is_on(self, settings: Settings) -> bool:
        return bool(getattr(settings, self.setting)) == self.when

    @property
    def variable(self) -> str:
        return f"FIELDAPP_{self.setting.upper()}"

    def line(self, on: bool) -> str:
        """What the server's settings say for it to be so."""
        return f"{self.variable}={'yes' if on == self.when else 'no'}"


@dataclass(frozen=True)
class Standing:
    switch: Restricted
    on: bool
    since: datetime


RESTRICTED = (
    Restricted(
        "officer_filter",
        "负责人可按人员筛选走访名单和地图（每次使用记入操作日志）",
        "Leads may filter visits and the map by officer (each use is audited)",
        "国办函〔2026〕12号：不得异化为工作考核日常化的主要载体；个人信息保护法：行踪信息最小必要",
    ),
    Restricted(
        "three_powers",
        "系统管理员可自行授予角色（不再三员分立）",
        "The system administrator grants roles alone (the three powers are not kept apart)",
        "网络安全等级保护（GB/T 22239-2019）：系统管理员、安全管理员、审计管理员权限分离、相互制约",
        when=False,
    ),
)
# What the same rule forbids and this application does not have, in no setting.
ABSENT = (
    ("打卡签到", "punch clock"),
    ("积分、排名", "points, rankings of people"),
    ("在线时长统计", "time online"),
    ("后台定位、行踪轨迹", "position in the background, tracks"),
    ("强制上传照片、视频、位置", "photos, videos or positions that must be given"),
    ("强制安装、强制定期登录", "forced installing, forced signing in"),
    ("重复填报：一次登记供各类台账共用", "entering twice: one entry feeds every ledger"),
    ("广告、付费、第三方统计", "advertising, charges, third parties' statistics"),
)


def turned_on(settings: Settings) -> list[Restricted]:
    return [one for one in RESTRICTED if one.is_on(settings)]


def note(database: Database, settings: Settings) -> list[Standing]:
    """How each switch stands and since when; a change since the last look is written down."""
    with database.reading() as session:
        known = _known(session)
    if any(known.get(one.setting, (None,))[0] != one.is_on(settings) for one in RESTRICTED):
        try:
            known = database.write(lambda session: _note_changes(session, settings))
        except Exception as error:
            if not passing.passes(error):
                raise
            log.warning("a switch was not noted", exc_info=error)  # a full disk keeps no server from starting
            known = {one.setting: (one.is_on(settings), clock.now()) for one in RESTRICTED}
    standing = [Standing(one, *known[one.setting]) for one in RESTRICTED]
    for one in standing:
        if one.on:
            since = one.since.isoformat(timespec="minutes")
            facts = {"switch": one.switch.variable, "since": since, "rule": one.switch.rule}
            log.warning("a restricted switch is on", extra={"facts": facts})
    return standing


def _known(session: Session) -> dict[str, tuple[bool, datetime]]:
    names = [_fact(one) for one in RESTRICTED]
    rows = session.execute(select(Fact.name, Fact.value).where(Fact.name.in_(names)))
    read = {name.removeprefix("switch:"): json.loads(value) for name, value in rows}
    return {name: (bool(said["on"]), datetime.fromisoformat(said["since"])) for name, said in read.items()}


def _fact(switch: Restricted) -> str:
    return f"switch:{switch.setting}"


def _note_changes(session: Session, settings: Settings) -> dict[str, tuple[bool, datetime]]:
    known, now = _known(session), clock.now()
    for one in RESTRICTED:
        on = one.is_on(settings)
        before = known.get(one.setting)
        if before is not None and before[0] == on:
            continue
        known[one.setting] = (on, now)
        value = json.dumps({"on": on, "since": now.isoformat()})
        row = insert(session, Fact).values(name=_fact(one), value=value)
        session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
        if on or before is not None:
            audit.record(session, None, "switch.on" if on else "switch.off", "setting", one.variable)
    return known
