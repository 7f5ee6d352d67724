"""What the forms under a visit say: a correction, where it belongs, a photo that is taken back.

`behaviours/supplement_form.js` reads the same forms where there is no network, and comes to the same supplement.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from fieldapp.core import clock
from fieldapp.core.db import new_id
from fieldapp.feed.forms import MAX_LINE, MAX_TEXT, clean, id_of, too_long
from fieldapp.visits.models import Visit

TEXTS = ("content", "progress", "needs", "problems", "answers")
LINES = ("met_name", "met_title")
FIELDS = ("kind", "occurred_at", *TEXTS, "stage", "progress_percent", *LINES, "outside", "programmes", "next_text",
          "next_on", "point", "sensitive")  # fmt: skip
POINT = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,9})?)\s*[,，]\s*(-?[0-9]{1,3}(?:\.[0-9]{1,9})?)")
MINUTE = "%Y-%m-%dT%H:%M"


@dataclass
class Correction:
    """The fields of a visit as a form shows them: texts all of them, by the names of its inputs."""

    id: UUID
    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, visit: Visit, zone: str) -> "Correction":
        met = visit.met[0] if visit.met else {}
        return cls(
            new_id(),
            {
                "kind": visit.kind,
                "occurred_at": visit.occurred_at.astimezone(ZoneInfo(zone)).strftime(MINUTE),
                **{name: clean(getattr(visit, name)) for name in TEXTS},
                "stage": visit.stage,
                "outside": "\n".join(map(outsider, visit.outside)),
                "programmes": " ".join(sorted(visit.programmes)),
                "point": "" if visit.lat is None or visit.lng is None else f"{visit.lat:.6f}, {visit.lng:.6f}",
                "progress_percent": "" if visit.progress_percent is None else str(visit.progress_percent),
                "met_name": met.get("name", ""),
                "met_title": met.get("title", ""),
                "next_text": clean(visit.next_step),
                "next_on": visit.next_step_on.isoformat() if visit.next_step_on else "",
                "sensitive": "1" if visit.sensitive else "",
            },
        )

    @classmethod
    def read(cls, form: MultiDict[str, str]) -> "Correction":
        values = {name: clean(form.get(name)) for name in FIELDS}
        values["programmes"] = " ".join(sorted({clean(code)[:40] for code in form.getlist("programmes")} - {""}))
        values["occurred_at"] = values["occurred_at"].replace("/", "-").replace(" ", "T")[:16]
        made = cls(id_of(form.get("id")), values)
        made._check()
        return made

    def _check(self) -> None:
        most = dict.fromkeys((*TEXTS, "outside", "next_text"), MAX_TEXT) | dict.fromkeys(LINES, MAX_LINE)
        for name, size in most.items():
            if len(self.values[name]) > size:
                self.errors[name] = too_long(len(self.values[name]), size)
        if not re.fullmatch(r"([0-9]{1,2}|100)?", self.values["progress_percent"]):
            self.errors["progress_percent"] = _("A whole number from 0 to 100.")
        if self.values["point"] and _point(self.values["point"]) is None:
            self.errors["point"] = _("Latitude and longitude look like 37.123456, 119.123456.")
        if self.values["next_on"] and not _is(date, self.values["next_on"]):
            self.errors["next_on"] = _("A day looks like 2026-11-22.")
        if not _is(datetime, self.values["occurred_at"]):
            self.errors["occurred_at"] = _("A time looks like 2026-11-22 09:41.")

    def fields(self, visit: Visit, zone: str) -> dict[str, Any]:
        """Body fields of all that differs from the visit as it reads now."""
        now = Correction.of(visit, zone).values
        return self._said({name for name in FIELDS if self.values[name] != now[name]}, visit, zone)

    def says(self, fields: Mapping[str, Any], visit: Visit, zone: str) -> bool:
        """Whether a supplement with these fields came from this very form, sent before."""
        return bool(fields) and fields.items() <= self._said(set(FIELDS), visit, zone).items()

    def _said(self, changed: set[str], visit: Visit, zone: str) -> dict[str, Any]:
        values = self.values
        said: dict[str, Any] = {name: values[name] for name in ("kind", *TEXTS, "stage") if name in changed}
        if "progress_percent" in changed:
            said["progress_percent"] = int(values["progress_percent"]) if values["progress_percent"] else None
        if "occurred_at" in changed:
            said["occurred_at"] = _with_offset(values["occurred_at"], zone)
        if changed & set(LINES):
            said["met"] = [*_first_met(values, visit.met), *visit.met[1:]]
        if "outside" in changed:
            said["outside"] = _others(values["outside"], visit.outside)
        if "programmes" in changed:
            said["programmes"] = values["programmes"].split()
        if "point" in changed:
            said["position"] = _point(values["point"])
        if changed & {"next_text", "next_on"}:
            said["next_step"] = _step(values, visit.next_step_by)
        if "sensitive" in changed:
            said["sensitive"] = bool(values["sensitive"])
        return said

    def is_to_come(self, zone: str) -> bool:
        return datetime.fromisoformat(_with_offset(self.values["occurred_at"], zone)) > clock.now()


def _is(kind: type[date], text: str) -> bool:
    try:
        return 2000 <= kind.fromisoformat(text).year <= 2100
    except ValueError:
        return False


def _with_offset(minute: str, zone: str) -> str:
    """2026-11-20T12:00:00+08:00, as `behaviours/supplement_form.js` writes it."""
    return datetime.fromisoformat(minute).replace(second=0, tzinfo=ZoneInfo(zone)).isoformat(timespec="seconds")


def _point(text: str) -> dict[str, Any] | None:
    """A place said by hand; none where there is none, or none that is on this globe."""
    found = POINT.fullmatch(text)
    lat, lng = (float(found[1]), float(found[2])) if found else (91.0, 0.0)
    return {"lat": lat, "lng": lng, "source": "manual"} if abs(lat) <= 90 and abs(lng) <= 180 else None


def outsider(one: Mapping[str, Any]) -> str:
    """Somebody from outside who took part, in a line."""
    return " ".join(filter(None, (one.get("unit", ""), one.get("name", ""))))


def _others(text: str, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One a line; whoever's line stands there as it did stays who they were."""
    known = {outsider(one): one for one in before}
    lines = filter(None, (line.strip()[:MAX_LINE] for line in text.splitlines()))
    return [known.get(line) or {"unit": line} for line in lines]


def _first_met(values: Mapping[str, str], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Another name is another person: only under the same one does it stay the contact that it was."""
    same = before[0] if before and before[0].get("name", "") == values["met_name"] else {}
    first = {**same, "name": values["met_name"], "title": values["met_title"]}
    return [first] if values["met_name"] or values["met_title"] else []


def _step(values: Mapping[str, str], by_name: str) -> dict[str, str] | None:
    if not values["next_text"] and not values["next_on"]:
        return None
    said = {"text": values["next_text"], "on": values["next_on"], "by_name": by_name}
    return {name: value for name, value in said.items() if value}
