"""`make kill`: a phone's browser is killed at random moments of a day, and nothing the screen had said may be missing.

`python -m tests.killing --moments 200 --seed 1` prints one JSON line for each loss and one for the whole run. A hand
(`hand.py`) types, presses, photographs and signs on the real app in a real Chromium whose profile is on disk; at a
moment the seed gives, its tab or the whole browser gets SIGKILL (`moments.py`). What the screen said is heard as it
says it, in the page itself; opened again, the phone is compared with all that was ever said (`promises.py`).
"""
