"""Pictures of the style page for people to look at: `python tests/look/shoot.py [folder] [page …]`."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from gallery import PAGES, STATIC, render
from playwright.sync_api import sync_playwright

LOOKS = (
    ("light", 390, 844, "light", False),
    ("dark", 390, 844, "dark", False),
    ("sun", 390, 844, "light", True),
    ("desk", 1280, 900, "light", False),
)


def shoot(folder: Path, pages: tuple[str, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play, tempfile.TemporaryDirectory() as pages_at:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        for page in pages:
            for look, width, height, scheme, sunlight in LOOKS:
                role = "lead" if look == "desk" else "officer"
                file = Path(pages_at) / f"{page}-{look}.html"
                html = render(page, STATIC.as_uri(), role)
                file.write_text(html.replace("<html ", "<html data-sunlight " if sunlight else "<html "), "utf-8")
                tab = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1
                )
                tab.goto(file.as_uri())
                tab.screenshot(path=str(folder / f"{page}-{look}.png"), full_page=look != "desk")
                tab.close()
        browser.close()


if __name__ == "__main__":
    wanted = tuple(sys.argv[2:]) or PAGES
    shoot(Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/fieldapp-look"), wanted)
