"""What every part of a unit has: the session it runs in."""

from gateway.adapters.state.session import Session


class Part:
    """A part of a unit, over the unit's session."""

    def __init__(self, session: Session) -> None:
        self._session = session
