"""The archive: every ended work order, found by any word of it, in Chinese too, by whoever may see it (F7).

The index is our own and made of ordinary rows, so that it is one on both databases, travels with every backup, and
finds a word inside a Chinese sentence, which neither database's own full text does without an extension. For each pair
of neighbouring characters it keeps the set of entries that have it (`grams`): a question is the intersection of a few
sets, and what is found is looked at once more, because pairs may stand apart.
"""

from server.archive.index import index_ended
from server.archive.search import Asked, Found, may_read, may_read_archived, search

__all__ = ["Asked", "Found", "index_ended", "may_read", "may_read_archived", "search"]
