"""Who may work at the desk, and what they did: tokens, sessions, the audit trail, and posts already answered.

Secrets come here as digests only. Instants are microseconds since the epoch, UTC.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from gateway.tracking.instants import Instant


class TokenRow(NamedTuple):
    """A bearer token: `digest` is of its secret, `role` a word, `source` what an integrator is bound to."""

    id: str
    digest: str
    name: str
    role: str
    source: str | None
    created_at: Instant
    created_by: str
    revoked_at: Instant | None = None


class SessionRow(NamedTuple):
    """A session of the ops board: `digest` is of its cookie, `csrf` what its unsafe requests must repeat."""

    digest: str
    token: str
    csrf: str
    created_at: Instant
    expires_at: Instant


class AuditRow(NamedTuple):
    """One action of a person or system: who, in which role, did what, to what, and why. `seq` is 0 until stored.

    `details` is JSON text.
    """

    at: Instant
    who: str
    role: str
    action: str
    target: str
    why: str | None
    details: str
    seq: int = 0


class AnsweredRow(NamedTuple):
    """What a post with an idempotency key was answered; `request` is a digest of what was asked."""

    token: str
    key: str
    request: str
    status: int
    body: str
    at: Instant


class Access(Protocol):
    """Tokens, sessions, the trail, and answers kept for repetitions."""

    def tokens(self) -> Sequence[TokenRow]:
        """All tokens, by the time of their making; revoked ones too."""
        ...

    def token_of(self, digest: str) -> TokenRow | None: ...

    def token(self, id_: str) -> TokenRow | None: ...

    def put_token(self, row: TokenRow) -> None: ...

    def session_of(self, digest: str) -> SessionRow | None: ...

    def put_session(self, row: SessionRow) -> None: ...

    def end_session(self, digest: str) -> None: ...

    def end_sessions_of(self, token: str) -> None: ...

    def add_audit(self, row: AuditRow) -> None: ...

    def audit(self, before: int | None, limit: int) -> Sequence[AuditRow]:
        """The newest actions with `seq` below `before`, newest first."""
        ...

    def answered(self, token: str, key: str) -> AnsweredRow | None: ...

    def put_answered(self, row: AnsweredRow) -> None: ...

    def expire(self, sessions: Instant, answers: Instant) -> None:
        """Forget sessions that ended, and answers given, before these instants."""
        ...
