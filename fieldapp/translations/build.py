"""Merge the catalogues' parts and compile them: `python -m fieldapp.translations.build`."""

import io
import os
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HERE = Path(__file__).parent
CHINESE = "zh_Hans_CN"


def build() -> None:
    merged = Catalog(locale=CHINESE)
    for part in sorted((HERE / "parts").glob("*.zh.po")):
        for message in read_po(io.BytesIO(part.read_bytes()), locale=CHINESE):
            if message.id and message.string:
                merged.add(message.id, message.string, context=message.context, flags=message.flags)
    folder = HERE / CHINESE / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"messages.mo.{os.getpid()}"  # replaced as a whole: a running server may be reading it
    with fresh.open("wb") as out:
        write_mo(out, merged)
    fresh.replace(folder / "messages.mo")


if __name__ == "__main__":
    build()
