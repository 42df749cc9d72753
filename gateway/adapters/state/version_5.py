"""From schema version 4 to 5: goods that deviate are found by the kind of deviation, each by an index of its own.

Frozen: it says what version 5 looked like, whatever `schema_desk` says today.
"""

from typing import Final

from sqlalchemy import Connection, text

_KINDS: Final = (
    "not_collected",
    "overdwell",
    "delayed",
    "overdue",
    "missing",
    "misrouted",
    "backtracked",
    "skipped",
    "unexpected",
    "seen_after_end",
    "impossible_travel",
    "count_mismatch",
    "excursion",
)


def apply(connection: Connection) -> None:
    """Make the indices, and drop the one that they replace."""
    find = "strpos" if connection.dialect.name == "postgresql" else "instr"
    for kind in _KINDS:
        word = f"'\"{kind}\"'"
        connection.execute(
            text(
                f"CREATE INDEX subjects_{kind} ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL)"
                f" AND ({find}(own, {word}) > 0 OR {find}(taken, {word}) > 0)"
            )
        )
    connection.execute(text("DROP INDEX subjects_deviating"))
