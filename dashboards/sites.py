"""Sites: what waits and for how long, what came and went, what scanners answered, and how late they upload."""

from typing import Final

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from dashboards import open_now
from dashboards.board import Title, assembled
from dashboards.influxql import INTERVAL, Select, among, call, differs, equals
from dashboards.looks import arranged, colored, fewer_is_better, in_steps, measured_in, worst_first, yes_or_no
from dashboards.narrowing import PURPOSE, ROUTE, SITE, Narrowing
from dashboards.panels import (
    COUNT,
    SECONDS,
    SHARE,
    Ask,
    Panels,
    Says,
    Size,
    bars,
    course,
    listing,
    number,
    ranking,
    rows,
)
from dashboards.words import ARRIVING, BAD, DOUBTFUL, GOOD, LEAVING, SCANNER, VERDICTS
from gateway.points import Field, Tag
from gateway.points.schema import DEVICE, DWELL, SCAN, STOCK

TITLE: Final = Title(
    "returns-sites",
    "Sites",
    "For each site: what waits and for how long, what came and went, the verdicts on its scans, its scanners.",
)
NARROWED: Final = Narrowing(SITE, ROUTE, PURPOSE)
_SMALL = Size(4, 5)
_COUNTS: Final = equals(Field.N, 1)
_HOUR: Final = 3_600.0


def sites() -> model.Dashboard:
    """The dashboard."""
    return assembled(TITLE, NARROWED, [*_figures(), *_waiting(), *_verdicts(), *_scanners()])


def _scans(*conditions: str) -> Select:
    return Select(SCAN, {"Scans": call("count", Field.EVENT_ID)}, NARROWED(SCAN, *conditions))


def _figures() -> Panels:
    waits = Says("Waiting", "What is at sites now.", COUNT, open_now.SILENT)
    over = Says("Over the limit", "What should have left its site by now.", COUNT, open_now.SILENT)
    came = Says(
        "Came", "What was scanned as arriving or received, in the time chosen.", COUNT, "Nothing came"
    )
    went = Says("Went", "What was scanned as leaving, in the time chosen.", COUNT, "0")
    wrong = Says("Misrouted", "Scans of what does not belong there, in the time chosen.", COUNT, "0")
    lag = Says("Upload lag", "Nine in ten scans were in the gateway this long after they were made.", SECONDS)
    yield number(
        waits, _SMALL, Ask(open_now.stock(NARROWED, Field.COUNT), "Waiting"), steps=((None, "blue"),)
    ).time_from(open_now.RECENT)
    yield number(
        over, _SMALL, Ask(open_now.stock(NARROWED, Field.OVER), "Over"), steps=fewer_is_better(1, 10)
    ).time_from(open_now.RECENT)
    yield number(came, _SMALL, Ask(_scans(among(Tag.STEP, ARRIVING))), steps=((None, "blue"),))
    yield number(went, _SMALL, Ask(_scans(among(Tag.STEP, LEAVING))), steps=((None, "blue"),))
    yield number(wrong, _SMALL, Ask(_scans(equals(Tag.VERDICT, "misrouted"))), steps=fewer_is_better(1, 10))
    late = Select(SCAN, {"lag": call("percentile", Field.LAG_S, 90)}, NARROWED(SCAN))
    yield number(lag, _SMALL, Ask(late), steps=fewer_is_better(600, 4 * _HOUR)).decimals(1)


def _waiting() -> Panels:
    waits = Says("What waits where", "What is at each site now.", COUNT, "Nothing waits")
    oldest = Says(
        "Waiting longest",
        "How long the oldest of what is at each site has been there.",
        SECONDS,
        "Nothing waits",
    )
    there = open_now.grouped(STOCK, (Tag.SITE,), *NARROWED(STOCK))
    since = Select(
        STOCK, {"now": call("max", Field.OLDEST_S)}, NARROWED(STOCK, differs(Tag.SITE, "")), by=(Tag.SITE,)
    )
    yield ranking(waits, Size(6, 10), Ask(open_now.newest(there, (Tag.SITE,)), "$tag_site")).time_from(
        open_now.LATEST
    )
    yield ranking(
        oldest, Size(6, 10), Ask(since, "$tag_site"), steps=((None, "blue"), (2 * 86_400.0, DOUBTFUL))
    ).time_from(open_now.LATEST)
    yield _stays()


