"""The stage of these journeys: a phone, a link, an office."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image
from playwright.sync_api import Playwright, expect, sync_playwright

from fieldapp.translations.build import build
from tests.browser import chromium
from tests.browser.screens import Phone
from tests.network.link import OFFICE, Link
from tests.network.office import NAME, URL, Office

MEMORY = Path("/dev/shm")
GRAIN = 9


@dataclass
class Scene:
    folder: Path
    seed: int
    link: Link
    office: Office
    playwright: Playwright
    phones: int = 0

    def __post_init__(self) -> None:
        self._album = Random(self.seed)

    @contextmanager
    def phone(self) -> Iterator[Phone]:
        """A new one, at the far end of the link. What its pages complain of fails the journey."""
        self.phones += 1
        screen = Phone(self.playwright, self.folder / f"profile-{self.phones}", URL)
        try:
            yield screen
        finally:
            screen.close()
        assert screen.complaints() == [], screen.complaints()

    def photo(self, name: str) -> Path:
        """As a camera writes it; some 300 to 500 KB by the time it is made small."""
        tint = tuple(self._album.randrange(60, 200) for _ in range(3))
        grain = Image.frombytes("L", (1024, 768), self._album.randbytes(1024 * 768)).resize((2048, 1536))
        mixed = Image.blend(Image.new("RGB", grain.size, tint), grain.convert("RGB"), GRAIN / 100)
        path = self.folder / f"{name}.jpg"
        mixed.save(path, "JPEG", quality=88)
        return path


@contextmanager
def staged(seed: int) -> Iterator[Scene]:
    """Everything stands, on a network that hinders nothing yet."""
    build()
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory(prefix="fieldapp-network-", dir=MEMORY if MEMORY.is_dir() else None) as name:
        folder = Path(name)
        with closing(Link(seed)) as link, closing(Office(folder)) as office:
            office.opens()
            os.environ["FIELDAPP_CHROMIUM"] = str(_chromium_behind(link, office, folder))
            with sync_playwright() as playwright:
                yield Scene(folder, seed, link, office, playwright)


def _chromium_behind(link: Link, office: Office, folder: Path) -> Path:
    """A program that is Chromium in the phone's own network, which knows the office by name and certificate."""
    found = chromium.find()
    assert found, "no Chromium here"
    flags = [
        f"--host-resolver-rules='MAP {NAME} {OFFICE}'",
        f"--ignore-certificate-errors-spki-list={office.fingerprint}",
    ]
    program = folder / "chromium"
    program.write_text(f'#!/bin/sh\nexec {" ".join(link.enter)} {found} {" ".join(flags)} "$@"\n')
    program.chmod(0o755)
    return program
