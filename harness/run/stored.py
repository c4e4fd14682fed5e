"""python -m harness store: what stored samples there are, whether they are whole, and which to delete."""

import argparse
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from harness.arguments import path_option, short_repr
from harness.errors import BadInput, printable
from harness.report.terminal import console
from harness.report.words import duration
from harness.store import Store
from harness.store.maintenance import Contents, contents, prune, verify


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands and their options."""
    store = commands.add_parser("store", help="stored samples").add_subparsers(required=True, metavar="COMMAND")
    for name, run, about in (
        ("info", _info, "what is in it: entries, bytes and seconds by sampler, and what could be deleted"),
        ("verify", _verify, "check every entry; list those that are damaged or out of place"),
        ("prune", _prune, "delete what is old or stale; runs may go on meanwhile"),
    ):
        command = store.add_parser(name, help=about)
        command.add_argument("--store", type=path_option, default=os.environ.get("HARNESS_STORE") or ".store")
        command.set_defaults(run=run)
    command.add_argument("--older-than", metavar="DAYS", help="what was written longer ago than days such as 90d")
    command.add_argument(
        "--stale",
        action="store_true",
        help="what nothing can ask for any more: entries of older samplers or layouts, and all that were set aside",
    )


def _info(asked: argparse.Namespace) -> int:
    from harness.lab import SAMPLERS_VERSION

    store_table(asked.store, contents(_store(asked), SAMPLERS_VERSION), console())
    return 0


def _verify(asked: argparse.Namespace) -> int:
    store, screen = _store(asked), Console()
    expected = sum(1 for _ in store.entries())
    checked = track(verify(store), "Checking", expected, console=screen, transient=True, disable=not screen.is_terminal)
    entries = bad = 0
    for path, whole in checked:
        entries += 1
        bad += not whole
        if not whole:
            screen.print(path, markup=False, highlight=False, soft_wrap=True)
    print(f"{entries:,} entries, {bad} bad; a bad one is set aside and drawn again when asked for")
    return 1 if bad else 0


def _prune(asked: argparse.Namespace) -> int:
    from harness.lab import SAMPLERS_VERSION

    if asked.older_than is None and not asked.stale:
        raise BadInput("store prune takes --older-than DAYS, --stale or both, and otherwise deletes nothing.")
    days = None
    if asked.older_than is not None:
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)d", asked.older_than)
        if match is None:
            raise BadInput(f"--older-than takes days such as 90d, not {short_repr(asked.older_than)}.")
        days = float(match[1])
    deleted = prune(_store(asked), SAMPLERS_VERSION, days, asked.stale)
    print(
        f"{deleted.entries:,} entries deleted, and {deleted.files:,} files that were set aside or unfinished: "
        f"{deleted.bytes / 1e6:,.1f} MB"
    )
    return 0


def _store(asked: argparse.Namespace) -> Store:
    if not asked.store.is_dir():
        raise BadInput(f"There is no store at {asked.store}; name one with --store.")
    return Store(asked.store)


def store_table(folder: Path, found: Contents, console: Console) -> None:
    """Print what a store holds: a row per sampler, the largest first, and the entries that could be deleted.

    Args:
        folder: the store's folder, named in the first line.
        found: the store's contents.
        console: where it is printed.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("sampler", "entries", "of older samplers", "MB", "drawn in", "oldest", "newest"):
        table.add_column(column, justify="left" if column == "sampler" else "right")
    for name, group in sorted(found.groups.items(), key=lambda named: -named[1].bytes):
        days = (datetime.fromtimestamp(written, UTC).date().isoformat() for written in (group.oldest, group.newest))
        counts = f"{group.entries:,}", f"{group.outdated:,}", f"{group.bytes / 1e6:,.1f}"
        table.add_row(Text(printable(name)), *counts, duration(group.seconds), *days)
    lines = [
        f"{folder}: {found.entries:,} entries, {found.bytes / 1e6:,.1f} MB, {found.set_aside:,} set aside, "
        f"{found.unfinished:,} unfinished"
    ]
    asked_for_no_more = {
        "of older samplers": found.outdated,
        "of an older layout": found.older_layout,
        "that do not say what they are": found.unreadable,
        "set aside": found.set_aside,
    }
    if any(asked_for_no_more.values()):
        these = ", ".join(f"{count:,} {what}" for what, count in asked_for_no_more.items() if count)
        lines.append(f"No run asks for these: {these}; python -m harness store prune --stale deletes them.")
    if found.groups:
        console.print(table)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
