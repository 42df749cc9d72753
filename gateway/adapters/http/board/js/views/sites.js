/** Sites: what is there, what should be, what is late leaving, whether it is open; all of them, or one in full. */

import { get, ifAllowed, list } from "../api.js";
import { h } from "../dom.js";
import { amiss, card, named, nothing, said, table, tag } from "../parts.js";
import { link, to } from "../router.js";
import { ageOf, time } from "../times.js";
import { counted, kindWord, plain, rank } from "../words.js";
import { alertList } from "./goods_alerts.js";

const SIFTED = 1_000;
const HERE = 500;
const ALERTS = 10;

export const view = {
  whole: ["site"],
  title: (params) => params.get("site") ?? "Sites",
  load: (params, signal) => (params.get("site") ? one(params.get("site"), signal) : all(signal)),
  render: (data) => (data.site === undefined ? overview(data) : whole(data)),
  hears: (frame) => frame.event === "journeys" || frame.event === "alert",
};

async function all(signal) {
  return { items: (await get("/api/v1/sites", {}, signal)).items };
}

async function one(id, signal) {
  const [sites, routes, returns, containers, devices, alerts] = await Promise.all([
    get("/api/v1/sites", {}, signal),
    get("/api/v1/routes", {}, signal),
    list("/api/v1/returns", { site: id }, HERE, signal),
    list("/api/v1/containers", { site: id }, HERE, signal),
    ifAllowed(get("/api/v1/devices", { site: id, limit: 100 }, signal)),
    ifAllowed(get("/api/v1/alerts", { site: id, limit: ALERTS }, signal)),
  ]);
  const site = sites.items.find((each) => each.id === id) ?? null;
  const expected = site === null ? { items: [], more: false } : await coming(id, routes.items, signal);
  return { site, id, here: [...containers.items, ...returns.items], more: returns.more, devices: devices?.items ?? null, alerts: alerts?.items ?? null, expected };
}

/** What is on its way here, of the routes that stop here. */
async function coming(id, routes, signal) {
  const stops = new Map(routes.map((each) => [each.id, each.stops]));
  const those = routes.filter((each) => each.stops.some((stop, index) => index > 0 && stop.sites.includes(id)));
  const found = await Promise.all(
    those.flatMap((route) =>
      ["/api/v1/returns", "/api/v1/containers"].map((path) => list(path, { route: route.id, status: "in_transit" }, SIFTED, signal)),
    ),
  );
  const items = found.flatMap((each) => each.items).filter((each) => nextSites(stops.get(each.route), each.stop).includes(id));
  return { items, more: found.some((each) => each.more) };
}

/** The sites of the next stop, and of optional ones before it. */
function nextSites(stops, stop) {
  const sites = [];
  for (const each of (stops ?? []).slice((stop ?? -1) + 1)) {
    sites.push(...each.sites);
    if (!each.optional) break;
  }
  return sites;
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
  return h("div", null, h("div", { class: "head" }, h("h1", null, "Sites")), h("section", { class: "card", "aria-label": "All sites" }, table("Sites", ["Site", "Kind", "Open", "There now", "Late", "Amiss"], rows)));
}

function openness(site) {
  if (!site.calendar) return h("span", { class: "soft" }, "always open");
  if (site.open) return [tag("open", "good"), site.closes_at && h("small", { class: "soft block" }, "to ", time(site.closes_at, site.id))];
  return [tag("closed"), site.opens_at && h("small", { class: "soft block" }, "opens ", time(site.opens_at, site.id))];
}

function whole({ site, id, here: there, more, devices, alerts, expected }) {
  if (site === null) return h("div", null, h("h1", null, said(id)), nothing("There is no such site in the network. ", link("/sites", null, "All sites")));
  const late = there.filter((each) => each.deviations.some((deviation) => deviation.kind === "overdwell"));
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
        card(`Late leaving: ${late.length}`, null, goodsTable(late, "Late leaving", "Nothing stays longer than it may.")),
        card(`Here now: ${there.length}${more ? "+" : ""}`, link(to("/returns", { site: id }), null, "As a list"), goodsTable(there, "Here now", "Nothing is here.")),
      ),
      h(
        "div",
        null,
        card(`Should come: ${expected.items.length}${expected.more ? "+" : ""}`, null, goodsTable([...expected.items].sort((a, b) => rank(a.severity) - rank(b.severity)), "Should come", "Nothing is on its way here.")),
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

function goodsTable(items, caption, none) {
  if (items.length === 0) return nothing(none);
  const rows = items.slice(0, 200).map((each) => ({
    key: each.id,
    cells: [named(each.kind, each.id), each.site ? ["since ", ageOf(each.since, each.site), each.leave_by && h("small", { class: "soft block" }, "to leave by ", time(each.leave_by, each.site))] : (each.route ?? "–"), amiss(each.deviations, kindWord)],
  }));
  return [table(caption, ["Item", caption === "Should come" ? "Route" : "Here", "Amiss"], rows), items.length > 200 && nothing(`The first 200 of ${items.length}.`)];
}

function deviceList(devices) {
  if (devices.length === 0) return nothing("None is at home here.");
  return h("ul", { class: "plain-list" }, ...devices.map((each) => h("li", { key: each.id }, named("device", each.id), " ", each.online ? tag("heard", "good") : tag("not heard"), " ", each.heard_at ? ageOf(each.heard_at) : "never")));
}
