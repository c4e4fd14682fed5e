"""A report's page taken apart, and results that attack it."""

import base64
import gzip
import json
from html.parser import HTMLParser

from harness.report.page import render

ATTACK = '<script>window.attacked = 1</script><img src=x onerror="window.attacked = 1">&quot;\'{{ 7 * 7 }}'


class Page(HTMLParser):
    """Every element as (tag, attributes, text), the text of its descendants included; scripts' text is not markup."""

    VOID = ("meta", "input", "img", "br", "link")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements, self.stack = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "attributes": dict(attrs), "text": "", "inside": list(self.stack)}
        self.elements.append(element)
        if tag not in self.VOID:
            self.stack.append(element)

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()["tag"] != tag:
            pass

    def handle_data(self, data):
        for element in self.stack:
            element["text"] += data

    def all(self, tag, **attributes):
        return [e for e in self.elements if e["tag"] == tag and attributes.items() <= e["attributes"].items()]

    def within(self, outer, tag):
        return [e for e in self.elements if e["tag"] == tag and outer in e["inside"]]

    def places(self):
        """Where links lead to on the page itself."""
        hrefs = [e["attributes"]["href"] for e in self.all("a")]
        return {href[1:] for href in hrefs if href.startswith("#")}

    def row(self, cell_id):
        (row,) = [e for e in self.all("tr") if e["attributes"].get("data-id") == cell_id]
        return row

    def figures(self, cell_id):
        return [" ".join(e["text"].split()) for e in self.within(self.row(cell_id), "td")]

    def payloads(self):
        return [
            json.loads(gzip.decompress(base64.b64decode(e["text"]))) for e in self.all("script", **{"class": "data"})
        ]


def page_of(found):
    """The page of a document as it comes out of its file, where numbers that are not finite are null."""
    return Page(render(json.loads(json.dumps(found)), calibrated=[]))


def attacked(value, key=""):
    """The document with markup in every string that the report does not dispatch on."""
    if isinstance(value, dict):
        # The slugs are the keys of the claims, and cells name their claim by them.
        return {k + ATTACK if key == "claims" else k: attacked(each, k) for k, each in value.items()}
    if isinstance(value, list):
        return [attacked(each, key) for each in value]
    free = isinstance(value, str) and key not in ("outcome", "verdict", "started")
    return value + ATTACK if free else value
