"""What a reader does in the report, and the cells of `sample` with plots."""

SCATTER = "bias: digits-m8-fcn-10-hinge"
VOLUMES = "under: cube5"
STATES = "only: changed"


def shown(page):
    return page.eval_on_selector_all("tr[data-id]", "rows => rows.filter(r => r.offsetParent).map(r => r.dataset.id)")


def anchor(page, cell_id):
    return page.evaluate(
        "id => [...document.querySelectorAll('tr[data-id]')].find(r => r.dataset.id === id).id", cell_id
    )


def opened(page, cell_id):
    """The details of a cell, opened by its own link.

    From the keyboard: a claim's curves come in above the row as it comes into view, and a script's mouse, which unlike
    a reader's does not see that, would at times press on one row and let go on another.
    """
    place = anchor(page, cell_id)
    page.locator(f'[id="{place}"] th a').press("Enter")
    more = page.locator(f'[id="{place}-more"]')
    page.wait_for_selector(f'[id="{place}-more"][data-ready]')
    return more


def scroll_to(locator):
    """Bring an element into view at once.

    Playwright's own scrolling waits until the element has kept its place for two frames, which a busy machine that
    draws no frames can keep it waiting for.
    """
    locator.evaluate("element => element.scrollIntoView({ block: 'center' })")


def told(page, mark):
    """Move the mouse onto a mark until its tooltip is there: what comes in above a mark moves it."""
    for _ in range(50):
        scroll_to(mark)
        box = mark.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(100)
        if page.locator("#vg-tooltip-element.visible").count():
            return
    raise AssertionError("No tooltip appeared over the mark.")


def draw(chart):
    """Charts are drawn when they come into view."""
    scroll_to(chart)
    chart.page.wait_for_function("chart => chart.dataset.drawn", arg=chart.element_handle(), polling=100)


def drawn(more):
    """The first plot in a cell's details."""
    chart = more.locator(".chart").first
    draw(chart)
    return chart
