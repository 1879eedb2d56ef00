"""The usual names of columns about people, so that most files need no mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from linkage.tables.mapping import LISTS, Extra, Mapping

# By field, squashed to letters and digits; the first of a field that a file has is the one that is used. A person's
# or patient's own number (person_id, cluster) often is the answer that linking is to find, so it is no record id.
_USUAL = {
    "id": "uniqueid recid recordid id rowid sourceid uid recordkey recordnumber recordno localpatientid "
    "localpatientidentifier patientid hospitalnumber hospitalno medicalrecordnumber mrn pasnumber crn uuid guid",
    "nhs_number": "nhsnumber nhsno nhsnum nhsnr nhs nhsidentifier newnhsnumber newnhsno",
    "nhs_status": "nhsstatus nhsnumberstatus nhsnumberstatuscode nhsnumberstatusindicator "
    "nhsnumberstatusindicatorcode nhsnumberverificationstatus nhsnumberverificationstatuscode",
    "national_id": "nationalid nationalidentifier nationalidnumber nationalnumber socsecid socsec ssn "
    "socialsecuritynumber socialsecurityno socialsecurityid nino nationalinsurancenumber nationalinsuranceno "
    "ninumber insurancenumber medicarenumber sin ppsn personnummer",
    "title": "title nametitle titlename prefix nameprefix salutation",
    "forename": "forename forename1 firstforename givenname givenname1 firstname firstname1 fname fnamec1 given "
    "gname christianname personfirstname",
    "middle_names": "middlenames middlename middle midname midlname mname otherforenames othernames othergivennames "
    "secondforename secondname forename2 givenname2 fnamec2 middleinitial",
    "surname": "surname lastname familyname lname lnamec1 sname family last surname1 currentsurname",
    "previous_surname": "previoussurname prevsurname formersurname oldsurname previouslastname formerlastname "
    "previousfamilyname maidenname birthname birthsurname surnameatbirth",
    "full_name": "fullname name patientname personname completename firstandsurname nameofperson",
    "dob": "dob dateofbirth birthdate birthdt bdate datebirth dobdate birthday dateborn born dobfull",
    "sex": "sex gender administrativegender administrativesex gendercode sexcode legalsex sexatbirth birthsex "
    "persongender personstatedgendercode phenotypicsex",
    "postcode": "postcode postalcode zip zipcode zip5 pcode pc addresspostcode homepostcode currentpostcode "
    "postcodefake usualaddresspostcode postcodeofusualaddress",
    "address": "flat flatnumber unit unitnumber apartment subbuildingname buildingname housename housenumber houseno "
    "housenum buildingnumber streetnumber streetno streetnum street streetname address1 addressline1 addr1 "
    "addrline1 addressln1 address addressline addr streetaddress resstreetaddress homeaddress usualaddress "
    "address2 addressline2 addr2 addrline2 addressln2 address3 addressline3 addr3 addrline3 "
    "address4 addressline4 addr4 addrline4 address5 addressline5 addr5 addrline5",
    "town": "town posttown city towncity citytown suburb locality addresstown addresscity rescitydesc municipality",
    "region": "region county state province stateprovince statecd district addresscounty addressstate",
    "phone": "phone phone1 phonenumber phonenumber1 phoneno telephone telephone1 telephonenumber telephoneno tel "
    "tel1 telno homephone phonehome hometelephone hometel homephonenumber landline mobile mobilephone phonemobile "
    "mobilenumber mobiletelephone mobileno cell cellphone contactnumber phone2 phonenumber2 telephone2 tel2 phone3 "
    "phonenumber3 telephone3 tel3 workphone phonework worktelephone",
    "email": "email email1 emailaddress emailaddress1 mail emailid contactemail homeemail email2 emailaddress2 "
    "workemail",
    "gp_practice": "gppractice gppracticecode practicecode gpcode gppracticeid registeredgppractice "
    "generalpracticecode gporganisationcode odscode",
    "birth_place": "birthplace placeofbirth pob townofbirth birthtown cityofbirth birthcity countryofbirth "
    "birthcountry",
    "mothers_maiden_name": "mothersmaidenname mothermaidenname mothersmaidensurname mmn mothersbirthname",
    "birth_order": "birthorder orderofbirth birthordernumber",
    "multiple_birth": "multiplebirth multiplebirthindicator multiplebirthflag istwin twin multiplebirthboolean",
}
_DATE_PARTS = (
    "birthyear yearofbirth yob dobyear dobyyyy byear yearborn by",
    "birthmonth monthofbirth mob dobmonth dobmon dobmm bmonth bm",
    "birthday dayofbirth dobday dobdd bday bd",
)
_WHOLE_ADDRESS = ("fulladdress", "addressfull", "postaladdress", "fullpostaladdress")
_EXTRAS = {"occupation": "category"}
_PREFIXES = re.compile(r"^(?:patient|person|client|customer|member|applicant|pt)(?=.{2})")
_NOT_ALNUM = re.compile(r"[^a-z0-9]+")


def recognise(names: Sequence[str]) -> Mapping:
    """The mapping of a source with these columns, by their usual names, whatever their case, spaces and underscores.

    What it found is in `columns` and `extras`, what it did not in `left`. Where several columns could be a field's,
    the most usual name wins and the others are left. Finding no id is an error only once something is read by it.
    """
    known = _known(names)
    found = {field: tuple(_take(field, usual.split(), known)) for field, usual in _USUAL.items()}
    found["dob"] = _birth_date(found["dob"], known)
    if found["surname"] and not found["forename"] and "name" in known:
        found["forename"], found["full_name"] = (known["name"],), ()
    if not found["address"]:
        found["address"] = tuple(known[alias] for alias in _WHOLE_ADDRESS if alias in known)[:1]
    columns = {field: taken for field, taken in found.items() if taken}
    extras = tuple(Extra(alias, known[alias], kind) for alias, kind in _EXTRAS.items() if alias in known)
    used = {column for taken in columns.values() for column in taken} | {extra.column for extra in extras}
    return Mapping(columns, extras=extras, left=tuple(name for name in names if name not in used))


def describe(mapping: Mapping) -> Iterator[str]:
    """What was recognised and what was left, a line each."""
    for field, columns in mapping.columns.items():
        yield f"{field}: from {', '.join(columns)}"
    for extra in mapping.extras:
        yield f"{extra.name}: from {extra.column}, compared as {extra.kind}"
    if mapping.left:
        yield f"not recognised: {', '.join(mapping.left)}"


def _known(names: Sequence[str]) -> dict[str, str]:
    """The columns by squashed name; a name with patient_ or the like before it stands back for one without."""
    exact: dict[str, str] = {}
    bare: dict[str, str] = {}
    for name in names:
        squashed = _NOT_ALNUM.sub("", name.casefold())
        exact.setdefault(squashed, name)
        plain = _PREFIXES.sub("", squashed)
        if plain != squashed and plain not in _USUAL["id"].split():
            bare.setdefault(plain, name)
    return bare | exact


def _birth_date(whole: tuple[str, ...], known: dict[str, str]) -> tuple[str, ...]:
    """The column of the whole date, else year, month and day as far as they go; a "birthday" may be either's."""
    parts = [next((known[alias] for alias in usual.split() if alias in known), "") for usual in _DATE_PARTS]
    if not parts[0] or (whole and whole[0] not in parts):
        return whole
    return tuple(parts[: parts.index("")] if "" in parts else parts)


def _take(field: str, usual: Sequence[str], known: dict[str, str]) -> Iterator[str]:
    """The columns of one field, the most usual first, as many as it may have."""
    found = dict.fromkeys(known[alias] for alias in usual if alias in known)
    most = 1 if field == "dob" else LISTS.get(field, 1)
    yield from list(found)[:most]
