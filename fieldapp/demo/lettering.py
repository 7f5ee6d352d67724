"""Letters on the demo pictures: the name board (工程名称牌) in the lower left, banners, signs.

A server often has no Chinese font, and Pillow then draws boxes. So a font is looked for where Debian puts it;
without one, only what ASCII can say is drawn (dates, numbers), and a line with nothing left is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

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
Colour = tuple[int, int, int]
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


def write(
    image: Image.Image, xy: tuple[float, float], text: str, size: int, fill: Colour, lettering: Lettering
) -> None:
    """One line centred at `xy`, drawn only if all of it can be: half a banner is worse than none."""
    if not text or lettering.sayable(text) != text:
        return
    ImageDraw.Draw(image).text(xy, text, font=lettering.font(size), fill=fill, anchor="mm")


@lru_cache(maxsize=64)
def _board(lines: tuple[str, ...], width: int, lettering: Lettering) -> Image.Image | None:
    said = [line for line in (lettering.sayable(line) for line in lines) if line]
    if not said:
        return None
    size = max(12, width // 46)
    pad, step = size * 3 // 4, size * 3 // 2
    font = lettering.font(size)
    limit = width * 11 // 20
    said = [_fitted(line, font, limit) for line in said]
    wide = int(max(font.getbbox(line)[2] for line in said)) + 2 * pad + size // 2
    tall = step * len(said) + 2 * pad - (step - size) // 2
    board = Image.new("RGB", (wide, tall), (247, 249, 250))
    draw = ImageDraw.Draw(board)
    draw.rectangle((0, 0, size // 3, tall), fill=(20, 92, 148))
    for row, line in enumerate(said):
        top = pad + row * step
        if row:
            draw.line((pad + size // 3, top + size // 10, wide - pad, top + size // 10), fill=(205, 213, 219))
        draw.text((pad + size // 3, top), line, font=font, fill=(16, 74, 122) if row == 0 else (40, 48, 56))
    draw.rectangle((0, 0, wide - 1, tall - 1), outline=(20, 92, 148), width=max(1, size // 10))
    return board


def _fitted(line: str, font: Font, limit: int) -> str:
    while len(line) > 4 and font.getbbox(line)[2] > limit:
        line = line[:-1]
    return line


def paste_board(image: Image.Image, lines: Sequence[str], lettering: Lettering) -> None:
    """The board with its drop shadow, in the lower left."""
    board = _board(tuple(lines), image.width, lettering)
    if board is None:
        return
    edge = image.width // 48
    left, top = edge, image.height - edge - board.height
    shade = ImageDraw.Draw(image, "RGBA")
    shade.rectangle((left + 4, top + 5, left + board.width + 4, top + board.height + 4), fill=(0, 0, 0, 70))
    image.paste(board, (left, top))
