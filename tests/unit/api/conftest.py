from tests.unit.api.loopback import live, server

__all__ = ["live", "server"]
