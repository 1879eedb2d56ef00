"""Patient identifiers: a value inside the namespace of the assigning authority that issued it."""

from __future__ import annotations

from dataclasses import dataclass

NHS_AUTHORITY = "NHS"
NHS_OID = "2.16.840.1.113883.2.1.4.1"
NHS_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """`authority` is the id of an assigning authority in the network file, never an organisation (ORG-2)."""

    authority: str
    value: str

    def __str__(self) -> str:
        return f"{self.authority}|{self.value}"

    @classmethod
    def parse(cls, text: str) -> Identifier:
        """The inverse of `str`; raises ValueError without a bar or with an empty half."""
        authority, bar, value = text.partition("|")
        if not (bar and authority and value):
            raise ValueError("an identifier is written authority|value")
        return cls(authority, value)


WITHHELD = Identifier("", "")
"""Stands for a patient id that is not told (NHS-57)."""
