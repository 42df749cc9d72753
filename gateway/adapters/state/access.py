"""Tokens and sessions by the digests of their secrets, the audit trail, and answers kept for repetitions."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete

from gateway.adapters.state.part import Part
from gateway.adapters.state.schema_desk import answered, audit, sessions, tokens
from gateway.adapters.state.statements import Statement, adding, fields, putting, removing
from gateway.ports.access import AnsweredRow, AuditRow, SessionRow, TokenRow
from gateway.tracking.instants import Instant

_LATEST: Final = 2**62

_token = fields(tokens, *TokenRow._fields)
TOKENS = Statement(_token.order_by(tokens.c.created_at, tokens.c.id))
_TOKEN = Statement(_token.where(tokens.c.id == bindparam("id")))
_TOKEN_OF = Statement(_token.where(tokens.c.digest == bindparam("digest")))
_PUT_TOKEN = putting(tokens)
_SESSION_OF = Statement(fields(sessions, *SessionRow._fields).where(sessions.c.digest == bindparam("digest")))
_PUT_SESSION = putting(sessions)
_END_SESSION = removing(sessions, "digest")
_END_SESSIONS = removing(sessions, "token")
_ADD_AUDIT = adding(audit)
_AUDIT = Statement(
    fields(audit, *AuditRow._fields)
    .where(audit.c.seq < bindparam("before"))
    .order_by(audit.c.seq.desc())
    .limit(bindparam("limit"))
)
_ANSWERED = Statement(
    fields(answered, *AnsweredRow._fields).where(
        answered.c.token == bindparam("token"), answered.c.key == bindparam("key")
    )
)
_PUT_ANSWERED = putting(answered)
_EXPIRE_SESSIONS = Statement(delete(sessions).where(sessions.c.expires_at < bindparam("before")))
_EXPIRE_ANSWERS = Statement(delete(answered).where(answered.c.at < bindparam("before")))


class Access(Part):
    """Rows of who may, who did, and what was said."""

    def tokens(self) -> Sequence[TokenRow]:
        return [TokenRow._make(row) for row in self._session.rows(TOKENS)]

    def token_of(self, digest: str) -> TokenRow | None:
        rows = self._session.rows(_TOKEN_OF, digest=digest)
        return TokenRow._make(rows[0]) if rows else None

    def token(self, id_: str) -> TokenRow | None:
        rows = self._session.rows(_TOKEN, id=id_)
        return TokenRow._make(rows[0]) if rows else None

    def put_token(self, row: TokenRow) -> None:
        self._session.many(_PUT_TOKEN, [tuple(row)])

    def session_of(self, digest: str) -> SessionRow | None:
        rows = self._session.rows(_SESSION_OF, digest=digest)
        return SessionRow._make(rows[0]) if rows else None

    def put_session(self, row: SessionRow) -> None:
        self._session.many(_PUT_SESSION, [tuple(row)])

    def end_session(self, digest: str) -> None:
        self._session.many(_END_SESSION, [(digest,)])

    def end_sessions_of(self, token: str) -> None:
        self._session.many(_END_SESSIONS, [(token,)])

    def add_audit(self, row: AuditRow) -> None:
        self._session.many(_ADD_AUDIT, [row[:-1]])

    def audit(self, before: int | None, limit: int) -> Sequence[AuditRow]:
        rows = self._session.rows(_AUDIT, before=_LATEST if before is None else before, limit=limit)
        return [AuditRow._make(row) for row in rows]

    def answered(self, token: str, key: str) -> AnsweredRow | None:
        rows = self._session.rows(_ANSWERED, token=token, key=key)
        return AnsweredRow._make(rows[0]) if rows else None

    def put_answered(self, row: AnsweredRow) -> None:
        self._session.many(_PUT_ANSWERED, [tuple(row)])

    def expire(self, sessions: Instant, answers: Instant) -> None:
        self._session.run(_EXPIRE_SESSIONS, before=sessions)
        self._session.run(_EXPIRE_ANSWERS, before=answers)
