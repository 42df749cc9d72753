"""The words of the product that dashboards show or ask for, and their colours. Only words: no names of points."""

from typing import Final

MISSING: Final = ("missing",)
LATE: Final = ("not_collected", "overdwell", "delayed", "overdue")
ASTRAY: Final = ("misrouted", "backtracked", "skipped")
SILENT: Final = ("device_silent", "site_dark")
COUNTED_WRONG: Final = ("count_mismatch",)
OUT_OF_LIMITS: Final = ("excursion",)
OVERDUE: Final = ("overdue",)
"""Kinds of alerts."""

KINDS: Final = {
    "not_collected": "Not collected",
    "overdwell": "Too long at a stop",
    "delayed": "Delayed",
    "overdue": "Overdue",
    "missing": "Missing",
    "misrouted": "At a wrong site",
    "backtracked": "Going back",
    "skipped": "Past a stop",
    "unexpected": "Never announced",
    "seen_after_end": "Seen after its end",
    "impossible_travel": "In two places",
    "count_mismatch": "Counted wrong",
    "excursion": "Out of limits",
    "device_silent": "Device silent",
    "site_dark": "Site dark",
    "low_battery": "Battery low",
    "clock_skew": "Clock wrong",
}
"""Kinds of alerts in words for people."""

ANNOUNCED, AT_STOP, IN_TRANSIT, OFF_PLAN = "announced", "at_stop", "in_transit", "off_plan"
STATUSES: Final = {
    ANNOUNCED: "Announced",
    AT_STOP: "At a stop",
    IN_TRANSIT: "On their way",
    OFF_PLAN: "Off plan",
}
"""Statuses of journeys under way."""

OPEN, COMPLETED, CANCELLED, LOST = "open", "completed", "cancelled", "lost"
"""Outcomes."""
OPENED, RESOLVED = "opened", "resolved"
"""Transitions."""
RETRACTED: Final = "retracted"
"""Why an alert was resolved that had been raised for want of data."""
RETURN, CONTAINER = "return", "container"
"""Kinds of subjects."""
SCANNER, TRACKER = "scanner", "tracker"
"""Kinds of devices."""
ARRIVING: Final = ("arriving", "receiving", "collecting", "accepting")
LEAVING: Final = ("departing", "shipping", "transporting")
"""Steps."""

SEVERITIES: Final = {"critical": "red", "major": "orange", "warning": "yellow", "minor": "blue"}
"""Severities, worst first, with Grafana's names of colours: each theme has its own shade of them."""
CALM: Final = "ok"
"""The severity of a container of which nothing is amiss."""
GOOD, BAD, DOUBTFUL, PLAIN = "green", "red", "orange", "text"
VERDICTS: Final = {
    "ok": "green",
    "repeated": "super-light-green",
    "late": "yellow",
    "unexpected": "orange",
    "skipped_stop": "light-orange",
    "backtracked": "purple",
    "misrouted": "red",
    "ended": "dark-purple",
}
