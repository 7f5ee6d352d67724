"""What backup, restore and doctor say at the terminal, in words and as JSON."""

import json
from dataclasses import asdict
from pathlib import Path

from fieldapp.upkeep.backup import Report as Backup
from fieldapp.upkeep.doctor import Examined
from fieldapp.upkeep.restore import Report as Restored

SOME = 5  # named one by one; of the others the number


def _size(count: int) -> str:
    for unit in ("bytes", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count = round(count / 1000)
    return f"{count:,} {unit}"


def _some(names: list[str]) -> str:
    rest = len(names) - SOME
    return ", ".join(names[:SOME]) + (f" and {rest} more" if rest > 0 else "")


def of_backup(done: Backup, folder: Path) -> str:
    made = done.manifest
    lines = [
        f"Backed up to {folder / done.generation}: {made.counts.get('visit', 0):,} visits, "
        f"{made.counts.get('issue', 0):,} issues, {made.files:,} files ({_size(made.bytes)}), "
        f"of which {done.new:,} are new ({_size(done.new_bytes)})."
    ]
    if done.removed:
        lines.append(f"Older backups taken away: {', '.join(done.removed)}.")
    if made.missing:
        lines.append(f"MISSING from the file store, so not in this backup either: {_some(made.missing)}.")
    if made.damaged:
        lines.append(f"DAMAGED in the file store (their bytes are not what their names say): {_some(made.damaged)}.")
    if not done.whole:
        lines.append("The rest is backed up. `fieldapp doctor --deep` says what to do; keep the earlier backups.")
    return "\n".join(lines)


def of_restore(done: Restored) -> str:
    made = done.manifest
    lines = [
        f"Restored {done.generation}, made {made.made_at} by fieldapp {made.version}: "
        f"{made.counts.get('visit', 0):,} visits, {made.counts.get('issue', 0):,} issues, {done.files:,} files."
    ]
    if done.migrated:
        lines.append("The database was brought up to this version.")
    if done.left_out:
        lines.append(f"Left out, because the backup does not have them as they were: {_some(done.left_out)}.")
    if done.wanted_again:
        lines.append(f"Photos without their bytes, which phones are asked for again: {done.wanted_again:,}.")
    if done.other_secret:
        lines.append("FIELDAPP_SECRET_KEY is not the key of the backup: everyone has to sign in again.")
    lines += [
        "Start the server (`fieldapp serve`): the phones see that it was restored, and hand in again what came since.",
        "What was done at a desk since then is gone: accounts added or disabled, passwords, what /review settled.",
        "`fieldapp doctor` looks whether all is well.",
    ]
    return "\n".join(lines)


def of_doctor(found: Examined) -> str:
    if not found.findings:
        return f"Nothing is wrong ({len(found.checked)} checks)."
    blocks = []
    for one in found.findings:
        about = [f"    {name}" for name in one.about[:SOME]]
        about += [f"    and {len(one.about) - SOME} more (--json lists them)"] if len(one.about) > SOME else []
        blocks.append("\n".join([f"{one.code}: {one.what}", *about, f"  → {one.do}"]))
    return "\n\n".join([*blocks, f"{len(found.findings)} found, {len(found.checked)} checks."])


def as_json(found: Examined) -> str:
    return json.dumps(asdict(found), ensure_ascii=False)
