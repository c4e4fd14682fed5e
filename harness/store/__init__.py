"""Results on disk, addressed by the description of their computation."""

from harness.store.entries import Entry, key
from harness.store.store import Store, lock_of

__all__ = ["Entry", "Store", "key", "lock_of"]
