/** The journey stop by stop: the window, what happened, how late, and the evidence of it one click away. */

import { h } from "../dom.js";
import { named, said, sites, table, tag } from "../parts.js";
import { length, time } from "../times.js";
import { counted, plain, sourceWord } from "../words.js";

const PROGRESS = { passed: "passed", here: "here now", skipped: "skipped", next: "next", ahead: "ahead" };

/** @param {any} one */
export function timeline(one) {
  const strays = one.off_route.map((each) => ({ at: each.at, item: stray(each) }));
  const stops = one.stops.map((each) => ({ at: each.arrived?.at ?? null, item: stop(each) }));
  const order = [];
  for (const each of stops) {
    if (each.at !== null) order.push(...take(strays, each.at));
    else if (strays.length > 0 && order.length > 0) order.push(...take(strays, null));
    order.push(each.item);
  }
  return h("ol", { class: "timeline" }, ...order, ...strays.map((each) => each.item));
}

function take(strays, until) {
  const count = until === null ? strays.length : strays.findIndex((each) => each.at > until);
  return strays.splice(0, count < 0 ? strays.length : count).map((each) => each.item);
}

function stop(each) {
  const late = each.late_s > 0;
  const over = each.over_s > 0;
  const site = each.arrived?.site ?? each.sites[0];
  return h(
    "li",
    { class: `stop ${each.progress} ${late || over ? "is-late" : ""}`, "aria-current": each.progress === "here" ? "step" : null },
    h("h3", null, each.arrived ? named("site", each.arrived.site) : sites(each.sites), " ", h("span", { class: "progress" }, PROGRESS[each.progress] ?? each.progress), each.optional && h("span", { class: "soft" }, " optional")),
    h(
      "div",
      { class: "facts-line" },
      each.arrived
        ? fact("Arrived", evidence(each.arrived), late && tag(`${length(each.late_s)} late`, "bad"))
        : each.latest && fact(late ? "Should have come by" : "Latest arrival", time(each.latest, site), late && tag(`${length(each.late_s)} late`, "bad")),
      each.arrived && each.latest && fact("Latest arrival", time(each.latest, site)),
      each.expected && !each.arrived && fact("Usually", time(each.expected, site)),
      each.departed && fact("Left", evidence(each.departed), over && tag(`${length(each.over_s)} too long`, "bad")),
      !each.departed && each.arrived && each.leave_by && each.progress === "here" && fact(over ? "Should have left by" : "To leave by", time(each.leave_by, site), over && tag(`${length(each.over_s)} too long`, "bad")),
    ),
  );
}

function stray(each) {
  return h(
    "li",
    { class: "stop stray is-late" },
    h("h3", null, named("site", each.site), " ", h("span", { class: "progress" }, each.rule === "misrouted" ? "not on its route" : "went back")),
    h("div", { class: "facts-line" }, fact("Seen", evidence(each))),
  );
}

const fact = (name, ...values) => h("div", { class: "fact" }, h("span", null, name), h("div", null, ...values));

/** An instant that opens to what it rests on. @param {any} seen */
function evidence(seen) {
  return h(
    "details",
    { class: "evidence" },
    h("summary", { title: "Show the evidence" }, time(seen.at, seen.site)),
    h("p", null, `${plain(seen.step)}, ${sourceWord(seen.source)}, by `, named("device", seen.device), ", event ", h("code", null, said(seen.event))),
  );
}

/** All sightings, the latest first. @param {any} one */
export function sightings(one) {
  if (one.sightings.length === 0) return null;
  const rows = [...one.sightings].reverse().map((each) => ({
    key: `${each.event} ${each.device} ${each.site} ${each.at}`,
    cells: [time(each.at, each.site), named("site", each.site), plain(each.step), sourceWord(each.source), named("device", each.device), h("code", null, said(each.event))],
  }));
  return h(
    "details",
    { class: "card all-evidence" },
    h("summary", null, h("h2", null, `All evidence: ${counted(rows.length, "sighting")}`)),
    table("All evidence", ["When", "Site", "Step", "Known by", "Device", "Event"], rows),
  );
}
