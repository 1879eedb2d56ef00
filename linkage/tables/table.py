"""Person records as columns under the library's own names, whatever file they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa

from linkage.errors import LinkageError
from linkage.record import Address, Demographics, FurtherValue, Kind, Name, NameUse, Sex

FIELDS = (
    "nhs_number",
    "nhs_status",
    "national_id",
    "title",
    "forename",
    "middle_names",
    "surname",
    "previous_surname",
    "full_name",
    "dob",
    "sex",
    "postcode",
    "address",
    "town",
    "region",
    "phone",
    "phone_2",
    "phone_3",
    "email",
    "email_2",
    "gp_practice",
    "birth_place",
    "mothers_maiden_name",
    "birth_order",
    "multiple_birth",
)
"""The columns a table may have. `dob` is ISO 8601 at its precision ("1954", "1954-03", "1954-03-07"); `sex` male,
female, other or unknown; `multiple_birth` true or false; all others as the source wrote them."""


@dataclass(frozen=True, slots=True)
class Table:
    """N person records. ids: string[N], distinct, none missing. columns: string[N] by field, null is not said.

    extras: the columns outside `FIELDS`, and their kinds. first: how many are of the first of two files, None when
    all are of one. Raises `LinkageError` for a column that is in neither or not of N strings.
    """

    ids: pa.Array
    columns: Mapping[str, pa.Array]
    extras: Mapping[str, Kind] = field(default_factory=dict)
    first: int | None = None

    def __post_init__(self) -> None:
        for name, column in (("id", self.ids), *self.columns.items()):
            if name not in FIELDS and name not in self.extras and name != "id":
                raise LinkageError(f"a table of people has no column '{name}'")
            if len(column) != len(self.ids) or not pa.types.is_string(column.type):
                raise LinkageError(f"the column '{name}' must hold {len(self.ids)} strings")

    def __len__(self) -> int:
        return len(self.ids)

    def slice(self, first: int, most: int) -> Table:
        """At most `most` records from the row `first` on."""
        columns = {name: column.slice(first, most) for name, column in self.columns.items()}
        return replace(self, ids=self.ids.slice(first, most), columns=columns, first=None)

    def demographics(
        self, row: int, further: Mapping[str, Kind] | None = None, *, foreign: bool = False
    ) -> Demographics:
        """What one row says about its person: what every faster road must agree with.

        further: the fields that the model compares as such, by kind; what is among them is said there alone. foreign:
        postcodes follow no British rules.
        """
        said = {name: column[row].as_py() or "" for name, column in self.columns.items()}
        return demographics_of(said, further or {}, foreign=foreign)


def demographics_of(
    said: Mapping[str, str], further: Mapping[str, Kind] | None = None, *, foreign: bool = False
) -> Demographics:
    """Demographics from a row's fields; a field that is absent or "" was not said."""
    others = tuple(FurtherValue(name, kind, said[name]) for name, kind in (further or {}).items() if said.get(name))
    said = {name: value for name, value in said.items() if name not in (further or {})}

    def get(name: str) -> str:
        return said.get(name, "")

    family, given, middle = get("surname"), get("forename"), get("middle_names")
    if not (family or given) and (whole := get("full_name").split()):
        given, middle, family = whole[0], " ".join(whole[1:-1]), whole[-1]
    names = [Name(family, given, middle, get("title"), use=NameUse.OFFICIAL)] if family or given or middle else []
    if get("previous_surname"):
        names.append(Name(get("previous_surname"), given, use=NameUse.MAIDEN))
    address = Address(
        tuple(filter(None, (get("address"),))), get("town"), get("region"), get("postcode"), foreign=foreign
    )
    order = get("birth_order")
    return Demographics(
        names=tuple(names),
        birth_date=get("dob"),
        sex=Sex(get("sex") or "unknown"),
        addresses=(address,) if any((address.lines, address.town, address.county, address.postcode)) else (),
        phones=tuple(filter(None, (get("phone"), get("phone_2"), get("phone_3")))),
        emails=tuple(filter(None, (get("email"), get("email_2")))),
        nhs_number=get("nhs_number"),
        nhs_status=get("nhs_status"),
        gp_practice=get("gp_practice"),
        mothers_maiden_name=get("mothers_maiden_name"),
        multiple_birth={"true": True, "false": False}.get(get("multiple_birth")),
        birth_order=int(order) if order.isdecimal() else None,
        further=others,
    )
