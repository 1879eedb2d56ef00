"""What joining the records of two people costs beside missing a link: the one number that decides the threshold."""

from __future__ import annotations

FALSE_MERGE = 2.0
"""In missed links. Both are harm and the first is worse (design section 1), but nobody is treated by a linked file,
and one who is not found is lost to it. The index links far more cautiously, by a threshold of its own."""

LEAST_COST, MOST_COST = 1.0, 1e9
"""Nothing calls for joining two people rather than missing a link, and no weight of a pair for more."""
