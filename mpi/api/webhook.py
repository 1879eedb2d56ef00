"""Deliver one event to one subscriber: signed JSON over HTTP, ids only."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx
from pydantic_core import to_json

from mpi.api.shapes import identifier_json
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Event, Study
from mpi.usecases.subscribers.subscriptions import Subscription

TIMEOUT_SECONDS = 5.0
ANSWER_LIMIT_BYTES = 64 * 1024

EVENT_ID_HEADER = "X-MPI-Event-Id"
SIGNATURE_HEADER = "X-MPI-Signature"


Identify = Callable[[UUID, datetime, str], Iterable[Identifier]]
"""The identifiers that may be told of a golden identity as it was at a time, to a subscriber of this name."""


def event_body(event: Event, more: Mapping[str, object] | None = None) -> bytes:
    """The JSON of `event`; the same event is the same bytes at every attempt."""
    return to_json(
        {
            "id": event.id,
            "type": event.type,
            "at": event.at,
            "old_golden_ids": event.old_golden_ids,
            "new_golden_ids": event.new_golden_ids,
            "identifiers": [identifier_json(i) for i in event.identifiers],
            "studies": event.studies,
            "reason": event.reason,
        }
        | ({"order": _order_json(event.detail)} if "order" in event.detail else {})
        | dict(more or {})
    )


def _order_json(detail: Mapping[str, str]) -> dict[str, str]:
    """The order's number with its kind, where it stands, and its report, "" for none."""
    return {"number": detail["order"], "status": detail["status"], "report_status": detail.get("report", "")}


def _study_json(study: Study) -> dict[str, object]:
    return {
        "study_uid": study.study_uid,
        "patient": identifier_json(study.patient),
        "started_at": study.started_at,
        "modalities": study.modalities,
        "body_site": study.body_site,
        "accession": study.accession,
        "organisation": study.organisation,
        "archive": study.archive,
    }


def sign(secret: str, body: bytes) -> str:
    """The signature header of `body`: `sha256=` and the HMAC-SHA256 under `secret` in lower-case hex."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _headers(subscription: Subscription, event: Event, body: bytes) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "User-Agent": "mpi", EVENT_ID_HEADER: str(event.id)}
    if subscription.secret:
        headers[SIGNATURE_HEADER] = sign(subscription.secret, body)
    return headers


def _drain(response: httpx.Response, deadline: float) -> None:
    # Read to the end so that the connection can be used again, but not for a subscriber that never ends.
    size = 0
    for chunk in response.iter_raw():
        size += len(chunk)
        if size > ANSWER_LIMIT_BYTES or time.monotonic() > deadline:
            return


class Webhook:
    """Calls subscribers, keeping connections open between events. Safe for use by several threads.

    `deliver` is what `Relay.run_once` wants. Close it, or use it as a context manager.
    """

    def __init__(self, client: httpx.Client | None = None, identify: Identify = lambda *_: ()) -> None:
        self._identify = identify
        # The environment's proxies are for the outside world; subscribers are inside the network.
        self._client = client or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def deliver(self, subscription: Subscription, event: Event) -> None:
        """Deliver `event`. Raises ValueError for any answer but 2xx or a bad URL, OSError when there is none."""
        body = event_body(event, self._more(subscription, event) if subscription.interest else None)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        try:
            with self._client.stream(
                "POST", subscription.url, content=body, headers=_headers(subscription, event, body)
            ) as response:
                _drain(response, deadline)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise ValueError("the subscriber's URL cannot be called") from None
        except httpx.HTTPError as error:
            # The name of the failure only: its text may quote the URL and what stands in it.
            raise OSError(f"the subscriber could not be reached: {type(error).__name__}") from None
        if not response.is_success:
            # A redirect too: whoever the subscriber points at has not been approved.
            raise ValueError(f"the subscriber answered {response.status_code}")

    def _more(self, subscription: Subscription, event: Event) -> Mapping[str, object]:
        """What a subscriber to studies needs besides: which they are, and by which ids their person is known."""
        known = [i for golden in event.new_golden_ids for i in self._identify(golden, event.at, subscription.owner)]
        return {
            "study_details": [_study_json(study) for study in subscription.interest.of(event)],
            "cross_references": [identifier_json(i) for i in dict.fromkeys(known)],
        }

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
