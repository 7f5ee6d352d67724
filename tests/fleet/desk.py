"""A phone's export file, and the desk that hands it in (docs/sync-protocol.md 13)."""

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from tests.fleet import hello
from tests.fleet.outbox import Item, Shot, Someone
from tests.fleet.phone import Phone, Stuck

TIMES = 600


def export(phone: Phone, items: Sequence[Item]) -> bytes:
    """The file that the phone writes (static/js/outbox/exporter.js). Nothing is removed from it."""
    lines = []
    for item in items:
        item.seal()
        item.version.exported = True
        line = {"id": item.id, "type": item.type, "sha256": item.version.sha256}
        photos = [_photo(shot) for shot in item.shots]
        lines.append({**line, "raw_b64": b64encode(item.version.raw).decode(), "photos": photos})
    head = {"format": "fieldapp-export/1", "server_epoch": phone.epoch, "device": phone.device}
    return json.dumps({**head, "exported_at": hello.iso(phone.now), "records": lines}).encode()


def _photo(shot: Shot) -> dict[str, Any]:
    line = {"id": shot.id, "sha256": shot.sha256, "type": shot.picture.type, "size": shot.size}
    return {**line, "b64": None if shot.gone else b64encode(shot.bytes()).decode()}


class Desk:
    """Somebody at a desk, with a browser of their own, in the same weather."""

    def __init__(self, url: str, person: Someone, name: str) -> None:
        self.browser = Phone(url, person)
        self.browser.wire = type(self.browser.wire)(url, name)

    def hand_in(self, file: bytes, items: Sequence[Item]) -> list[dict[str, Any]]:
        """Until the answer says that the file was taken in whole, with every photo; handing in again is harmless."""
        for item in items:
            item.handed_in = True
        for _ in range(TIMES):
            headers = {"Content-Type": "application/json"}
            answer = self.browser.ask("POST", "/api/v1/imports", headers, file)
            if answer.status in (401, 404):  # nobody is signed in
                hello.sign_in(self.browser)
            lines = _lines(answer.body) if answer.status == 200 else []
            whole = bool(lines) and lines[-1].get("done") is True and lines[-1]["records"] == len(items)
            if whole and not any(line.get("problem") or line.get("photos") for line in lines[:-1]):
                return lines
            self.browser.halt.wait(0.3 if lines else 0.01)
        raise Stuck(f"the desk cannot hand in {[item.id for item in items]}: {lines}")


def archive(browser: Phone, project: str) -> None:
    """The administrator puts a project aside, until the page says that it is; twice is as good as once."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(TIMES):
        answer = browser.ask("POST", f"/admin/projects/{project}/archive", kind)
        if answer.status == 303 or browser.halt.is_set():
            return
        if answer.status in (401, 404):  # nobody is signed in
            hello.sign_in(browser)
    raise Stuck(f"project {project} cannot be archived")


def _lines(body: bytes) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in body.splitlines()]
    except ValueError:
        return []
