"""Every error the linkage library raises on purpose."""


class LinkageError(Exception):
    """Root of the library's own errors; the message is a sentence for its reader, without demographics."""


class ModelError(LinkageError):
    """A model file is missing, malformed, or was made for another encoding."""
