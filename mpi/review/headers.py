"""What browsers are told about every page: load nothing from elsewhere, keep nothing, show it in nobody's frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def page_headers(nonce: str, frame_ancestors: Sequence[str] = (), form_target: str = "") -> Mapping[str, str]:
    """The headers of a page whose scripts and styles carry `nonce`; only `frame_ancestors` may frame it. Forms are
    sent to us alone, and from us to the origin `form_target` when there is one."""
    policy = {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}'",
        "style-src": f"'nonce-{nonce}'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": f"'self' {form_target}".strip(),
        "base-uri": "'none'",
        "frame-ancestors": " ".join(frame_ancestors) or "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        # Not no-referrer: a browser then hides the origin of our own forms from us as well.
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        **({} if frame_ancestors else {"X-Frame-Options": "DENY"}),
    }
