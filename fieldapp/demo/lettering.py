"""Letters on the demo pictures: the name board (工程名称牌) in the lower left, banners, signs.

Without a Chinese font only what ASCII can say is drawn, and a line with nothing left is dropped.
"""

from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw

from fieldapp.photos.lettering import Font, Lettering

Colour = tuple[int, int, int]


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
