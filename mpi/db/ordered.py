"""How an order and the study that was made of it find one another, said once for every statement that asks."""

from __future__ import annotations

# Between order `o` of record `p` and study `s` of record `r`, which are one person's: by the UID that was said, else
# by the accession number that the same authority's images carry, which is the filler's number unless it was said.
MADE_OF = """(o.study_uid = s.study_uid or (o.study_uid = '' and s.accession <> '' and p.authority = r.authority
       and coalesce(nullif(o.accession, ''), o.filler) = s.accession))"""

# The order of study `s` under golden id `l.golden_id`: its id and where its report stands. Of several, as one study
# may be made for, the one that is least far, for the whole is read when all of it has been.
ORDER_OF_STUDY = f"""(select o.id || ' ' || o.report_status from imaging_order o
         join source_record p on p.id = o.record_id join link k on k.record_id = p.id and k.until is null
       where o.stands and k.golden_id = l.golden_id and {MADE_OF}
       order by o.status in ('cancelled', 'discontinued'),
         array_position(array['', 'preliminary', 'final', 'corrected', 'cancelled'], o.report_status), o.id
       limit 1) as told"""

# The study that was made of order `o` of record `p` under golden id `l.golden_id`.
STUDY_OF_ORDER = f"""(select s.study_uid from study s join source_record r on r.id = s.record_id
         join link k on k.record_id = r.id and k.until is null
       where k.golden_id = l.golden_id and {MADE_OF} order by s.study_uid limit 1)"""
