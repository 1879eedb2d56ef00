"""Ask an archive which studies it has: QIDO-RS, page by page (DICOM PS3.18 10.6; IHE-63).

Servers cap pages, and some ignore offset: it is paged on until nothing new comes. Whether that was all is for
`Listing` to find out.
"""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from adapters.dicom.json_model import read_json, read_text
from adapters.dicom.listing import Span, TooMany
from mpi.errors import Unavailable

Json = dict[str, Any]
_JSON = "application/dicom+json"
_TAKEN = frozenset({_JSON, "application/json"})
# Beyond what is always told (IHE-63): issuers, other ids, what coercion kept, where, and what for.
# One parameter each: Orthanc 1.10 takes a list with commas for a field it does not know.
_FIELDS = (
    *("00100021", "00100024", "00101002", "04000561", "00080080", "00081030", "00081032", "00080061", "00201206"),
    "00201208",
)
_IDENTITY = ("0020000D", "00100020", "00100021", "00100024")
_PAGE_BYTES = 1 << 26
_TOO_LARGE = 413  # PS3.18 8.5: the search was too broad
_DENIED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class WebPeer:
    """An archive that answers QIDO-RS under `url`. `token` is a bearer token, "" none; `tls` says whom to trust.
    `ae_title` is what the archive calls itself, "" when it is not said."""

    url: str
    token: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    ae_title: str = ""
    timeout: float = 60.0  # seconds for each part of an answer
    page: int = 500

    @property
    def name(self) -> str:
        """How it is spoken of."""
        return self.ae_title or httpx.URL(self.url).host


@dataclass(frozen=True)
class Matched:
    """See `adapters.dicom.listing.Answer`: a match in the DICOM JSON model, its tags in capitals."""

    told: Json

    @cached_property
    def mark(self) -> bytes:
        """The same for one study of one patient, whatever else is told of it."""
        identity = [self.told.get(tag) for tag in _IDENTITY]
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).digest()

    def text(self, keyword: str) -> str:
        """The one value of a text."""
        return read_text(self.told, keyword)

    def read(self) -> tuple[Dataset, str]:
        """All of it, as if it had come over DIMSE."""
        return read_json(self.told), ExplicitVRLittleEndian


def search_studies(peer: WebPeer, span: Span) -> Iterator[Matched]:
    """Every study of a span as the archive tells it. Raises `Unavailable` when it cannot be reached, answers
    what is no list of studies or stops half way, and `TooMany` when what has come may not be all."""
    headers = {"Accept": _JSON} | ({"Authorization": f"Bearer {peer.token}"} if peer.token else {})
    # The environment's proxies are for the outside world; an archive is inside the network.
    with httpx.Client(headers=headers, timeout=peer.timeout, verify=peer.tls or True, trust_env=False) as client:
        first: frozenset[bytes] = frozenset()
        offset = 0
        while True:
            page, says_more = _page(client, peer, span, offset)
            marks = frozenset(match.mark for match in page)
            if marks <= first:  # the end, or the first page again
                if says_more:
                    raise TooMany(f"{peer.name} says that there are more studies, and does not tell them")
                return
            yield from page
            first = first or marks
            offset += len(page)


def _page(client: httpx.Client, peer: WebPeer, span: Span, offset: int) -> tuple[list[Matched], bool]:
    """A page, and whether the server says that there is more."""
    asked = [("StudyDate", span.date_key), ("StudyTime", span.time_key), ("limit", str(peer.page))]
    asked += [("offset", str(offset) if offset else ""), *(("includefield", tag) for tag in _FIELDS)]
    told = httpx.QueryParams([(name, value) for name, value in asked if value])
    try:
        with client.stream("GET", f"{peer.url.rstrip('/')}/studies", params=told) as answer:
            _check(answer, peer, span)
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > _PAGE_BYTES:
                    raise TooMany(f"{peer.name} answers more than {_PAGE_BYTES} bytes for the studies of {span}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The name of the failure only: its text may quote the URL and what stands in it.
        raise Unavailable(f"{peer.name} cannot be asked for studies: {type(error).__name__}") from None
    says_more = "299" in answer.headers.get("warning", "") and "additional" in answer.headers["warning"].lower()
    return [Matched(_capital(study)) for study in _studies(bytes(body), answer, peer)], says_more


def _check(answer: httpx.Response, peer: WebPeer, span: Span) -> None:
    status = answer.status_code
    if status == _TOO_LARGE:
        raise TooMany(f"{peer.name} answered 413 when asked for the studies of {span}")
    if status in _DENIED:
        raise Unavailable(f"{peer.name} answered {status}: it wants another token, or none of ours may ask")
    if status not in {200, 204}:
        raise Unavailable(f"{peer.name} answered {status} when asked for the studies of {span}")


def _studies(body: bytes, answer: httpx.Response, peer: WebPeer) -> list[Json]:
    if not body.strip():
        return []
    kind = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in _TAKEN:
        raise Unavailable(f"{peer.name} answers no {_JSON}; is that the address of QIDO-RS?")
    try:
        studies = json.loads(body)
    except (ValueError, RecursionError):
        studies = None
    if not isinstance(studies, list) or not all(isinstance(study, dict) for study in studies):
        raise Unavailable(f"{peer.name} answers what is no list of studies")
    return studies


def _capital(study: Json) -> Json:
    """Tags are told in capitals (PS3.18 F.2.2), but not by everybody."""
    return {tag.upper(): attribute for tag, attribute in study.items()}
