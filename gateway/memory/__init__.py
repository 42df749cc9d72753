"""The state store in memory: for replay, for tests, and for integrators who want to try the rules."""

from gateway.memory.store import Memory

__all__ = ["Memory"]
