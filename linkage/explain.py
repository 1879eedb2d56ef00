"""Why a pair weighs what it weighs, in words and bits, from the very function that weighed it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from linkage.comparison import COMPARISONS, FORENAME, FURTHER_WORDS, HOUSEHOLD, SURNAME, WORDS, Forename
from linkage.encode import encode
from linkage.guard import Guard
from linkage.kernel import score_adjusted
from linkage.model import Model
from linkage.record import StandardRecord

GUARD_WORDS: Mapping[Guard, str] = {
    Guard.NHS_NUMBER_CONFLICT: "two different verified NHS numbers",
    Guard.NHS_NUMBER_CONFUSION: "one NHS number, but the people look different",
    Guard.MULTIPLE_BIRTH: "they may be twins: one birth date and family, but forename or birth order differs",
    Guard.UNIDENTIFIED: "one record is of an unidentified patient",
    Guard.PLACEHOLDER_NAME: "one record has a newborn's placeholder for a forename",
    Guard.WEAK_IDENTITY: "too little agrees to be sure",
    Guard.STOPPED: "automatic linking is switched off for a source",
}


def _date(record: StandardRecord) -> str:
    born = record.birth_date
    parts = [f"{born.year:04}"] if born.year else []
    parts += [f"{part:02}" for part in (born.month, born.day) if part]
    return "-".join(parts)


_HOUSEHOLD = list(COMPARISONS)[HOUSEHOLD]

LABELS: Mapping[str, str] = {
    "nhs_number": "NHS number",
    "birth_date": "date of birth",
    "gp_practice": "GP practice",
    "mothers_maiden_name": "mother's maiden name",
    "contact": "phone and e-mail",
    "email": "e-mail",
}


def label(name: str, compared: Container[str]) -> str:
    """A comparison in words, beside the others: where e-mail is one of its own, contact is the phone alone."""
    if name == "contact" and "email" in compared:
        return "phone"
    return LABELS.get(name, name.replace("_", " "))


_VALUES: Mapping[str, Callable[[StandardRecord], str]] = {
    "nhs_number": lambda r: r.nhs_number,
    "forename": lambda r: " ".join(r.forenames[:1]),
    "surname": lambda r: " ".join(r.surnames[:1]),
    "middle_names": lambda r: " ".join(r.middle_names),
    "birth_date": _date,
    "sex": lambda r: r.sex.name if r.sex else "",
    "location": lambda r: " ".join(part for part in (r.house, r.street, r.town, r.postcode) if part),
    "contact": lambda r: " ".join((*r.phones, *r.emails)),
    "gp_practice": lambda r: r.gp_practice,
    "mothers_maiden_name": lambda r: r.mothers_maiden_name,
    "birth_order": lambda r: str(r.birth_order or ""),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison's share: `weight` bits from the model's table and `adjustment` beside it.

    `sentence` names the values when records were given and must not be logged then; `loggable` never names any.
    """

    comparison: str
    level: str
    words: str
    weight: float
    adjustment: float
    sentence: str
    loggable: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of a pair's weight: `total` is `prior` and every line's weight and adjustment, as the kernel sums them."""

    lines: tuple[Line, ...]
    prior: float
    total: float
    probability: float
    outcome: str
    guards: Guard
    guard_words: tuple[str, ...]
    model: str
    fingerprint: str

    @property
    def summary(self) -> str:
        """One loggable sentence."""
        held = f"; not by itself because {', and '.join(self.guard_words)}" if self.guard_words else ""
        return f"{self.outcome} at {self.total:+.1f} bits, model {self.fingerprint}{held}"


def explain(a: bytes | StandardRecord, b: bytes | StandardRecord, model: Model) -> Explanation:
    """Explain one pair, encoded or standardised. Raises `ModelError` for a row of another model."""
    scores, adjust = score_adjusted(_row(a, model), (_row(b, model),), model)
    weight, guards = float(scores.weight[0]), Guard(int(scores.guards[0]))
    pattern = scores.pattern[0].tolist()
    lines = tuple(
        _line(name, column, pattern, float(adjust[column]), (a, b), model)
        for column, name in enumerate(model.comparisons)
    )
    return Explanation(
        lines=lines,
        prior=model.prior,
        total=weight,
        probability=model.probability(weight),
        outcome=outcome(weight, guards, model),
        guards=guards,
        guard_words=tuple(GUARD_WORDS[guard] for guard in guards),
        model=f"{model.name} {model.version}",
        fingerprint=model.fingerprint,
    )


def levels_in_words(pattern: bytes, model: Model) -> tuple[str, ...]:
    """What each comparison came to, of a pattern that this model gave; what was missing is left out."""
    compared = enumerate(model.comparisons)  # a pattern has room for more
    return tuple(
        f"{label(name, model.comparisons)}: {_words(name, column, pattern)}"
        for column, name in compared
        if pattern[column]
    )


def _words(name: str, column: int, pattern: Sequence[int]) -> str:
    """What a comparison came to; a surname that stands crosswise in a file is told with the forename and not here."""
    if column == SURNAME and not pattern[SURNAME] and pattern[FORENAME] == Forename.SWAPPED:
        return "counted with the forename"
    return WORDS.get(name, FURTHER_WORDS)[pattern[column]]


def outcome(weight: float, guards: Guard, model: Model) -> str:
    """ "certain", "possible" or "none"; any guard keeps a pair from certain."""
    if weight >= model.certain and not guards:
        return "certain"
    return "possible" if weight >= model.possible else "none"


def _row(record: bytes | StandardRecord, model: Model) -> bytes:
    return encode(record, model) if isinstance(record, StandardRecord) else record


def _line(
    name: str,
    column: int,
    pattern: Sequence[int],
    adjustment: float,
    pair: tuple[bytes | StandardRecord, bytes | StandardRecord],
    model: Model,
) -> Line:
    level = pattern[column]
    weight = float(model.weights[column, level])
    words = _words(name, column, pattern)
    about = label(name, model.comparisons)
    said = _worth(name, level, weight, adjustment)
    return Line(
        comparison=name,
        level=model.comparisons[name](level).name.lower() if level else "missing",
        words=words,
        weight=weight,
        adjustment=adjustment,
        sentence=f"{about}{_values(name, pair)}: {words}{said}",
        loggable=f"{about}: {words}{said}",
    )


def _worth(name: str, level: int, weight: float, adjustment: float) -> str:
    """The bits, and what moved them from the level's usual worth."""
    if not level:
        return ""
    why, what = "", "postcode" if name == "location" else "name"
    if name == _HOUSEHOLD:
        why = ", because forename and birth date do not tell one person from two members of one household"
    elif name == "birth_date" and adjustment:
        why = ", reduced because a date is estimated, or is 1 January as unknown ones are"
    elif adjustment < -1.0:
        why = f", a common {what}, so worth less"
    elif adjustment > 1.0:
        why = f", a rare {what}, so worth more"
    return f"{why} ({weight + adjustment:+.1f} bits)"


def _values(name: str, pair: tuple[bytes | StandardRecord, bytes | StandardRecord]) -> str:
    """The two values for a reviewer's eyes; nothing unless both records were given."""
    a, b = pair
    if name == _HOUSEHOLD or not (isinstance(a, StandardRecord) and isinstance(b, StandardRecord)):
        return ""
    one, other = (_VALUES[name](x) if name in _VALUES else dict(x.further).get(name, "") for x in (a, b))
    if one == other:
        return f" {one}" if one else ""
    return f" {one or '(none)'} and {other or '(none)'}"
