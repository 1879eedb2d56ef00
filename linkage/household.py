"""What a family shares, counted only up to a limit where forename or birth date speaks for two of its members."""

from __future__ import annotations

from math import inf

from linkage.comparison import (
    BIRTH_DATE,
    CONTACT,
    FORENAME,
    FURTHER,
    GP_PRACTICE,
    HOUSEHOLD,
    LOCATION,
    MIDDLE_NAMES,
    MOTHERS_MAIDEN_NAME,
    SURNAME,
)
from linkage.compiled import compiled
from linkage.field_levels import B_DISAGREE, B_EXACT, B_GENERATION, B_NEAR_YEAR, B_SAME_YEAR
from linkage.layout import Levels
from linkage.model import (
    FIRST_FAMILY,
    MIDDLE_IS_FAMILY,
    NAMESAKES,
    NO_FORENAME,
    OTHER_BIRTH_DATE,
    OTHER_FORENAME,
    OTHER_GENERATION,
    OTHER_PERSON,
    TWINS,
    Numbers,
)
from linkage.name_levels import F_DISAGREE, F_SIMILAR


@compiled
def limit_household(weights: Numbers, rules: Numbers, levels: Levels, adjust: Numbers, last: int) -> None:
    """Cut what a family shares down to a limit when forename or birth date speaks for two of its members.

    Given a shared home, a shared surname, phone and practice say little: they follow from it. Counted as independent
    they would join spouses, father and son of one name, and twins. The columns from `last` on are not in use.
    """
    limit = household_limit(rules, levels)
    together = 0.0
    for column in (SURNAME, LOCATION, CONTACT, GP_PRACTICE, MOTHERS_MAIDEN_NAME):
        together += max(0.0, weights[column, levels[column]] + adjust[column])
    if rules[MIDDLE_IS_FAMILY] > 0.0:
        together += max(0.0, weights[MIDDLE_NAMES, levels[MIDDLE_NAMES]] + adjust[MIDDLE_NAMES])
    for column in range(FURTHER, last):
        if rules[FIRST_FAMILY + column - FURTHER] > 0.0 and levels[column] > 0:
            together += max(0.0, weights[column, levels[column]] + adjust[column])
    cut = max(0.0, together - limit)
    if levels[BIRTH_DATE] == B_EXACT and (levels[FORENAME] == 0 or levels[FORENAME] >= F_SIMILAR):
        born = weights[BIRTH_DATE, B_EXACT] + adjust[BIRTH_DATE]
        cut = max(cut, together + max(0.0, born) - rules[TWINS])
    if levels[BIRTH_DATE] == B_GENERATION and 0 < levels[FORENAME] < F_DISAGREE:
        named = weights[FORENAME, levels[FORENAME]] + adjust[FORENAME]
        cut = max(cut, together + max(0.0, named) - rules[NAMESAKES])
    if cut > 0.0:
        levels[HOUSEHOLD] = 1
        adjust[HOUSEHOLD] = -cut


@compiled
def household_limit(rules: Numbers, levels: Levels) -> float:
    """How many bits all that a family shares may add up to.

    A birthday shared with a year or two between counts as another date: so are brothers, who may share a forename.
    """
    born = levels[BIRTH_DATE]
    generation = born == B_GENERATION
    other_date = generation or born in (B_DISAGREE, B_SAME_YEAR, B_NEAR_YEAR)
    limit = inf
    if levels[FORENAME] == F_DISAGREE:
        limit = rules[OTHER_PERSON] if other_date else rules[OTHER_FORENAME]
    elif other_date:
        limit = rules[OTHER_GENERATION] if generation else rules[OTHER_BIRTH_DATE]
    elif levels[FORENAME] == 0:
        limit = rules[NO_FORENAME]
    return limit
