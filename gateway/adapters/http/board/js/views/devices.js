/** Devices: when each was heard, its battery, its firmware, what waits on it, its clock. */

import { list } from "../api.js";
import { h } from "../dom.js";
import { amiss, choice, named, nothing, said, table, tag } from "../parts.js";
import { amend, here } from "../router.js";
import { ageOf, time } from "../times.js";
import { kindWord, rank } from "../words.js";

const MOST = 2_000;

export const view = {
  title: (params) => (params.get("device") ? `Device ${params.get("device")}` : "Devices"),
  load: (params, signal) => list("/api/v1/devices", { site: params.get("site") }, MOST, signal),
  render,
  /** What devices say of themselves is not in the stream. */
  polled: true,
  hears: (frame) => frame.event === "alert" && frame.data.subject.kind === "device",
};

function render(data) {
  const { params } = here();
  const one = params.get("device");
  const kind = params.get("kind");
  const amissOnly = params.get("show") === "amiss";
  const bad = (each) => each.deviations.length > 0;
  const worst = (each) => Math.min(9, ...each.deviations.map((deviation) => rank(deviation.severity)));
  const items = data.items
    .filter((each) => (!one || each.id === one) && (!kind || each.kind === kind) && (!amissOnly || bad(each)))
    .sort((a, b) => worst(a) - worst(b) || (a.id < b.id ? -1 : 1));
  const sites = [...new Set(data.items.map((each) => each.site).filter(Boolean))].sort();
  return h(
    "div",
    null,
    h("div", { class: "head" }, h("h1", null, one ? ["Device ", said(one)] : "Devices")),
    h(
      "div",
      { class: "filters", role: "group", "aria-label": "Filters" },
      choice("Show", [["", `all ${data.items.length}`], ["amiss", `amiss: ${data.items.filter(bad).length}`]], amissOnly ? "amiss" : "", (value) => amend({ show: value, device: null })),
      choice("Kind", [["", "any"], ["scanner", "scanners"], ["tracker", "trackers"]], kind ?? "", (value) => amend({ kind: value, device: null })),
      choice("At home at", [["", "any"], ...sites.map((each) => [each, each])], params.get("site") ?? "", (value) => amend({ site: value, device: null })),
      one && h("button", { onclick: () => amend({ device: null }) }, "All devices"),
    ),
    h("section", { class: "card", "aria-label": "Devices" }, items.length === 0 ? nothing("No device matches.") : rows(items)),
  );
}

function rows(items) {
  const cells = (each) => [
    [named("device", each.id), h("small", { class: "soft block" }, each.kind)],
    each.container ? named("container", each.container) : each.site ? named("site", each.site) : "–",
    [each.online ? tag("heard", "good") : tag("not heard"), " ", each.heard_at ? ageOf(each.heard_at, each.site) : "never", each.silent_from && h("small", { class: "soft block" }, "to be heard by ", time(each.silent_from, each.site))],
    each.battery_pct === null ? "–" : h("span", { class: each.battery_pct < 20 ? "late" : "" }, `${Math.round(each.battery_pct)} %`),
    each.firmware ? said(each.firmware) : "–",
    each.queued === null ? "–" : each.queued > 0 ? tag(`${each.queued} waiting`) : "0",
    each.deviations.some((deviation) => deviation.kind === "clock_skew") ? tag("wrong", "bad") : "right",
    amiss(each.deviations, kindWord),
  ];
  return table("Devices, those with trouble first", ["Device", "At", "Heard", "Battery", "Firmware", "Waiting", "Clock", "Amiss"], items.map((each) => ({ key: each.id, cells: cells(each) })));
}
