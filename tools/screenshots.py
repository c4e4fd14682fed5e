"""Pictures of a report for the README and the docs: first screen, claim, phone, dark, print.

python -m tools.screenshots reports/reference/results.json docs/pictures    needs Playwright and a Chromium

They are written as PNG files with a palette of 256 colours, in a third of the bytes.
"""

import argparse
import shutil
import struct
import sys
import tempfile
import zlib
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import BadInput
from harness.report.page import write_report

_CLAIM = "architecture_outweighs_optimiser"
# A4 less its margins, in CSS pixels.
_PAPER = 703
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# name: width, height, what leads there, colours, paper.
PICTURES: dict[str, tuple[int, int, str, str, bool]] = {
    "first-screen": (1440, 900, "", "light", False),
    "claim": (1200, 1300, _CLAIM, "light", False),
    "phone": (390, 844, "", "light", False),
    "dark": (1440, 900, "", "dark", False),
    "print": (_PAPER, 994, _CLAIM, "light", True),
}
_PIXELS = """async data => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data: rgba } = context.getImageData(0, 0, image.width, image.height);
    let text = "";
    for (let i = 0; i < rgba.length; i += 65536) text += String.fromCharCode(...rgba.subarray(i, i + 65536));
    return [image.width, image.height, btoa(text)];
}"""


def with_palette(pixels: np.ndarray) -> bytes:
    """A PNG file of (height, width, 3) bytes in 256 of their colours; others become the nearest of these.

    They are the most frequent of each eighth of every channel, so that a thin line keeps its own, then of all.
    """
    height, width, _ = pixels.shape
    packed = pixels.reshape(-1, 3).astype(np.int64) @ np.array([65536, 256, 1])
    colours, place, counts = np.unique(packed, return_inverse=True, return_counts=True)
    rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1)
    often = np.argsort(-counts, kind="stable")
    _, first = np.unique(rgb[often] >> 5, axis=0, return_index=True)
    kept = np.array(list(dict.fromkeys([*often[np.sort(first)], *often]))[:256])
    nearest = np.array([((rgb[kept] - each) ** 2).sum(axis=1).argmin() for each in rgb], dtype=np.uint8)
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # each row begins with its filter, 0: none
    rows[:, 1:] = nearest[place].reshape(height, width)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = rgb[kept].astype(np.uint8).tobytes()
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _taken(browser: Any, report: Path, picture: tuple[int, int, str, str, bool]) -> bytes:
    width, height, fragment, scheme, paper = picture
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True)
    page = context.new_page()
    page.goto(report.as_uri() + (f"#{fragment}" if fragment else ""))
    page.wait_for_selector("html[data-ready]", state="attached")
    if paper:
        page.emulate_media(media="print")
    if fragment:
        # The bar at the top of the screen is not on paper.
        margin = "0" if paper else ""
        page.evaluate(
            """([id, margin]) => {
                const section = document.getElementById(id);
                section.style.scrollMarginTop = margin;
                section.scrollIntoView();
            }""",
            [fragment, margin],
        )
    # What comes into view is drawn.
    page.wait_for_timeout(2000)
    shot = page.screenshot()
    wide, high, text = page.evaluate(_PIXELS, b64encode(shot).decode("ascii"))
    context.close()
    return with_palette(np.frombuffer(b64decode(text), dtype=np.uint8).reshape(high, wide, 4)[:, :, :3])


def main() -> int:
    """The exit code: 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="a results.json")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    asked = parser.parse_args()
    try:
        _write(asked.results, asked.folder)
    except BadInput as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 2
    return 0


def _write(results: Path, folder: Path) -> None:
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        raise BadInput(
            "Pictures need Playwright and a Chromium; make test installs the one, tools/install-chromium the other."
        )
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        report = Path(temporary) / "report.html"
        write_report(results, report)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in PICTURES.items():
            content = _taken(browser, report, picture)
            (folder / f"{name}.png").write_bytes(content)
            print(f"{folder / name}.png: {len(content) / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
