"""`make bench`: how fast the doors are, beside the least that any server would have to do for the same.

`python -m tests.bench` prints one JSON line per figure, progress on stderr. What the figures mean, and what was found
with them, is in `docs/performance.md`.
"""
