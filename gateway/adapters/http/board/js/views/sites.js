/** Sites: what is there, what should be, what is late leaving, whether it is open; all of them, or one in full. */

import { get, ifAllowed, list } from "../api.js";
import { h } from "../dom.js";
import { amiss, card, named, nothing, said, table, tag } from "../parts.js";
import { here, link, to } from "../router.js";
import { ageOf, time } from "../times.js";
import { counted, kindWord, plain, rank } from "../words.js";
import { alertList } from "./goods_alerts.js";

const HERE = 500;
const SHOWN = 200;
const ALERTS = 10;
const SETTLED_MS = 3_000;

export const view = {
  whole: ["site"],
  title: (params) => params.get("site") ?? "Sites",
  load: (params, signal) => (params.get("site") ? one(params.get("site"), signal) : all(signal)),
  render: (data, app) => {
    again = () => here().path === "/sites" && app.reload();
    return data.site === undefined ? overview(data) : whole(data);
  },
  hears: (frame) => {
    if (frame.event === "journeys") onceMore(() => again());
    return frame.event === "journeys" || frame.event === "alert";
  },
};

let again = () => {};
let settling = 0;

/**
 * Where goods are is written down a moment after they are told to have moved; so lists of it are read once more, when it
 * has been quiet for a while. @param {() => void} read
 */
export function onceMore(read) {
  clearTimeout(settling);
  settling = setTimeout(read, SETTLED_MS);
}

async function all(signal) {
  return { items: (await get("/api/v1/sites", {}, signal)).items };
}

async function one(id, signal) {
  const [sites, there, coming, leaving, devices, alerts] = await Promise.all([
    get("/api/v1/sites", {}, signal),
    goods({ site: id }, HERE, signal),
    goods({ expected_at: id, status: "in_transit" }, SHOWN, signal),
    goods({ expected_at: id, status: "at_stop" }, SHOWN, signal),
    ifAllowed(get("/api/v1/devices", { site: id, limit: 100 }, signal)),
    ifAllowed(get("/api/v1/alerts", { site: id, limit: ALERTS }, signal)),
  ]);
  const site = sites.items.find((each) => each.id === id) ?? null;
  return { site, id, there, coming, leaving, devices: devices?.items ?? null, alerts: alerts?.items ?? null };
}

/** Containers and returns, so many of each. */
async function goods(query, most, signal) {
  const found = await Promise.all(["/api/v1/containers", "/api/v1/returns"].map((path) => list(path, query, most, signal)));
  return { items: found.flatMap((each) => each.items), more: found.some((each) => each.more) };
}

const total = (site, name) => site.stock.reduce((sum, each) => sum + each[name], 0);

function overview({ items }) {
  const worst = (site) => Math.min(9, ...site.deviations.map((each) => rank(each.severity)));
  const sorted = [...items].sort((a, b) => worst(a) - worst(b) || total(b, "over") - total(a, "over") || (a.id < b.id ? -1 : 1));
  const rows = sorted.map((site) => ({
    key: site.id,
    cells: [
      [named("site", site.id), h("small", { class: "soft block" }, said(site.name))],
      plain(site.kind),
      openness(site),
      String(total(site, "subjects")),
      total(site, "over") > 0 ? tag(counted(total(site, "over"), "late leaving", "late leaving"), "bad") : "–",
      amiss(site.deviations, kindWord),
    ],
  }));
  return h("div", null, h("div", { class: "head" }, h("h1", null, "Sites")), h("section", { class: "card", "aria-label": "All sites" }, table("Sites", ["Site", "Kind", "Open", "Under way there", "Late", "Amiss"], rows)));
}

function openness(site) {
  if (!site.calendar) return h("span", { class: "soft" }, "always open");
  if (site.open) return [tag("open", "good"), site.closes_at && h("small", { class: "soft block" }, "to ", time(site.closes_at, site.id))];
  return [tag("closed"), site.opens_at && h("small", { class: "soft block" }, "opens ", time(site.opens_at, site.id))];
}

function whole({ site, id, there, coming, leaving, devices, alerts }) {
  if (site === null) return h("div", null, h("h1", null, said(id)), nothing("There is no such site in the network. ", link("/sites", null, "All sites")));
  const late = there.items.filter((each) => each.deviations.some((deviation) => deviation.kind === "overdwell"));
  return h(
    "div",
    { class: "goods", key: id },
    h(
      "header",
      { class: "goods-head" },
      h("p", { class: "soft" }, `Site: ${plain(site.kind)}`),
      h("h1", null, said(site.name), site.name !== id && h("small", { class: "soft" }, ` ${id}`)),
      h("p", { class: "tags" }, openness(site), tag(site.timezone, "faint"), site.gln && tag(`GLN ${site.gln}`, "faint"), ...site.deviations.map((each) => h("span", { class: `severity ${each.severity}` }, kindWord(each.kind)))),
      hours(site),
    ),
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        null,
        card(`Late leaving: ${late.length}${there.more ? "+" : ""}`, null, goodsTable({ items: late, more: false }, "Late leaving", "Nothing stays longer than it may.")),
        card(`Here now: ${tally(there)}`, link(to("/returns", { site: id }), null, "As a list"), goodsTable(there, "Here now", "Nothing is here.")),
      ),
      h(
        "div",
        null,
        card(`Should come: ${tally(coming)}`, link(to("/returns", { expected_at: id, status: "in_transit" }), null, "As a list"), goodsTable(worstFirst(coming), "Should come", "Nothing is on its way here.")),
        card(`To leave for here: ${tally(leaving)}`, link(to("/returns", { expected_at: id, status: "at_stop" }), null, "As a list"), goodsTable(worstFirst(leaving), "To leave for here", "Nothing is at the stop before.")),
        devices && card(`Devices: ${devices.length}`, null, deviceList(devices)),
        alerts && card("Alerts", link(to("/alerts", { site: id }), null, "All of this site"), alertList(alerts)),
      ),
    ),
  );
}

function hours(site) {
  if (!site.hours?.length) return null;
  return h("p", { class: "soft" }, "Open ", site.hours.map((each) => `${each.days} ${each.from}–${each.to}`).join(", "));
}

const tally = ({ items, more }) => `${items.length.toLocaleString("en")}${more ? "+" : ""}`;

const worstFirst = ({ items, more }) => ({ items: [...items].sort((a, b) => rank(a.severity) - rank(b.severity)), more });

const BETWEEN = { "Should come": "Route", "To leave for here": "Still at" };

function goodsTable({ items, more }, caption, none) {
  if (items.length === 0) return nothing(none);
  const rows = items.slice(0, SHOWN).map((each) => ({ key: each.id, cells: [named(each.kind, each.id), where(each, caption), amiss(each.deviations, kindWord)] }));
  return [
    table(caption, ["Item", BETWEEN[caption] ?? "Here", "Amiss"], rows),
    (more || items.length > SHOWN) && nothing(`The first ${rows.length} of ${tally({ items, more })}.`),
  ];
}

function where(each, caption) {
  if (!each.site) return each.route ?? "–";
  return [
    caption in BETWEEN && [named("site", each.site), " "],
    "since ",
    ageOf(each.since, each.site),
    each.leave_by && h("small", { class: "soft block" }, "to leave by ", time(each.leave_by, each.site)),
  ];
}

function deviceList(devices) {
  if (devices.length === 0) return nothing("None is at home here.");
  return h("ul", { class: "plain-list" }, ...devices.map((each) => h("li", { key: each.id }, named("device", each.id), " ", each.online ? tag("heard", "good") : tag("not heard"), " ", each.heard_at ? ageOf(each.heard_at) : "never")));
}
