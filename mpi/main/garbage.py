"""When Python looks for garbage, in a process that lives long or makes much."""

from __future__ import annotations

import gc

# The history of a person with 500 studies makes 4,000 containers that go again without a collection. At Python's 700
# there were six collections of each such answer, and of all that a worker holds, for 20 to 60 ms, after every twenty.
_YOUNG = 20_000  # containers more than before


def settle() -> None:
    """Look seldom from now on, and never at what is loaded by now, which stays until the end: a full collection that
    walks it holds everybody up for 0.2 s, and a back-load spent a fifth to a half of its processor time on them."""
    gc.set_threshold(_YOUNG)
    gc.collect()
    gc.freeze()
