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


def drawn(more):
    """The plot in a cell's details."""
    chart = more.locator(".chart")
    chart.scroll_into_view_if_needed()
    more.page.wait_for_selector(".more .chart[data-drawn]")
    return chart
