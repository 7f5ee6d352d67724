"""A copy of a photo for reports: who, where and when stand in a band in its lower left."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw

from fieldapp.photos.lettering import Lettering

QUALITY = 88
BAND = (0, 0, 0, 150)
LETTERS = (255, 255, 255)
OF_THE_WIDTH = 40  # letters are a fortieth of the shorter edge's width, so that they read on paper, too
SMALLEST = 14
WIDEST = 0.9  # of the picture
TALLEST = 0.5


class NoFont(Exception):
    """This machine has no font that can say it."""


class NoPicture(Exception):
    """These bytes can not be drawn any more: what `fieldapp doctor` calls a damaged file."""


def marked(display: bytes, lines: Sequence[str]) -> bytes:
    """The display copy with a band of these lines, as a JPEG with nothing but pixels. Raises NoFont, NoPicture."""
    lettering = Lettering.found()
    if any(lettering.sayable(line) != line.strip() for line in lines if line.strip()) and lettering.path is None:
        raise NoFont
    try:
        with Image.open(BytesIO(display), formats=("JPEG",)) as picture:
            drawn = picture.convert("RGB")
    except (OSError, SyntaxError) as damage:  # what Pillow raises for bytes that are no JPEG, or half of one
        raise NoPicture from damage
    _draw(drawn, [said for line in lines if (said := lettering.sayable(line))], lettering)
    out = BytesIO()
    drawn.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _draw(picture: Image.Image, lines: list[str], lettering: Lettering) -> None:
    size = max(SMALLEST, min(picture.size) // OF_THE_WIDTH)
    size = min(size, int(picture.height * TALLEST / (1.5 * len(lines) + 1)))
    font = lettering.font(size)
    pad, step = size * 2 // 3, size * 3 // 2
    room = picture.width * WIDEST - 2 * pad
    lines = [_fitted(line, lettering, size, room) for line in lines]
    wide = int(max(font.getbbox(line)[2] for line in lines)) + 2 * pad
    tall = step * len(lines) + 2 * pad - (step - size)
    top = picture.height - tall
    pen = ImageDraw.Draw(picture, "RGBA")
    pen.rectangle((0, top, wide, picture.height), fill=BAND)
    for row, line in enumerate(lines):
        pen.text((pad, top + pad * 2 // 3 + row * step), line, font=font, fill=LETTERS)


def _fitted(line: str, lettering: Lettering, size: int, room: float) -> str:
    """The whole line if there is room for it; else as much of it as there is, and that it goes on."""
    font = lettering.font(size)
    if font.getbbox(line)[2] <= room:
        return line
    while len(line) > 1 and font.getbbox(f"{line}…")[2] > room:
        line = line[:-1]
    return f"{line}…"
