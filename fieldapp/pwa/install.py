"""Which way of installing concerns this browser. Only an order is decided by the name: every way is on the page."""

import re

# The first that fits: WeChat and the makers' browsers name Chrome as well, and an iPad's Edge names Safari.
_BROWSERS = (
    ("wechat", re.compile(r"MicroMessenger|wxwork", re.IGNORECASE)),
    ("ios", re.compile(r"iPhone|iPad|iPod")),
    ("makers", re.compile(r"HuaweiBrowser|MiuiBrowser|HeyTapBrowser|VivoBrowser", re.IGNORECASE)),
    ("firefox", re.compile(r"Android.*Firefox/")),
    ("android", re.compile(r"Android")),
)
WAYS = ("android", "makers", "ios", "firefox", "wechat", "desktop")


def ways(agent: str) -> list[str]:
    """This browser's own first, then the others."""
    own = next((name for name, names in _BROWSERS if names.search(agent)), "desktop")
    return [own, *(way for way in WAYS if way != own)]
