"""Columnar road from a table of people to encoded rows and blocking keys.

The scalar functions are called once for each distinct value, and their results gathered by row. That is right because
in `standardise` most fields say the same whatever stands beside them. What does not:

- Surname and previous surname: no name twice, so the pair is read together. Forename and middle names likewise.
- Family name and given names: unknown people, the spelling alphabet, MAJOR INCIDENT, and religious names such as KAUR
  that move among the given ones; a previous surname where the forename reads differently without the middle names;
  no current name at all, when a full or a previous one stands in. Such rows are found by flags, and the distinct
  combinations of all their name fields are read together.
- An unidentified name and a birth date on 1 January; a birth order in a newborn's placeholder and the field of that
  name: such rows go the scalar road whole, and are counted.
- Sex, birth order and multiple birth are read together, being few. An NHS number's status counts only beside a number
  that is accepted. Second and third phones and e-mails move up when those before are filler, and go when they repeat.

A default birth date, a postcode, an address and a town depend on nothing else, for a table has one address in a row
and no reliability codes.
"""

from linkage.columns.encoding import Encoded, encode_table

__all__ = ["Encoded", "encode_table"]
