"""A headless Chromium without network, and pages opened in it from disk."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.report.page import render
from tests.support.report_documents import sample

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: no browser tests.")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


# No longer than it is needed: its loop runs on the thread of the tests.
@pytest.fixture(scope="package")
def browser() -> Iterator["sync_api.Browser"]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("There is no Chromium here: tools/install-chromium installs Debian's.")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def results() -> dict:
    """The results of which `report` is the page, as they are in a file."""
    return json.loads(json.dumps(sample()))


@pytest.fixture(scope="session")
def report(results: dict, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(results, calibrated=[]), encoding="utf-8")
    return path


@pytest.fixture
def visit(browser: "sync_api.Browser", report: Path) -> Iterator[Callable[..., "sync_api.Page"]]:
    """visit(fragment, path=…, width=…, **context) opens a page; in the end, none may have asked the network anything
    or written an error to its console."""
    asked: list[str] = []
    wrong: list[str] = []
    contexts = []

    def block(route: "sync_api.Route") -> None:
        if route.request.url.startswith(("file:", "blob:", "data:")):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    def visit(fragment: str = "", path: Path = report, width: int = 1440, **options: object) -> "sync_api.Page":
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **options)
        contexts.append(context)
        context.route("**/*", block)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(path.as_uri() + fragment)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]", state="attached")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert asked == []
    assert wrong == []
