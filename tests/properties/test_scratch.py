"""What is kept derived, step by step, is what deriving it all from scratch gives."""

from hypothesis import given

from gateway.service.known import Known
from gateway.tracking.assessment import assess
from gateway.tracking.containment import Carried, Movement, simulate
from gateway.tracking.evidence import Moment, Visit
from gateway.tracking.fences import Fix, visits
from gateway.tracking.instants import Instant
from gateway.tracking.plan import Network
from tests.properties.oracle import facts
from tests.properties.running import SEEDS, Stepwise, goods, world, worlds


@worlds(12)
@given(SEEDS)
def test_containment_visits_and_assessments_are_those_from_scratch(seed: int) -> None:
    network, messages, _ = world(seed, 80)
    gateway, clerk = Stepwise(network), facts.Clerk(network)
    for number, message in enumerate(messages):
        gateway.feed(message)
        clerk.hear(message.received_at, message.topic, message.payload)
        if number % 10 == 9:
            _compare(gateway, clerk.world(), network, message.received_at)


def _compare(gateway: Stepwise, known: facts.World, network: Network, now: Instant) -> None:
    rows = goods(gateway.state)
    with gateway.state.reader() as unit:
        evidence = Known(unit, network)
        movements = [
            Movement(Instant(each.at), *each[1:5], each.container, tuple(sorted(each.items)))
            for each in known.scans
        ]
        course = simulate(movements, Carried(), evidence, network)
        assert {each for found in unit.stays(list(rows)).values() for each in found} == set(course.stays)
        kept = {each for found in unit.unpackings(list(rows)).values() for each in found}
        assert kept == set(course.unpackings)
        for container, row in rows.items():
            assert list(unit.visits([container]).get(container, ())) == _visits(container, known, network)
            assessed = assess(container, Moment(evidence, network, now))
            assert (assessed.status, assessed.stop, assessed.parent) == (row.status, row.stop, row.parent)
            assert assessed.deviations == row.own
            # A lower bound is enough: what puts a deadline off need not touch a journey.
            assert row.look_again is None or row.look_again > now
            if assessed.look_again is not None:
                assert row.look_again is not None
                assert row.look_again <= assessed.look_again


def _visits(container: str, known: facts.World, network: Network) -> list[Visit]:
    fixes = [
        Fix(Instant(each.at), each.id, each.device, each.place)
        for each in known.fixes
        if each.container == container and each.counted
    ]
    marks = visits(fixes, network.defaults.min_inside)[1]
    return sorted(
        Visit(
            mark.at,
            f"{mark.fix_id}/{mark.site}/{mark.step}",
            mark.device,
            mark.site,
            mark.step,
            mark.confirmed_at,
        )
        for mark in marks
    )
