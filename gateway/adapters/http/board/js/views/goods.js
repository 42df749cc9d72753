/** A return, or a container: where it is, where it should be, why it is late, what to do; its journey and its evidence. */

import { get, list } from "../api.js";
import { h } from "../dom.js";
import { amiss, card, mark, named, nothing, said, table, tag } from "../parts.js";
import { sendOn, to } from "../router.js";
import { time } from "../times.js";
import { capital, counted, kindWord, statusWord } from "../words.js";
import { amissOf, answer } from "./answer.js";
import { pastAlerts, presentAlerts } from "./goods_alerts.js";
import { sightings, timeline } from "./journey.js";
import { chart } from "./gantt.js";
import { drawnMap } from "./map.js";
import { sensorCharts } from "./charts.js";

const MEMBERS = 500;
const FIXES = 500;

export const oneReturn = viewOf("return");
export const oneContainer = viewOf("container");

function viewOf(kind) {
  return {
    whole: ["id"],
    title: (params) => params.get("id") ?? capital(kind),
    load: (params, signal) => load(kind, params.get("id") ?? "", signal),
    render: (data) => render(data),
    hears: (frame, data) => data !== null && hears(frame, data),
  };
}

/** The whole of it. Whoever asks for a container as a return, as links from elsewhere do, or the reverse, is sent on. */
async function load(kind, id, signal) {
  const one = await whole(kind, id, signal);
  const [members, fixes, sites] = await Promise.all([
    kind === "container" ? contents(one.id, signal) : { items: [], more: false },
    kind === "container" ? list("/api/v1/container/positions", { id: one.id }, FIXES, signal) : { items: [], more: false },
    kind === "container" || one.position ? get("/api/v1/sites", {}, signal) : { items: [] },
  ]);
  return { kind, one, members, fixes: fixes.items, sites: sites.items };
}

async function whole(kind, id, signal) {
  try {
    return await get(`/api/v1/${kind}`, { id }, signal);
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    const other = kind === "return" ? "container" : "return";
    const found = await get(`/api/v1/${other}`, { id }, signal).catch(() => null);
    if (found === null) throw problem;
    return sendOn(to(`/${other}`, { id }));
  }
}

async function contents(id, signal) {
  const [containers, returns] = await Promise.all([
    list("/api/v1/containers", { container: id }, MEMBERS, signal),
    list("/api/v1/returns", { container: id }, MEMBERS, signal),
  ]);
  return { items: [...containers.items, ...returns.items], more: containers.more || returns.more };
}

function hears(frame, data) {
  const ours = new Set([data.one.id, ...data.one.inside]);
  if (frame.event === "alert") return ours.has(frame.data.subject.id);
  if (frame.event === "positions") return frame.data.items.some((each) => ours.has(each.container));
  return frame.event === "journeys" && frame.data.items.some((each) => ours.has(each.id) || each.container === data.one.id);
}

function render(data) {
  const { one } = data;
  return h(
    "div",
    { class: "goods", key: one.id },
    heading(data),
    answer(data),
    h(
      "div",
      { class: "columns" },
      h("div", null, journey(data), data.kind === "container" && inIt(data), sensors(data)),
      h("div", null, presentAlerts(data), where(data), announced(one), containment(one), pastAlerts(one), earlier(one)),
    ),
    sightings(one),
  );
}

function heading({ one, kind }) {
  const first = one.announcements[0];
  const what = [one.type, first?.description].filter(Boolean);
  const [worst] = amissOf(one);
  return h(
    "header",
    { class: "goods-head" },
    h("p", { class: "soft" }, capital(kind), what.length > 0 && [": ", said(what.join(", "))]),
    h("h1", null, said(one.id)),
    h(
      "p",
      { class: "tags" },
      worst && h("span", { class: `severity ${worst.severity}` }, mark(worst.severity), capital(kindWord(worst.kind))),
      tag(statusWord(one.status), one.status === "completed" ? "good" : ""),
      one.trip && tag(one.trip.route, "faint"),
      one.trip && tag(`to ${one.trip.purpose.replaceAll("_", " ")}`, "faint"),
      one.due_at && h("span", { class: "tag faint" }, "due ", time(one.due_at)),
    ),
  );
}

