"""Results on disk, addressed by what they are the result of."""

from harness.store.entries import Entry, key
from harness.store.store import Store, lock_of

__all__ = ["Entry", "Store", "key", "lock_of"]