def _stays() -> Builder[model.Panel]:
    stays = Says(
        "Stays against the limit",
        "Stays that ended in the time chosen: half lasted at most p50, nine in ten at most p90; how long the newest of "
        "them might have lasted, and the share that lasted longer than they might.",
        SECONDS,
        "Nothing left in this time",
    )
    figures = {
        "Goods": call("sum", Field.N),
        "p50": call("percentile", Field.DWELL_S, 50),
        "p90": call("percentile", Field.DWELL_S, 90),
        "Limit": call("last", Field.MAX_S),
        "Too long": call("mean", Field.OVER),
    }
    by = {Tag.SITE: "Site", Tag.ROUTE: "Route"}
    dwells = Select(DWELL, figures, NARROWED(DWELL, _COUNTS), by=tuple(by))
    return (
        listing(stays, Size(12, 10), rows(dwells))
        .transformations([arranged({**by, **{each: each for each in figures}})])
        .sort_by([worst_first("Too long")])
        .override_by_name("Goods", measured_in(COUNT))
        .override_by_name("Too long", in_steps(SHARE, (None, GOOD), (0.05, DOUBTFUL), (0.2, BAD)))
    )


def _verdicts() -> Panels:
    flow = Says("Came and went", "Scans of arriving and of leaving, through the time chosen.")
    asks = [
        Ask(
            Select(
                SCAN,
                {"v": call("count", Field.EVENT_ID)},
                NARROWED(SCAN, among(Tag.STEP, steps)),
                every=INTERVAL,
            ),
            word,
        )
        for word, steps in (("Came", ARRIVING), ("Went", LEAVING))
    ]
    yield bars(flow, Size(8, 9), *asks).interval("15m")
    mix = Says(
        "Verdicts",
        "What workers were told about their scans, but for those that were fine.",
        COUNT,
        "All were fine",
    )
    not_fine = NARROWED(SCAN, differs(Tag.VERDICT, "ok"))
    told = Select(SCAN, {"v": call("count", Field.EVENT_ID)}, not_fine, by=(Tag.VERDICT,), every=INTERVAL)
    panel = bars(mix, Size(8, 9), Ask(told, "$tag_verdict")).interval("15m")
    for verdict, color in VERDICTS.items():
        panel.override_by_name(verdict, colored(color))
    yield panel
    where = Says("Not fine, by site", "Scans with any verdict but ok, by site.", COUNT, "All were fine")
    there = Select(SCAN, {"v": call("count", Field.EVENT_ID)}, not_fine, by=(Tag.SITE,))
    yield ranking(where, Size(8, 9), Ask(there, "$tag_site"), steps=((None, DOUBTFUL),))


def _scanners() -> Panels:
    table = Says(
        "Scanners",
        "The scanners of the sites at the newest sample: how long ago each was heard, what it has still to send.",
        COUNT,
        open_now.SILENT,
    )
    shown = {
        "Online": call("last", Field.ONLINE),
        "Heard": call("last", Field.HEARD_AGE_S),
        "Battery": call("last", Field.BATTERY_PCT),
        "To send": call("last", Field.QUEUED),
        "In quarantine": call("last", Field.QUARANTINED),
    }
    by = {Tag.DEVICE: "Scanner", Tag.SITE: "Site"}
    newest = Select(DEVICE, shown, NARROWED(DEVICE, equals(Tag.KIND, SCANNER)), by=tuple(by))
    yield (
        listing(table, Size(12, 10), rows(newest))
        .time_from(open_now.LATEST)
        .transformations([arranged({**by, **{each: each for each in shown}})])
        .sort_by([worst_first("Heard")])
        .override_by_name("Online", yes_or_no("heard", "silent or offline"))
        .override_by_name("Heard", measured_in(SECONDS))
        .override_by_name("Battery", in_steps("percent", (None, BAD), (20, DOUBTFUL), (40, GOOD)))
    )
    lag = Says(
        "Upload lag by site", "Nine in ten scans were in the gateway this long after they were made.", SECONDS
    )
    late = Select(
        SCAN, {"lag": call("percentile", Field.LAG_S, 90)}, NARROWED(SCAN), by=(Tag.SITE,), every=INTERVAL
    )
    yield course(lag, Size(12, 10), Ask(late, "$tag_site")).interval("15m")
