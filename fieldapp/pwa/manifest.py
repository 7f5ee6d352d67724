"""What a browser is told of the app that it may install: name, pictures, ways in. In the language of who asks."""

from typing import Any

from flask_babel import gettext as _

from fieldapp.core.assets import Assets
from fieldapp.core.i18n import locale_name

NARROW, WIDE = (585, 1170), (1280, 800)  # pixels of the screenshots (tests/tools/install_pictures.py)


def manifest(tree: Assets) -> dict[str, Any]:
    return {
        "id": "/",
        "name": _("Project visits"),
        "short_name": _("Visits"),
        "description": _("Log visits to projects, with photos and position, without a network too."),
        "lang": "en" if locale_name() == "en" else "zh-CN",
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f2f4f5",
        "theme_color": "#0b6f75",
        "categories": ["business", "productivity"],
        "launch_handler": {"client_mode": "navigate-existing"},
        "icons": [_icon(tree, size, purpose) for purpose in ("any", "maskable") for size in (192, 512)],
        "shortcuts": [
            _shortcut(tree, _("Log a visit"), "/capture"),
            _shortcut(tree, _("Phone follow-up"), "/capture?kind=phone_follow_up"),
            _shortcut(tree, _("Waiting to upload"), "/outbox"),
        ],
        "screenshots": [
            _screenshot(tree, "today", _("My day"), wide=False),
            _screenshot(tree, "project", _("All that happened at a project"), wide=False),
            _screenshot(tree, "capture", _("Log a visit"), wide=False),
            _screenshot(tree, "issues", _("Issues and where they stand"), wide=True),
        ],
        "share_target": {
            "action": "/share",
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {
                "title": "title",
                "text": "text",
                "url": "url",
                "files": [{"name": "photos", "accept": ["image/*"]}],
            },
        },
    }


def _icon(tree: Assets, size: int, purpose: str = "any") -> dict[str, str]:
    name = f"icons/{'maskable-' if purpose == 'maskable' else ''}{size}.png"
    return {"src": tree.url(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


def _shortcut(tree: Assets, name: str, url: str) -> dict[str, Any]:
    return {"name": name, "url": url, "icons": [_icon(tree, 192)]}


def _screenshot(tree: Assets, name: str, label: str, *, wide: bool) -> dict[str, str]:
    width, height = WIDE if wide else NARROW
    return {
        "src": tree.url(f"icons/screens/{name}-{'en' if locale_name() == 'en' else 'zh'}.png"),
        "sizes": f"{width}x{height}",
        "type": "image/png",
        "form_factor": "wide" if wide else "narrow",
        "label": label,
    }
