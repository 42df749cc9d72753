"""Bearer tokens: made once and shown once, kept as digests; and the first one, in a file of its own.

A token has 256 bits of chance, so a plain digest keeps it: there is nothing to guess (NIST SP 800-63B, 5.1.2, "look-up
secrets" of such length need neither salt nor stretching).
"""

import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from gateway.adapters.http.rights import Role
from gateway.ports.access import Access, AuditRow, TokenRow
from gateway.ports.desk import DeskState
from gateway.tracking.instants import Instant

PREFIX: Final = "rgw_"
"""What our tokens begin with, so that scanners for leaked secrets know them."""
_LONGEST_NAME: Final = 64
FIRST: Final = "first admin"


class Made(NamedTuple):
    """A token, with the secret that nobody will ever see again."""

    row: TokenRow
    secret: str


class NoSuchToken(LookupError):
    """No token has this id or name."""


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def make(access: Access, name: str, role: Role, source: str | None, now: Instant, by: str) -> Made:
    """Make a token; the unit's commit makes it good.

    Raises:
        ValueError: the name is empty, too long, unprintable or taken, or an integrator has no source, or another has.
    """
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise ValueError(f"name {name!r} is to be 1 to {_LONGEST_NAME} printable characters, no space around")
    if any(each.name == name and each.revoked_at is None for each in access.tokens()):
        raise ValueError(f"name {name!r} is taken; revoke that token first, or choose another name")
    if (role is Role.INTEGRATOR) != (source is not None):
        raise ValueError(
            "an integrator is bound to a source, and nobody else is; give --source with that role"
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    row = TokenRow(secrets.token_hex(6), digest_of(secret), name, role.value, source, now, by)
    access.put_token(row)
    access.add_audit(AuditRow(now, by, Role.ADMIN.value, "token_created", row.id, None, "{}"))
    return Made(row, secret)


def revoke(access: Access, which: str, now: Instant, by: str) -> TokenRow:
    """Take a token back, and end its sessions.

    Raises:
        NoSuchToken: none in force has this id or name.
    """
    rows = [each for each in access.tokens() if which in (each.id, each.name) and each.revoked_at is None]
    if not rows:
        raise NoSuchToken(f"no token in force has the id or name {which!r}; see `returns-gateway token list`")
    row = rows[0]._replace(revoked_at=now)
    access.put_token(row)
    access.end_sessions_of(row.id)
    access.add_audit(AuditRow(now, by, Role.ADMIN.value, "token_revoked", row.id, None, "{}"))
    return row


def ensure_first(state: DeskState, file: Path, now: Instant) -> Path | None:
    """Where there is no token at all, make an admin's and write it to a file that only this user can read.

    Returns the file if it was written.

    Raises:
        OSError: it cannot be written; there is no token then either.
    """
    with state.reader() as unit:
        if unit.tokens():
            return None
    with state.unit() as unit:
        if unit.tokens():
            return None
        made = make(unit, FIRST, Role.ADMIN, None, now, "the gateway's first start")
        _write(file, made.secret)
    return file


def _write(file: Path, secret: str) -> None:
    """Made anew with its rights, never opened first: nobody else can have it open."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secret + "\n")
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
