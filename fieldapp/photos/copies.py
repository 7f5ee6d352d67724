"""Copies for pages, made from bytes that anyone may have sent: a 320 px thumbnail and a 2048 px display copy.

Copies are drawn anew, so nothing of the file but its pixels gets onto a page: no EXIF, no position, no second format
hidden behind the picture. A plain enough JPEG is its own display copy.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import pillow_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

Image.init()  # or formats named below are unknown until something else has needed them
pillow_heif.register_heif_opener(thumbnails=False)

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "HEIF", "AVIF", "BMP")
DISPLAY_PX, THUMB_PX = 2048, 320
MOST_PIXELS = 100_000_000
MOST_PIXELS_AT_ONCE = 64_000_000  # of what is no JPEG and so decoded whole: 34 bytes of WebP may say a gigabyte
MOST_SCANS = 200  # of a JPEG: one that is shown bit by bit has ten, and each costs a walk over all of its pixels
DISPLAY_QUALITY, THUMB_QUALITY = 82, 76
WHITE = (255, 255, 255)
ORIENTATION = 0x0112

# What a JPEG may consist of to be shown as it came: no EXIF or XMP (APP1), no comment, no second picture (APP2 MPF).
_PLAIN = {0xC0, 0xC4, 0xDB, 0xDD, 0xEE}  # baseline frame, Huffman and quantisation tables, restarts, Adobe
_START_OF_SCAN, _END = 0xDA, 0xD9


class Unreadable(Exception):
    """The bytes cannot be shown; the message is a short code of why."""


@dataclass(frozen=True)
class Copies:
    detected: str
    width: int
    height: int
    thumb: bytes
    display: bytes | None  # none: the evidence file is shown as it is


def make(source: BinaryIO) -> Copies:
    """The copies of a picture. Raises Unreadable for anything else, and for a broken or monstrous one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a picture's oddities are no news
            return _make(source)
    except Unreadable:
        raise
    except Exception as error:  # decoders raise whatever they like on broken files
        raise Unreadable("cannot-be-decoded") from error


def _make(source: BinaryIO) -> Copies:
    picture = _opened(source)
    detected = picture.format or ""
    small = max(picture.size) <= DISPLAY_PX and picture.mode in ("RGB", "L")
    if detected == "JPEG" and small and is_plain_jpeg(source):
        source.seek(0)
        width, height = picture.size
        _draft(picture, THUMB_PX * 3 // 2)
        return Copies(detected, width, height, _jpeg(_plain(picture, THUMB_PX), THUMB_QUALITY), None)
    _draft(picture, DISPLAY_PX * 15 // 16)  # so that 4032 pixels become 2016 at once
    display = _plain(picture, DISPLAY_PX)
    thumb = display.copy()
    thumb.thumbnail((THUMB_PX, THUMB_PX))
    return Copies(detected, display.width, display.height, _jpeg(thumb, THUMB_QUALITY), _jpeg(display, DISPLAY_QUALITY))


def _opened(source: BinaryIO) -> Image.Image:
    """The picture, its pixels not yet decoded. Its size is known by then, and held against the cap."""
    try:
        picture = Image.open(source, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise Unreadable("too-many-pixels") from error
    except UnidentifiedImageError as error:
        raise Unreadable("not-a-picture") from error
    by_parts = picture.format in ("JPEG", "MPO")
    if picture.width * picture.height > (MOST_PIXELS if by_parts else MOST_PIXELS_AT_ONCE):
        raise Unreadable("too-many-pixels")
    if by_parts and _scans(source) > MOST_SCANS:
        raise Unreadable("too-many-scans")
    return picture


def _scans(source: BinaryIO) -> int:
    """How often a JPEG begins to tell of its pixels; among the pixels themselves that mark cannot stand."""
    here = source.tell()
    source.seek(0)
    count = source.read().count(bytes((0xFF, _START_OF_SCAN)))
    source.seek(here)
    return count


def _draft(picture: Image.Image, edge: int) -> None:
    """Have a JPEG decoded at a half, quarter or eighth, its longest edge still ≥ `edge`.

    That is quick, and never holds the whole of a 100-megapixel picture; a truncated file shows all the same.
    """
    longest = max(picture.size)
    picture.draft(None, (max(1, picture.width * edge // longest), max(1, picture.height * edge // longest)))


def _plain(picture: Image.Image, edge: int) -> Image.Image:
    """The first frame upright, at most `edge` pixels, in sRGB, without anything but pixels."""
    picture.load()
    profile = picture.info.get("icc_profile")
    turned = picture.getexif().get(ORIENTATION, 1)
    drawn = _eight_bit(picture)
    drawn.thumbnail((edge, edge), reducing_gap=2.0)  # in place, before anything else is done to so many pixels
    drawn = _srgb(_on_white(drawn), profile)
    drawn = _turned(drawn, turned)
    drawn.info = {}
    return drawn


def _eight_bit(picture: Image.Image) -> Image.Image:
    """RGB, RGBA, L or CMYK with eight bits; the picture itself where it is that already."""
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        return picture if picture.mode == "RGBA" else picture.convert("RGBA")
    return picture if picture.mode in ("RGB", "L", "CMYK") else picture.convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    """What is transparent becomes white, as on paper."""
    if picture.mode != "RGBA":
        return picture
    drawn = Image.new("RGB", picture.size, WHITE)
    drawn.paste(picture, mask=picture.getchannel("A"))
    return drawn


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """In the colours that every screen understands; a profile that does not fit is left out."""
    if profile and picture.mode in ("RGB", "CMYK"):
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return picture if picture.mode in ("RGB", "L") else picture.convert("RGB")


def _turned(picture: Image.Image, orientation: int) -> Image.Image:
    """Upright by its EXIF orientation. HEIC comes upright already, and says 1 then."""
    if orientation == 1:
        return picture
    exif = picture.getexif()
    exif[ORIENTATION] = orientation
    return ImageOps.exif_transpose(picture)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def is_plain_jpeg(source: BinaryIO) -> bool:
    """Whether a file is one baseline JPEG with nothing in it, or behind it, but a picture."""
    source.seek(0)
    data = source.read()
    if data[:2] != b"\xff\xd8":
        return False
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        segment = data[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == _START_OF_SCAN:
            at = _end_of_scan(data, at)
            if data[at : at + 2] == bytes((0xFF, _END)):
                return at + 2 == len(data)
        elif not (marker in _PLAIN or _is_harmless(marker, segment)):
            return False
    return False


def _is_harmless(marker: int, segment: bytes) -> bool:
    return (marker == 0xE0 and segment.startswith(b"JFIF\0")) or (
        marker == 0xE2 and segment.startswith(b"ICC_PROFILE\0")
    )


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed zero nor a restart."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    return len(data)
