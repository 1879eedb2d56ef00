"""How an order and the study that was made of it find one another, from either end.

By the Study Instance UID that was said, else by the accession number that images of the same authority carry, which
is the filler's number unless it was said; and always within one person. Either way is looked up by an index of its
own, for a history holds hundreds of studies: so the rule stands here twice, and nowhere else.
"""

from __future__ import annotations

_MADE_UNDER = "coalesce(nullif(o.accession, ''), o.filler)"


def order_of_study(golden: str) -> str:
    """The order of study `s`, of record `r`, under the golden id of this expression: its id, where its report stands
    and its codes. Of several, as one study may be made for, the one that is least far, for the whole is read when all
    of it has been.

    A golden id that is a parameter is looked up once for a whole page of studies, and nothing more for a person of
    whom no order is known; one that is a column, for each. Without the offset a server that knows nothing of the
    orders yet may read all of a person's for each study.
    """
    person = f"select k.record_id from link k where k.until is null and k.golden_id = {golden}"
    return f"""case when exists (select from imaging_order where record_id = any(array({person}))) then (
       select jsonb_build_array(o.id, o.report_status, o.codes) from (
         select o.* from imaging_order o where o.stands and o.study_uid <> '' and o.study_uid = s.study_uid
         union all
         select o.* from imaging_order o join source_record p on p.id = o.record_id and p.authority = r.authority
         where o.stands and o.study_uid = '' and s.accession <> '' and {_MADE_UNDER} = s.accession
         offset 0) o
       where o.record_id = any(array({person}))
       order by o.status in ('cancelled', 'discontinued'),
         array_position(array['', 'preliminary', 'final', 'corrected', 'cancelled'], o.report_status), o.id
       limit 1) end"""


def during(link: str) -> str:
    """The condition that a link stood at the time `:as_of`."""
    return f"{link}.since <= :as_of and ({link}.until is null or {link}.until > :as_of)"


def _study_of_order(linked: str, known: str) -> str:
    return f"""(select s.study_uid from (
         select s.study_uid from study s join link k on k.record_id = s.record_id and {linked}
         where o.study_uid <> '' and s.study_uid = o.study_uid and k.golden_id = l.golden_id and {known}
         union all
         select s.study_uid from link k join source_record r on r.id = k.record_id and r.authority = p.authority
           join study s on s.record_id = k.record_id and s.accession = {_MADE_UNDER}
         where o.study_uid = '' and s.accession <> '' and k.golden_id = l.golden_id and {linked} and {known}) s
       order by s.study_uid limit 1)"""


# The study that was made of order `o`, of record `p` under golden id `l.golden_id`: now, and at the time `:as_of`.
STUDY_OF_ORDER = _study_of_order("k.until is null", "true")
STUDY_OF_ORDER_THEN = _study_of_order(during("k"), "s.registered_at <= :as_of")
