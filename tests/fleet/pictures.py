"""Photos by the thousand: a few real pictures, each copy made another by a few bytes that no decoder looks at."""

import hashlib
import random
import struct
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from PIL import Image, ImageFilter

#         name      width  height  quality  noise: what a picture weighs
SIZES = {
    "tiny": (320, 240, 60, 12), "small": (480, 360, 65, 20), "middle": (640, 480, 70, 26), "large": (800, 600, 72, 30),
    "phone": (2048, 1536, 72, 14), "camera": (3264, 2448, 88, 30),
}  # fmt: skip


@cache
def base(name: str) -> bytes:
    """A picture of its kind, always the same one."""
    if name == "broken":
        return base("small")[:4000]
    width, height, quality, noise = SIZES["small" if name == "heic" else name]
    rng = random.Random(name)
    grain = Image.frombytes("L", (width // 2, height // 2), rng.randbytes((width // 2) * (height // 2)))
    grain = grain.resize((width, height)).point(lambda value: 128 + (value - 128) * noise // 128)
    sky = Image.linear_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (grain, Image.blend(grain, sky, 0.4), sky)).filter(ImageFilter.SMOOTH)
    out = BytesIO()
    if name == "heic":
        import pillow_heif

        pillow_heif.from_pillow(picture).save(out, quality=60)
    else:
        picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


@dataclass(frozen=True)
class Picture:
    """What a photo is made of; its bytes are made anew whenever they are asked for."""

    base: str
    mark: bytes

    @property
    def type(self) -> str:
        return "image/heic" if self.base == "heic" else "image/jpeg"

    def bytes(self) -> bytes:
        plain = base(self.base)
        if self.base == "heic":
            return plain + struct.pack(">I", 8 + len(self.mark)) + b"free" + self.mark
        return plain[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(self.mark)) + self.mark + plain[2:]

    def sha256(self) -> str:
        return hashlib.sha256(self.bytes()).hexdigest()
