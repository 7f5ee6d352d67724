"""Copies for pages: every kind of picture upright and plain, and nothing else ever drawn."""

from io import BytesIO

import pytest
from PIL import Image, ImageCms

from fieldapp.photos import copies
from tests.photos import pictures
from tests.photos.pictures import BLUE, GREEN, GREY, RED, jpeg, saved, scene


def made(data: bytes) -> copies.Copies:
    return copies.make(BytesIO(data))


def opened(data: bytes | None) -> Image.Image:
    assert data is not None
    return Image.open(BytesIO(data), formats=["JPEG"])


def near(found: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(found, tuple)
    return all(abs(a - b) < 40 for a, b in zip(found, wanted, strict=True))


def is_the_upright_scene(picture: Image.Image) -> bool:
    rgb = picture.convert("RGB")
    w, h = rgb.size
    corners = [(w // 8, h // 8), (w * 7 // 8, h // 8), (w // 8, h * 7 // 8), (w * 7 // 8, h * 7 // 8)]
    colours = [RED, BLUE, GREY, GREEN]
    return all(near(rgb.getpixel(at), colour) for at, colour in zip(corners, colours, strict=True))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_come_out_upright_and_without_exif(orientation: int) -> None:
    made_of = made(pictures.with_exif(orientation))
    for copy in (opened(made_of.display), opened(made_of.thumb)):
        assert is_the_upright_scene(copy)
        assert not copy.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & set(copy.info)
    assert (made_of.width, made_of.height) == (640, 480)


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_heic_is_turned_once_only(orientation: int) -> None:
    made_of = made(pictures.heic(orientation))
    assert made_of.detected == "HEIF"
    assert (made_of.width, made_of.height) == (640, 480)
    assert is_the_upright_scene(opened(made_of.display))


@pytest.mark.parametrize(
    ("data", "detected"),
    [
        (saved(scene(), "PNG"), "PNG"),
        (saved(scene(), "WEBP"), "WEBP"),
        (saved(scene(), "AVIF"), "AVIF"),
        (saved(scene(), "BMP"), "BMP"),
        (saved(scene().convert("P", palette=Image.Palette.ADAPTIVE), "GIF"), "GIF"),
        (saved(scene().convert("CMYK"), "JPEG", quality=85), "JPEG"),
        (saved(scene(), "JPEG", quality=85, progressive=True), "JPEG"),
        (saved(scene(), "GIF", save_all=True, append_images=[Image.new("RGB", (640, 480))]), "GIF"),
        (saved(scene(), "WEBP", save_all=True, append_images=[Image.new("RGB", (640, 480))]), "WEBP"),
        (saved(scene(), "PNG", save_all=True, append_images=[Image.new("RGB", (640, 480))]), "PNG"),
        (saved(scene(), "MPO", save_all=True, append_images=[Image.new("RGB", (640, 480))]), "MPO"),
    ],
    ids=["png", "webp", "avif", "bmp", "gif", "cmyk", "progressive", "moving gif", "moving webp", "apng", "mpo"],
)
def test_any_usual_picture_shows_its_first_frame(data: bytes, detected: str) -> None:
    made_of = made(data)
    assert made_of.detected == detected
    assert is_the_upright_scene(opened(made_of.display))
    assert is_the_upright_scene(opened(made_of.thumb))


def test_sixteen_bits_keep_their_greys() -> None:
    grey = Image.new("I;16", (100, 100), 40_000)
    shade = opened(made(saved(grey, "PNG")).display).convert("L").getpixel((50, 50))
    assert isinstance(shade, int)
    assert abs(shade - 40_000 // 256) < 4


def test_what_is_transparent_stands_on_white() -> None:
    clear = Image.new("RGBA", (100, 100), (200, 0, 0, 0))
    assert near(opened(made(saved(clear, "PNG")).display).getpixel((50, 50)), (255, 255, 255))


def test_another_colour_space_becomes_srgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for own in (srgb, profile, b"no profile at all"):
        made_of = made(saved(scene(), "PNG", icc_profile=own))
        assert is_the_upright_scene(opened(made_of.display))


def test_large_pictures_become_2048_pixels_and_thumbnails_320() -> None:
    made_of = made(jpeg(scene(4032, 3024)))
    assert max(made_of.width, made_of.height) in range(1920, 2049)
    assert opened(made_of.display).size == (made_of.width, made_of.height)
    assert max(opened(made_of.thumb).size) == 320
    wide = made(saved(scene(5000, 100), "PNG"))
    assert (wide.width, wide.height) == (2048, 41)


def test_small_pictures_are_not_blown_up() -> None:
    assert opened(made(saved(scene(40, 30), "PNG")).thumb).size == (40, 30)


# -- when the evidence itself may be shown --


def test_a_plain_jpeg_is_its_own_display_copy() -> None:
    made_of = made(jpeg())
    assert made_of.display is None
    assert is_the_upright_scene(opened(made_of.thumb))


def with_segment(data: bytes, marker: int, content: bytes) -> bytes:
    segment = bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2) + content
    return data[:2] + segment + data[2:]


@pytest.mark.parametrize(
    "data",
    [
        pictures.with_exif(1),
        jpeg(progressive=True),
        jpeg(xmp=b"<x:xmpmeta/>"),
        jpeg(comment=b"<script>alert(1)</script>"),
        jpeg() + b"<script>alert(1)</script>",
        jpeg() + b"PK\x03\x04 a zip archive",
        jpeg() + jpeg(),
        jpeg(scene(2050, 100)),
        saved(scene().convert("CMYK"), "JPEG"),
        with_segment(jpeg(), 0xED, b"Photoshop 3.0\0 and a caption"),
        with_segment(jpeg(), 0xE1, b"anything at all"),
        with_segment(jpeg(), 0xE2, b"MPF\0"),
    ],
    ids=["exif", "progressive", "xmp", "comment", "html behind", "zip behind", "second behind", "too large", "cmyk",
         "iptc", "app1", "mpf"],
)  # fmt: skip
def test_any_other_jpeg_is_drawn_anew(data: bytes) -> None:
    display = made(data).display
    assert display is not None
    assert copies.is_plain_jpeg(BytesIO(display))
    for hidden in (b"Exif", b"xmpmeta", b"script", b"PK\x03\x04", b"Photoshop", b"Fieldcam", b"anything"):
        assert hidden not in display


def test_a_colour_profile_does_not_spoil_a_plain_jpeg() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert made(jpeg(icc_profile=profile)).display is None


# -- what is no picture, or pretends --


def of_many_scans(number: int) -> bytes:
    """A few hundred KB that keep a decoder busy for minutes: its last scan, said again and again."""
    plain = jpeg(scene(), progressive=True)
    return plain[:-2] + plain[plain.rindex(b"\xff\xda") : -2] * number + plain[-2:]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not-a-picture"),
        (b"just words", "not-a-picture"),
        (b"%PDF-1.7 a document", "not-a-picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not-a-picture"),
        (b"<!doctype html><img src=x onerror=alert(1)>", "not-a-picture"),
        (saved(scene(), "TIFF"), "not-a-picture"),
        (jpeg()[:2000], "cannot-be-decoded"),
        (pictures.with_exif(6)[:3000], "cannot-be-decoded"),
        (saved(scene(), "PNG")[:300], "cannot-be-decoded"),
        (pictures.heic()[:2000], "not-a-picture"),
        (pictures.png_claiming(30_000, 30_000), "too-many-pixels"),
        (pictures.png_claiming(10_001, 10_001), "too-many-pixels"),
        (pictures.png_claiming(8_001, 8_000), "too-many-pixels"),
        (of_many_scans(300), "too-many-scans"),
        (pictures.png_claiming(2_000, 2_000), "cannot-be-decoded"),
    ],
    ids=["nothing", "words", "pdf", "svg", "html", "tiff", "cut jpeg", "cut camera jpeg", "cut png", "cut heic", "bomb",
         "just too large", "too large at once", "endless jpeg", "lying png"],
)  # fmt: skip
def test_what_cannot_be_shown_says_why(data: bytes, why: str) -> None:
    with pytest.raises(copies.Unreadable, match=why):
        made(data)


def test_a_picture_of_nearly_100_megapixels_is_shown() -> None:
    made_of = made(jpeg(scene(9_900, 9_900)))
    assert max(made_of.width, made_of.height) <= 2048
