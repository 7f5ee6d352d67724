"""What is said of a workbook and its lines."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fieldapp.core.i18n import locale_name
from fieldapp.sheets.columns import sheet
from fieldapp.sheets.models import CHECKED, DONE, DROPPED, REFUSED, WAITING, WANTED

STATES = {
    WAITING: _l("Being checked"),
    CHECKED: _l("Checked, not brought in"),
    WANTED: _l("Being brought in"),
    DONE: _l("Brought in"),
    REFUSED: _l("Cannot be read"),
    DROPPED: _l("Dropped"),
}
# A code of `reading.Unreadable`, of `values.Bad` or of a warning; `%(…)s` are what it carries.
PROBLEMS = {
    "no-workbook": _l("This is no .xlsx workbook, or it is damaged. Please save it as “Excel workbook (.xlsx)”."),
    "too-big": _l("Unpacked, this workbook is too big. Please leave pictures and old sheets out, or split it."),
    "too-many-rows": _l("More than %(most)s lines. Please split the workbook."),
    "no-sheet": _l("No sheet has a name that is known. Please fill in the template."),
    "no-heading": _l("The sheet “%(sheet)s” has no column “%(heading)s”. Please fill in the template."),
    "sheet-twice": _l("There are two sheets for the same thing: “%(sheet)s”."),
    "missing": _l("is needed"),
    "too-long": _l("has more than %(most)s characters"),
    "no-number": _l("“%(said)s” is no number"),
    "out-of-range": _l("should be from %(least)s to %(most)s"),
    "no-day": _l("“%(said)s” is no date; such as 2026-11-22"),
    "no-truth": _l("“%(said)s”: please write 是 or 否"),
    "half-point": _l("a position needs both latitude and longitude"),
    "no-datum": _l("“%(said)s”: WGS-84, GCJ-02 or BD-09"),
    "no-stage": _l("there is no stage “%(said)s”: S00 to S13, or a name that the template offers"),
    "no-area": _l("there is no area “%(said)s”; please make it first"),
    "two-areas": _l("two areas are called “%(said)s”"),
    "no-code": _l("“%(said)s” does not have 18 characters"),
    "odd-code": _l("the last character does not check; it is taken as it is"),
    "code-of-another": _l("this code belongs to “%(said)s”"),
    "name-of-another": _l("“%(said)s” is there with another code"),
    "no-enterprise": _l("there is no enterprise “%(said)s”"),
    "two-enterprises": _l("two enterprises are called “%(said)s”; please give the code"),
    "no-project": _l("there is no project “%(said)s” of this phase"),
    "two-projects": _l("two projects are called “%(said)s”; please give the enterprise"),
    "archived": _l("is archived; please take it back first"),
    "disabled": _l("this account is disabled"),
    "no-account": _l("there is no account “%(said)s”"),
    "username-form": _l("“%(said)s”: small letters, digits, . _ -, beginning with a letter, at least two"),
    "no-role": _l("“%(said)s” is no role that a workbook can give"),
    "no-duty": _l("there is no duty “%(said)s”"),
    "team-needed": _l("an officer and a lead belong to a team"),
    "no-team": _l("there is no team “%(said)s”"),
    "unit-needed": _l("a handling unit's account needs its unit"),
    "unit-apart": _l("only a handling unit's account has a unit"),
    "no-unit": _l("there is no unit “%(said)s”"),
    "no-part": _l("“%(said)s”: 主责 or 协同"),
    "one-of-two": _l("please give either an account or a team"),
    "ends-early": _l("the last day is before the first"),
    "no-phone": _l("“%(said)s” is no telephone number"),
    "twice": _l("the same as line %(said)s"),
    "otherwise": _l("line %(said)s says something else of it"),
}


def problem(code: str, said: Mapping[str, Any]) -> str:
    return str(PROBLEMS[code]) % said if said else str(PROBLEMS[code])


def sheet_title(name: str) -> str:
    found = sheet(name)
    return found.en if locale_name() == "en" else found.zh


def column_title(of: str, name: str) -> str:
    if not name:
        return ""
    found = sheet(of).column(name)
    return found.en if locale_name() == "en" else found.zh


def finding(one: Mapping[str, Any]) -> str:
    """项目名称：须填写, the column first, where it is one column's."""
    title, text = column_title(one["sheet"], one["column"]), problem(one["code"], one["said"])
    return str(_("%(column)s: %(problem)s", column=title, problem=text)) if title else text
