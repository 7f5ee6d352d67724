"""Letters that the server draws into pictures.

A server often has no Chinese font, and Pillow then draws boxes. So a font is looked for where Debian puts it;
without one, only what ASCII can say is drawn (dates, numbers).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Medium.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
)
# Noto's collections hold the same shapes for JP, KR, SC, TC, HK in this order; a Chinese board wants SC.
NOTO_SC = 2
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Lettering:
    """What letters are drawn with: a font file with Chinese glyphs, or none."""

    path: str | None

    @classmethod
    def found(cls) -> "Lettering":
        return cls(next((path for path in FONTS if Path(path).is_file()), None))

    @classmethod
    def plain(cls) -> "Lettering":
        return cls(None)

    def sayable(self, text: str) -> str:
        """The part of a text that can be drawn without a box."""
        if self.path is not None:
            return "".join(char for char in text if _has_glyph(self.path, char)).strip()
        return " ".join("".join(char if " " <= char <= "~" else " " for char in text).split())

    def font(self, size: int) -> Font:
        return _font(self.path, size)


@lru_cache(maxsize=64)
def _font(path: str | None, size: int) -> Font:
    if path is None:
        return ImageFont.load_default(size)
    return ImageFont.truetype(path, size, index=NOTO_SC if "NotoSansCJK" in path else 0)


@lru_cache(maxsize=4096)
def _has_glyph(path: str, char: str) -> bool:
    if char.isspace():
        return True
    font = _font(path, 16)
    return bytes(font.getmask(char)) != bytes(font.getmask("\U0010fffd"))
