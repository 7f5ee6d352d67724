"""Who is signed in, what the phone tells of itself, how it heals a restored server (docs/sync-protocol.md 11, 12)."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.fleet.outbox import Item, iso
from tests.fleet.wire import Answer

if TYPE_CHECKING:
    from tests.fleet.phone import Phone

__all__ = ["contact", "contact_if_due", "heal_if_seen", "iso", "learn", "sign_in", "who_is_here"]

CONTACT_EVERY = 10 * 60_000
HISTORY_PAGE = 100
ATTEMPTS = 1_000
JSON = {"Content-Type": "application/json"}


def learn(phone: "Phone", answer: Answer) -> None:
    """The server's clock, its epoch, a new cookie."""
    if "set-cookie" in answer.headers:
        for line in answer.headers["set-cookie"].split("\n"):
            name, _, value = line.split(";")[0].partition("=")
            if name == "fieldapp":
                phone.cookie = f"{name}={value}"
    if answer.headers.get("fieldapp-time", "").isdigit():
        phone.clock = (int(answer.headers["fieldapp-time"]) - phone.now, phone.now)
    epoch = answer.headers.get("fieldapp-epoch")
    if not epoch:
        return
    if phone.epoch is None:
        phone.epoch = epoch
    elif phone.epoch != epoch:
        phone.epoch_seen = epoch


def sign_in(phone: "Phone") -> bool:
    """By the form, as a person does, who tries again when the page does not come. False: the password is not right."""
    form = {"username": phone.owner.username, "password": phone.owner.password, "own_device": "y"}
    phone.cookie = ""
    for _ in range(ATTEMPTS):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = phone.ask("POST", "/login", kind, urlencode(form).encode())
        if answer.status == 303 and phone.cookie:
            return True
        if answer.status == 422 or phone.halt.is_set():
            return False
    return False


def who_is_here(phone: "Phone") -> None:
    answer = phone.ask("GET", "/api/v1/me")
    if answer.status == 401 or (
        answer.status == 200 and isinstance(answer.json, dict) and answer.json.get("id") != phone.owner.id
    ):
        sign_in(phone)


def contact_if_due(phone: "Phone") -> None:
    if phone.voided or phone.now - phone.contacted_at >= CONTACT_EVERY:
        contact(phone)


def contact(phone: "Phone") -> bool:
    """What is still out here, so that a gap in the numbers can be told from a queue."""
    said = {
        "owner": phone.owner.id,
        "last_seq": phone.seq,
        "queued": [{"id": item.id, "seq": item.seq} for item in phone.queue],
        "voided": phone.voided,
        "persisted": True,
        "app_version": "fleet",
    }
    answer = phone.ask("POST", f"/api/v1/devices/{phone.device}", JSON, json.dumps(said).encode())
    if answer.status == 401:
        sign_in(phone)
        return False
    if answer.status != 200 or not isinstance(answer.json, dict) or "server_epoch" not in answer.json:
        return False
    noted = set(answer.json["voided_ack"])
    phone.voided = [seq for seq in phone.voided if seq not in noted]
    phone.notices = answer.json["notices"]
    phone.contacted_at = phone.now
    return True


def heal_if_seen(phone: "Phone") -> bool:
    """False: a restored server could not be told yet; nothing else is sent before."""
    if phone.epoch_seen is None or phone.epoch_seen == phone.epoch:
        phone.epoch_seen = None
        return True
    seen = phone.epoch_seen
    held = [item for item in phone.items if item.ever_2xx]
    for at in range(0, len(held), HISTORY_PAGE):
        page = held[at : at + HISTORY_PAGE]
        body = json.dumps({"owner": phone.owner.id, "records": [_history_line(item) for item in page]}).encode()
        answer = phone.ask("POST", f"/api/v1/devices/{phone.device}/history", JSON, body)
        if answer.status == 401:
            sign_in(phone)
        if answer.status != 200 or not isinstance(answer.json, dict) or "lacking" not in answer.json:
            return False
        for item in page:
            _reopen(phone, item, item.id in answer.json["lacking"])
    phone.voided = list(phone.all_voided)  # told before, and perhaps forgotten by the restore
    phone.epoch, phone.epoch_seen = seen, None
    return True


def _history_line(item: Item) -> dict[str, Any]:
    number = (item.receipt or {}).get("number")
    return {
        "id": item.id,
        "sha256": item.version.sha256,
        "visit_number": number if item.type == "visit" else None,
        "issue_numbers": item.issue_numbers,
    }


def _reopen(phone: "Phone", item: Item, lacking: bool) -> None:
    if not lacking and all(shot.gone for shot in item.shots):
        return
    item.recheck, item.state, item.tries, item.next_at = True, "sealed", 0, 0
    if lacking:
        item.receipt = None
        for shot in item.shots:
            if shot.state not in ("withdrawn", "refused"):
                shot.state, shot.url, shot.offset, shot.tries, shot.next_at = "kept", None, None, 0, 0
    if item not in phone.queue:
        phone.queue.append(item)
