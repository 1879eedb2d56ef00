import json

import pytest

from linkage.errors import ModelError
from linkage.frequencies import Frequencies, Limits, count, uk
from linkage.record import StandardRecord


def test_hand_counted_shares() -> None:
    records = [StandardRecord(("SMITH",), ("ANN",), postcode="M139WL")] * 3
    records += [StandardRecord(("OKAFOR", "SMITH"), ("ROSE",), postcode="M139AB"), StandardRecord()]
    found = count(records)
    assert found.shares["surname"] == {"SMITH": 0.75}
    assert found.shares["sector"] == {"M139": 1.0}
    assert found.shares["postcode"] == {"M139WL": 0.75}
    assert found.limits["surname"].floor == 0.05  # four values are too few to tell rare from common
    assert found.frequency("surname", "SMITH") == 0.05  # no more than the cap
    assert found.frequency("surname", "OKAFOR") == found.frequency("surname", "NEVERSEEN") == 0.05


def test_floor_and_cap() -> None:
    table = Frequencies({"surname": {"SMITH": 0.9, "RARE": 1e-9, "JONES": 0.01}}, {"surname": Limits(1e-5, 0.02)})
    assert table.frequency("surname", "SMITH") == 0.02
    assert table.frequency("surname", "JONES") == 0.01
    assert table.frequency("surname", "RARE") == table.frequency("surname", "UNLISTED") == 1e-5


def test_a_document_brings_the_same_table_back() -> None:
    table = count([StandardRecord((name,), ("ANN",), postcode="M139WL") for name in "AABBBC" * 20])
    document = json.loads(json.dumps(table.to_document()))
    assert Frequencies.from_document(document) == table


@pytest.mark.parametrize(
    "document",
    [
        {"surname": {"SMITH": 0}},
        {"surname": {"SMITH": 1.5}},
        {"surname": {"SMITH": True}},
        {"surname": {"SMITH": "0.1"}},
        {"surname": {}, "limits": {"surname": {"floor": 0.1}}},
        {"surname": {}, "limits": {"surname": {"floor": 0.1, "cap": 0.01}}},
        {"surname": {}, "limits": {"surname": 3}},
    ],
)
def test_a_wrong_document_is_refused_without_naming_a_name(document: dict[str, dict[str, object]]) -> None:
    with pytest.raises(ModelError) as raised:
        Frequencies.from_document(document)
    assert "SMITH" not in str(raised.value)


def test_the_uk_table_is_plausible() -> None:
    table = uk()
    for field in ("surname", "forename"):
        shares = table.shares[field]
        assert len(shares) > 300
        assert 0.3 < sum(shares.values()) < 0.9
        assert all(name.isascii() and name.isalpha() and name.isupper() for name in shares)
        assert table.limits[field].floor < min(shares.values()) < max(shares.values()) < table.limits[field].cap
    order = [table.frequency("surname", name) for name in ("SMITH", "PATEL", "NOWAK", "NEVERHEARDOF")]
    assert order == sorted(order, reverse=True)
