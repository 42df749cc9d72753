"""The state store on a SQL database: SQLite embedded, PostgreSQL shared. One definition for both.

`schema` says what is kept; `statements` turns SQLAlchemy Core into the text that a driver takes, once; `session`
runs it; `engines`, `failures` and `migrations` are about connections, their errors and old databases. Each other
module is a part of the unit: what it reads and writes belongs together. `store` puts them together.
"""

from gateway.adapters.state.migrations import WrongSchema
from gateway.adapters.state.store import SqlState

__all__ = ["SqlState", "WrongSchema"]
