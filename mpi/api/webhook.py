"""Deliver one event to one subscriber: signed JSON over HTTP, ids only."""

from __future__ import annotations

import hashlib
import hmac
import time
from types import TracebackType
from typing import Self

import httpx
from pydantic_core import to_json

from mpi.domain.views import Event
from mpi.usecases.subscriptions import Subscription

TIMEOUT_SECONDS = 5.0
ANSWER_LIMIT_BYTES = 64 * 1024

EVENT_ID_HEADER = "X-MPI-Event-Id"
SIGNATURE_HEADER = "X-MPI-Signature"


def event_body(event: Event) -> bytes:
    """The JSON of `event`; the same event is the same bytes at every attempt."""
    return to_json(
        {
            "id": event.id,
            "type": event.type,
            "at": event.at,
            "old_golden_ids": event.old_golden_ids,
            "new_golden_ids": event.new_golden_ids,
            "identifiers": [{"authority": i.authority, "value": i.value} for i in event.identifiers],
            "studies": event.studies,
            "reason": event.reason,
        }
    )


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

    def __init__(self, client: httpx.Client | None = None) -> None:
        # The environment's proxies are for the outside world; subscribers are inside the network.
        self._client = client or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def deliver(self, subscription: Subscription, event: Event) -> None:
        """Deliver `event`. Raises ValueError for any answer but 2xx or a bad URL, OSError when there is none."""
        body = event_body(event)
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

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
