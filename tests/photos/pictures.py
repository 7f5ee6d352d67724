"""Pictures made on the spot: each names a case that phones, or people, really send."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw

RED, BLUE, GREEN, GREY = (200, 30, 30), (30, 30, 200), (30, 160, 60), (120, 120, 120)
ORIENTATION = 0x0112


def scene(width: int = 640, height: int = 480) -> Image.Image:
    """A picture whose four corners differ, so that turning it shows: red, blue / grey, green."""
    picture = Image.new("RGB", (width, height), GREY)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width // 2, height // 2), RED)
    draw.rectangle((width // 2, 0, width, height // 2), BLUE)
    draw.rectangle((width // 2, height // 2, width, height), GREEN)
    return picture


def saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def jpeg(picture: Image.Image | None = None, **options: Any) -> bytes:
    return saved(picture or scene(), "JPEG", quality=85, **options)


def grainy(width: int, height: int) -> Image.Image:
    """The scene with a sensor's noise on it: drawn plainly, its JPEG is smaller than any camera's."""
    return Image.blend(scene(width, height), Image.effect_noise((width, height), 60).convert("RGB"), 0.2)


def with_exif(orientation: int = 1, upright: Image.Image | None = None, **options: Any) -> bytes:
    """A JPEG as cameras write it: orientation, place and owner in its EXIF."""
    stored = _stored_as(upright or scene(), orientation)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "Fieldcam"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (37.0, 6.0, 0.0)
    return jpeg(stored, exif=exif.tobytes(), **options)


def _stored_as(upright: Image.Image, orientation: int) -> Image.Image:
    """How a camera held that way has the pixels of an upright scene."""
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return upright.transpose(turn[orientation]) if orientation in turn else upright


def heic(orientation: int = 1) -> bytes:
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return saved(_stored_as(scene(), orientation), "HEIF", exif=exif.tobytes(), quality=80)


def png_claiming(width: int, height: int) -> bytes:
    """A few bytes that say they are a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )
