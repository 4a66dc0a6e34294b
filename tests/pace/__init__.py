"""`make bench-pwa`: how long a thumb waits, on a phone with a full store and a fourth of this processor.

`python -m tests.pace` prints one JSON line per figure with its aim beside it, progress on stderr. What is measured is
measured in the page: from the browser's own time stamp of the press or key to the frame in which its effect stands.
"""
