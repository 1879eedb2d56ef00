"""Clean records as an expert does before linking them with a tool that does not; runs in the peers' environment.

Both peers link the same view: names in letters, valid dates, postcodes and numbers only, placeholders and pseudo
values removed, telephones in national form; everything missing is null.
"""

from __future__ import annotations

from pathlib import Path

import duckdb  # type: ignore[import-not-found, unused-ignore]

_LETTERS = "nullif(regexp_replace(upper(strip_accents({0})), '[^A-Z]', '', 'g'), '')"
_WORDS = "nullif(trim(regexp_replace(upper(strip_accents({0})), '[^A-Z0-9]+', ' ', 'g')), '')"
_DIGITS = "regexp_replace({0}, '[^0-9]', '', 'g')"
_PHONE = f"""regexp_extract(regexp_replace({_DIGITS}, '^(00)?440?', '0'), '^0[0-9]{{{{8,10}}}}$')"""
_CHECK = "(11 - (" + " + ".join(f"{11 - i} * substr(n, {i}, 1)::int" for i in range(1, 10)) + ") % 11) % 11"
_POSTCODE = "regexp_replace(upper({0}), '[^A-Z0-9]', '', 'g')"


def _listed(words: str) -> str:
    return ", ".join(f"'{word}'" for word in words.split())


_NOBODY = _listed("BABY BABYBOY BABYGIRL BOY GIRL MALE FEMALE INFANT UNKNOWN TWIN")
_ALPHABET = _listed(
    "ALPHA ALFA BRAVO CHARLIE DELTA ECHO FOXTROT GOLF HOTEL INDIA JULIET JULIETT KILO LIMA MIKE NOVEMBER OSCAR PAPA"
    " QUEBEC ROMEO SIERRA TANGO UNIFORM VICTOR WHISKEY XRAY YANKEE ZULU"
)

_UK = f"""
with read as (select *, {_DIGITS.format("nhs_number")} as n, {_POSTCODE.format("postcode")} as code from source),
cleaned as (
  select id::int as unique_id, file,
    {_LETTERS.format("forename")} as forename, {_LETTERS.format("surname")} as surname,
    {_LETTERS.format("previous_surname")} as previous_surname, {_WORDS.format("middle_names")} as middle_names,
    {_LETTERS.format("mothers_maiden_name")} as mothers_maiden_name,
    try_cast(dob as date) as born, nullif(sex, 'unknown') as sex,
    case when regexp_full_match(code, '[A-PR-UWYZ][A-Z]?[0-9][A-Z0-9]?[0-9][A-Z][A-Z]') and code not like 'ZZ%'
      then left(code, -3) || ' ' || right(code, 3) end as postcode,
    {_WORDS.format("house")} as house, {_WORDS.format("street")} as street, {_WORDS.format("town")} as town,
    nullif({_PHONE.format("phone")}, '') as phone, nullif({_PHONE.format("phone_2")}, '') as mobile,
    nullif(lower(trim(email)), '') as email, gp_practice, birth_order,
    case when length(n) = 10 and {_CHECK} = right(n, 1)::int then n end as nhs_number
  from read),
known as (
  select * replace (
    case when regexp_full_match(born::varchar, '19(00-01-01|01-01-01|11-11-11)') then null else born end as born,
    case when forename in ({_NOBODY}) or regexp_matches(forename, '^(BABY|TWIN)')
      or (forename in ({_ALPHABET}) and surname in ({_ALPHABET})) then null else forename end as forename,
    case when forename in ({_ALPHABET}) and surname in ({_ALPHABET}) then null else surname end as surname)
  from cleaned)
select * exclude (born), born::varchar as dob, year(born) as birth_year, forename || ' ' || surname as full_name,
  left(forename, 1) as initial, left(middle_names, 1) as middle_initial,
  regexp_extract(postcode, '^[A-Z0-9]+ [0-9]') as sector
from known
"""

_FEBRL = f"""
select id::int as unique_id, file,
  {_LETTERS.format("forename")} as forename, {_LETTERS.format("surname")} as surname,
  nullif(dob, '') as dob, left(dob, 4) as birth_year, postcode, national_id,
  {_WORDS.format("house")} as house, {_WORDS.format("street")} as street, {_WORDS.format("locality")} as locality,
  {_WORDS.format("town")} as town, {_WORDS.format("region")} as region,
  {_LETTERS.format("forename")} || ' ' || {_LETTERS.format("surname")} as full_name
from source
"""

_PEOPLE = f"""
with read as (
  select *, try_cast(dob as date) as born, regexp_extract(dob, '^(1[5-9]|20)[0-9][0-9]') as year,
    {_WORDS.format("full_name")} as whole from source)
select id::int as unique_id, file,
  {_LETTERS.format("forename")} as forename, {_LETTERS.format("surname")} as surname,
  {_WORDS.format("middle_names")} as middle_names, whole as full_name,
  {_LETTERS.format("forename")} || ' ' || {_LETTERS.format("surname")} as joint_name,
  born::varchar as dob, nullif(year, '') as birth_year, nullif(sex, 'unknown') as sex,
  nullif({_POSTCODE.format("postcode")}, '') as postcode, {_WORDS.format("address")} as address,
  {_WORDS.format("house")} as house, {_WORDS.format("street")} as street, {_WORDS.format("town")} as town,
  nullif({_DIGITS.format("phone")}, '') as phone, nullif(lower(trim(email)), '') as email,
  nullif({_POSTCODE.format("national_id")}, '') as national_id, {_WORDS.format("birth_place")} as birth_place,
  {_WORDS.format("occupation")} as occupation, {_WORDS.format("race")} as race, {_WORDS.format("suffix")} as suffix,
  nullif(art_number, '') as art_number
from read
"""

_STYLES = {"uk": _UK, "febrl": _FEBRL}
_COLUMNS = (
    *("forename", "surname", "middle_names", "full_name", "dob", "sex", "postcode", "address", "house", "street"),
    *(
        "town",
        "phone",
        "email",
        "birth_place",
        "occupation",
        "race",
        "suffix",
        "art_number",
        "nhs_number",
        "national_id",
    ),
)


def clean(connection: duckdb.DuckDBPyConnection, file: Path, style: str) -> None:
    """Make the table `people` of a set that `LabelledSet.write` left; a column that the set lacks is null."""
    reader = "read_csv" if file.suffix == ".csv" else "read_parquet"
    every = ", all_varchar = true" if file.suffix == ".csv" else ""
    connection.execute(f"create view given as select * from {reader}('{file}'{every})")
    there = {name for name, *_ in connection.execute("describe given").fetchall()}
    absent = "".join(f", null::varchar as {name}" for name in _COLUMNS if name not in there)
    connection.execute(f"create view source as select *{absent} from given")
    connection.execute(f"create table people as {_STYLES.get(style, _PEOPLE)}")