function journey({ one }) {
  if (one.stops.length === 0) return card("Journey", null, nothing(one.kind === "container" ? "It has no route, so nothing is expected of it." : "It has no route: nobody announced it, so nothing is expected of it."));
  return card("Journey", null, chart(one), timeline(one));
}

function inIt({ one, members }) {
  if (members.items.length === 0) return card("Contents", null, nothing("Nothing is in it."));
  const late = members.items.filter((each) => each.deviations.length > 0);
  const rows = [...late, ...members.items.filter((each) => each.deviations.length === 0)].map((each) => ({
    key: each.id,
    cells: [named(each.kind, each.id), statusWord(each.status), amiss(each.deviations, kindWord)],
  }));
  const title = `Contents: ${counted(members.items.length, "item")}${members.more ? " and more" : ""}, ${late.length} not as planned`;
  return card(title, null, table(`What is in ${one.id}`, ["Item", "Status", "Amiss"], rows));
}

function sensors({ one, fixes, kind }) {
  if (kind !== "container") return null;
  const drawn = sensorCharts(fixes, one.limits);
  return drawn.length > 0 && card("Sensors", h("span", { class: "soft" }, `newest ${fixes.length} reports`), ...drawn);
}

function where({ one, kind, fixes, sites }) {
  const spot = one.position;
  if (!spot && fixes.length === 0) return null;
  const track = fixes.map((each) => [each.lat, each.lon]).reverse();
  const marks = spot ? [{ id: spot.container, lat: spot.lat, lon: spot.lon, at: spot.at, severity: amissOf(one)[0]?.severity ?? null }] : [];
  const route = new Set(one.stops.flatMap((each) => each.sites));
  const shown = sites.filter((each) => route.size === 0 || route.has(each.id));
  return card(
    "On the map",
    spot && h("span", { class: "soft" }, "fix of ", time(spot.at, spot.site)),
    drawnMap(`map ${one.id}`, { sites: shown, marks, track }),
    spot &&
      h(
        "p",
        null,
        kind === "return" && ["Tracker of ", named("container", spot.container), ": "],
        spot.site ? ["in the fence of ", named("site", spot.site)] : ["outside every fence, at ", `${spot.lat.toFixed(4)}, ${spot.lon.toFixed(4)}`],
        ".",
      ),
  );
}

function announced(one) {
  const [first] = one.announcements;
  if (!first) return null;
  const facts = [
    ["Announced", [time(first.at), " by ", said(first.source)]],
    ["RMA", first.rma && said(first.rma)],
    ["Description", first.description && said(first.description)],
    ["From", first.origin_site && named("site", first.origin_site)],
    ["Due", first.due_at && time(first.due_at)],
    ["Value", first.value !== null && first.value.toLocaleString("en")],
    ["Hazard class", first.hazard_class && said(first.hazard_class)],
    ["Times announced", one.announcements.length > 1 && String(one.announcements.length)],
  ];
  const shown = facts.filter(([, value]) => value);
  return card("Announcement", null, h("dl", { class: "facts" }, ...shown.flatMap(([name, value]) => [h("dt", null, name), h("dd", null, value)])));
}

function containment(one) {
  if (one.containment.length === 0) return null;
  const each = (stay) =>
    h("li", null, named("container", stay.container), " from ", time(stay.since), stay.until ? [" to ", time(stay.until)] : ", still in it", stay.short && [" ", tag("found short", "bad")]);
  return card("Containers it was in", null, h("ul", { class: "plain-list" }, ...one.containment.map(each)));
}

function earlier(one) {
  if (one.earlier_trips.length === 0) return null;
  const each = (trip) => h("li", null, `${trip.number}. ${trip.route}: ${trip.outcome}`, trip.ended_at && [", ", time(trip.ended_at)]);
  return card("Earlier trips", null, h("ol", { class: "plain-list" }, ...one.earlier_trips.map(each)));
}
