"""A second version of the app, made from this one: another static tree, another schema, another number.

Its modules fit only among themselves (what one exports has another name), so that a page which mixes two versions
breaks at once; its server reads the schema before by an upcaster and says so in the visit.
"""

import shutil
from pathlib import Path

from fieldapp import __version__
from fieldapp.sync.payloads import SCHEMA

HERE = Path(__file__).parents[2]
UPCAST = "由前一版升级"
RENAMED = {"backOff": "laterThan", "photosOf": "picturesOf", "heldElsewhere": "openElsewhere"}


def next_version(folder: Path) -> Path:
    """Its root: started from there, `python -m fieldapp` is that version. Files that are the same stay compiled."""
    shutil.copytree(HERE / "fieldapp", folder / "fieldapp")
    (folder / "migrations").symlink_to(HERE / "migrations")
    app = folder / "fieldapp"
    _change(app / "__init__.py", __version__, f"{__version__}+next")
    _change(app / "sync/payloads.py", f"SCHEMA = {SCHEMA}\n", f"SCHEMA = {SCHEMA + 1}\n")
    upcaster = f'lambda said: said | {{"body": said["body"] | {{"needs": "{UPCAST}"}}}}'
    with (app / "sync/envelope.py").open("a", encoding="utf-8") as code:
        code.write(f"\nUPCASTERS[{SCHEMA}] = {upcaster}\n")
    _change(app / "static/js/outbox/seal.js", f"SCHEMA = {SCHEMA};", f"SCHEMA = {SCHEMA + 1};")
    for module in (app / "static/js").rglob("*.js"):
        text = module.read_text("utf-8")
        for name, other in RENAMED.items():
            text = text.replace(name, other)
        module.write_text(text, "utf-8")
    return folder


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text, f"{old!r} is no longer in {path}"
    path.write_text(text.replace(old, new), "utf-8")
