"""The five sheets and their columns, as the template has them. A heading is known in either language."""

from dataclasses import dataclass

PROJECTS, USERS, UNITS, ASSIGNMENTS, CONTACTS = "projects", "users", "units", "assignments", "contacts"


@dataclass(frozen=True)
class Column:
    name: str
    zh: str
    en: str
    needed: bool = False
    most: int = 120  # characters
    hint_zh: str = ""
    hint_en: str = ""
    choices: tuple[str, ...] = ()  # offered by the template, in Chinese


@dataclass(frozen=True)
class Sheet:
    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]

    @property
    def titles(self) -> tuple[str, str, str]:
        return (self.zh, self.en, self.name)

    def column(self, name: str) -> Column:
        return next(one for one in self.columns if one.name == name)


YES, NO = "是", "否"
# The fourteen of the table `stage`, which nobody edits.
STAGES = (
    "洽谈", "签约", "注册立项", "供地", "拿地交地", "规划许可", "施工许可", "开工", "主体施工", "设备安装", "竣工验收",
    "试产", "投产", "达产达效",
)  # fmt: skip
_ENTERPRISE = Column("enterprise", "企业名称", "Enterprise", needed=True)
_USCC = Column("uscc", "统一社会信用代码", "Credit code", most=30)

# In the order in which one sheet's rows may name what another's make.
SHEETS = (
    Sheet(UNITS, "承办单位", "Units", (
        Column("name", "单位名称", "Unit", needed=True, most=80),
        Column("order", "顺序", "Order", hint_zh="组织序列，从 0 起", hint_en="in organisation order, from 0"),
    )),
    Sheet(USERS, "用户", "Users", (
        Column("username", "用户名", "Account", needed=True, most=60,
               hint_zh="小写字母开头，可含数字", hint_en="begins with a letter, lower case"),
        Column("name", "姓名", "Name", needed=True, most=60),
        Column("role", "角色", "Role", needed=True, choices=("服务专员", "团队负责人", "登记员", "承办单位")),
        Column("team", "团队", "Team", most=80, hint_zh="没有的会新建", hint_en="made if there is none"),
        Column("unit", "承办单位", "Unit", most=80,
               hint_zh="承办单位账号填写", hint_en="for a handling unit's account"),
        Column("duty", "分工", "Duty", choices=("统筹", "带队", "队员", "帮办代办", "首席服务官")),
    )),
    Sheet(PROJECTS, "项目", "Projects", (
        _ENTERPRISE,
        _USCC,
        Column("short_name", "企业简称", "Short name", most=60),
        Column("sector", "行业", "Sector", most=80),
        Column("name", "项目名称", "Project", needed=True),
        Column("phase", "期", "Phase", most=20, hint_zh="如：一期", hint_en="such as 一期"),
        Column("stage", "阶段", "Stage", needed=True, choices=STAGES,
               hint_zh="S00 至 S13，或阶段名称", hint_en="S00 to S13, or its name"),
        Column("area", "片区", "Area", most=80, hint_zh="须已建立", hint_en="must exist"),
        Column("key_project", "重点项目", "Key project", choices=(YES, NO)),
        Column("lat", "纬度", "Latitude", hint_zh="如 37.10012", hint_en="such as 37.10012"),
        Column("lng", "经度", "Longitude", hint_zh="如 119.64021", hint_en="such as 119.64021"),
        Column("crs", "坐标系", "Datum", choices=("WGS-84", "GCJ-02", "BD-09"),
               hint_zh="空：WGS-84", hint_en="empty: WGS-84"),
        Column("investment", "总投资（万元）", "Investment (10,000 yuan)"),
        Column("site_area", "用地（亩）", "Land (mu)"),
        Column("contact_every_days", "联系频次（天）", "Contact every (days)"),
    )),
    Sheet(ASSIGNMENTS, "挂点", "Assignments", (
        Column("project", "项目名称", "Project", needed=True),
        Column("phase", "期", "Phase", most=20),
        Column("enterprise", "企业名称", "Enterprise",
               hint_zh="项目重名时填写", hint_en="where two projects share a name"),
        Column("username", "用户名", "Account", most=60, hint_zh="专员或团队填一个", hint_en="an officer or a team"),
        Column("team", "团队", "Team", most=80),
        Column("role", "责任", "Part", choices=("主责", "协同"), hint_zh="空：主责", hint_en="empty: 主责 (main)"),
        Column("starts_on", "生效日期", "From", hint_zh="空：今天", hint_en="empty: today"),
        Column("ends_on", "失效日期", "Until", hint_zh="最后一天；空：长期", hint_en="the last day; empty: open"),
    )),
    Sheet(CONTACTS, "联系人", "Contacts", (
        _ENTERPRISE,
        _USCC,
        Column("name", "姓名", "Name", needed=True, most=60),
        Column("title", "职务", "Job title", most=60),
        Column("phone", "电话", "Telephone", most=30),
    )),
)  # fmt: skip


def sheet(name: str) -> Sheet:
    return next(one for one in SHEETS if one.name == name)
