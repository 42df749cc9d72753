"""The simulated week in a bucket of the real InfluxDB, and a Grafana to look at it."""

import pytest

from tests.dashboards.filling import View
from tests.dashboards.looking import Grafana
from tests.dashboards.week import Week, week
from tests.servers.influxdb import InfluxDB


@pytest.fixture(scope="session")
def lived() -> Week:
    """The week."""
    return week()


@pytest.fixture(scope="session")
def grafana(influxdb: InfluxDB, lived: Week) -> Grafana:
    """Looks at the week."""
    made = Grafana(influxdb, influxdb.new_bucket())
    made.write(lived.points)
    return made


@pytest.fixture(scope="session")
def view(lived: Week) -> View:
    """All of the week, with everything chosen."""
    return View(lived.start // 1000, lived.end // 1000 + 1)


@pytest.fixture
def fresh(influxdb: InfluxDB) -> Grafana:
    """Looks at a bucket in which there is nothing yet."""
    return Grafana(influxdb, influxdb.new_bucket())


@pytest.fixture(scope="session")
def empty(influxdb: InfluxDB) -> Grafana:
    """Looks at a bucket in which there is never anything."""
    return Grafana(influxdb, influxdb.new_bucket())


@pytest.fixture(scope="session")
def troubled(lived: Week) -> str:
    """A return of the week that has travelled and of which an alert is open at its end."""

    def items(*names: str) -> set[object]:
        of = [each for each in lived.points if each.measurement in names and each.time >= lived.start * 1000]
        return {each.fields.get("item", each.fields.get("subject")) for each in of}

    with lived.state.reader() as unit:
        open_ = {row.subject.id for row in unit.list_alerts(resolved=False, after=None, limit=1000)}
    return min(map(str, open_ & items("trip") & items("leg") & items("scan") & items("dwell")))
