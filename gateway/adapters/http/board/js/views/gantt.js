/** The journey as a picture: per stop the window of arrival, the stay, what was too late, and now. The text says it too. */

import { now } from "../clock.js";
import { h } from "../dom.js";
import { instant } from "../times.js";

const ROW = 30;
/** Percent of the width within which one label would lie on another. */
const CLOSE = 12;
/** Percent of the width that names take: more where there is little. */
const left = () => (innerWidth < 640 ? 36 : 22);

/** @param {any} one as the API tells it */
export function chart(one) {
  const stops = one.stops;
  const times = stops.flatMap((each) => [each.expected, each.latest, each.arrived?.at, each.departed?.at, each.leave_by]);
  const known = [...times, one.trip?.announced_at, one.trip?.first_seen_at, one.due_at].filter(Boolean).map(Date.parse);
  const open = one.status !== "completed" && one.status !== "cancelled";
  if (open) known.push(now());
  if (known.length < 2) return null;
  const begin = Math.min(...known);
  const end = Math.max(...known);
  const pad = Math.max((end - begin) * 0.03, 60_000);
  const begins = left();
  const x = (at) => begins + ((100 - begins) * ((typeof at === "string" ? Date.parse(at) : at) - begin + pad)) / (end - begin + 2 * pad);
  return h(
    "figure",
    { class: "gantt", "aria-hidden": "true" },
    h(
      "svg",
      { width: "100%", height: ROW * stops.length + 36 },
      ...stops.map((each, index) => row(each, index, x, open, index === 0 ? one.trip?.announced_at : null)),
      open && rule(x(now()), stops.length, "now", "now"),
      one.due_at && rule(x(one.due_at), stops.length, "due", "due", open && Math.abs(x(one.due_at) - x(now())) < CLOSE),
    ),
    h(
      "figcaption",
      null,
      h("i", { class: "window" }), "window of arrival ",
      h("i", { class: "stay" }), "stay ",
      h("i", { class: "late" }), "late ",
      h("span", { class: "soft" }, `${instant(new Date(begin).toISOString())} to ${instant(new Date(end).toISOString())}`),
    ),
  );
}

function row(each, index, x, open, announced) {
  const top = index * ROW + 6;
  const parts = [
    h("text", { x: "0", y: top + 13, class: "label" }, shortened(each.arrived?.site ?? each.sites.join(" / "))),
    h("line", { x1: `${left()}%`, x2: "100%", y1: top + 9, y2: top + 9, class: "base" }),
  ];
  const bar = (from, to, name, y, height) => {
    const begin = x(from);
    return h("rect", { x: `${begin}%`, width: `${Math.max(0.6, x(to) - begin)}%`, y, height, rx: 3, class: name });
  };
  if (each.latest) {
    const from = [each.expected, announced].find((at) => at && at < each.latest);
    parts.push(bar(from ?? each.latest, each.latest, "window", top, 18));
  }
  const missing = each.arrived === null && open && each.progress !== "skipped";
  if (each.latest && each.late_s > 0) parts.push(bar(each.latest, each.arrived?.at ?? (missing ? now() : each.latest), "late", top + 6, 6));
  if (each.arrived) {
    const left = each.departed ? Date.parse(each.departed.at) : each.progress === "here" ? now() : Date.parse(each.arrived.at);
    parts.push(bar(each.arrived.at, left, "stay", top + 4, 10));
    if (each.leave_by && each.over_s > 0) parts.push(bar(each.leave_by, left, "late", top + 4, 10));
  }
  return h("g", null, ...parts);
}

function rule(x, rows, name, text, lower = false) {
  return h("g", { class: name }, h("line", { x1: `${x}%`, x2: `${x}%`, y1: 0, y2: rows * ROW + 4 }), h("text", { x: `${x}%`, y: rows * ROW + (lower ? 31 : 18), "text-anchor": x > 90 ? "end" : "middle" }, text));
}

const shortened = (text) => (text.length > 17 ? `${text.slice(0, 16)}…` : text);
