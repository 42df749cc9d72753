/** What an alert or a deviation says, in a headline and a sentence whose times follow the viewer's choice of zone. */

import { h } from "./dom.js";
import { named, said, sites } from "./parts.js";
import { age, time } from "./times.js";
import { plain, sensorUnit, sensorWord } from "./words.js";

const STEP_WORDS = {
  arriving: "arriving at",
  departing: "leaving",
  shipping: "shipped from",
  collecting: "collected at",
  receiving: "received at",
  packing: "packed at",
  unpacking: "unpacked at",
  inspecting: "inspected at",
  storing: "stored at",
  repairing: "repaired at",
  destroying: "destroyed at",
};

/** Where it was last seen, doing what. @param {{step: string, site: string, at: string}} seen */
export function lastSeen(seen) {
  return [STEP_WORDS[seen.step] ?? `${plain(seen.step)} at`, " ", named("site", seen.site), ", ", time(seen.at, seen.site)];
}

const where = (alert) => alert.details?.expected_sites ?? alert.expected_sites ?? [];
const by = (alert) => alert.details?.by ?? alert.by ?? alert.since;
const short = (alert) => alert.kind === "missing" && alert.details?.items?.length > 0;
const orList = (ids) => ids.join(" or ") || "its next stop";

/** Whether a container's alert speaks for what is in it; only its sentence says so. @param {any} alert */
export function speaksForContents(alert) {
  return alert.summary?.startsWith("what is in ") ?? false;
}

const HEADLINES = {
  not_collected: () => "was never handed in",
  overdwell: (a) => `should have left ${a.site ?? "its stop"}`,
  delayed: (a) => `is late at ${orList(where(a))}`,
  overdue: (a) => `is overdue at ${orList(where(a))}`,
  missing: (a) => (short(a) ? `was not in ${a.details.items.join(", ")} when that was unpacked` : "is missing"),
  misrouted: (a) => `is at ${a.site ?? "a site"}, off its route`,
  backtracked: (a) => `went back to ${a.site ?? "an earlier stop"}`,
  skipped: (a) => `was never seen at ${orList(where(a))}`,
  unexpected: (a) => `was scanned at ${a.site ?? "a site"}, but never announced`,
  seen_after_end: (a) => `was seen at ${a.site ?? "a site"} after its end`,
  impossible_travel: (a) => `cannot have travelled to ${a.site ?? "there"} so fast`,
  count_mismatch: (a) => `was unpacked at ${a.site ?? "a site"} short or over`,
  excursion: (a) => `: ${sensorWord(a.sensor ?? "sensor").toLowerCase()} was out of limits`,
  device_silent: () => "has gone silent",
  site_dark: () => "is dark: none of its devices is heard",
  low_battery: () => "has a low battery",
  clock_skew: () => "has a wrong clock",
};

/** What happened to the subject: the words that follow its name. @param {any} alert */
export function headline(alert) {
  const words = (HEADLINES[alert.kind] ?? (() => plain(alert.kind)))(alert);
  return words.startsWith(":") ? words : ` ${words}`;
}

const expected = (alert) => (where(alert).length > 0 ? sites(where(alert)) : "its next stop");
const aged = (at, alert) => !alert.brief && `, ${age(at)}`;
const since = (alert) => [time(alert.since, alert.site), aged(alert.since, alert)];
const deadline = (alert) => [time(by(alert), where(alert)[0] ?? alert.site), aged(by(alert), alert)];

const SENTENCES = {
  not_collected: (a) => ["Expected at ", expected(a), " by ", deadline(a), "."],
  overdwell: (a) => ["It was to leave by ", deadline(a), "."],
  delayed: (a) => ["It was to arrive by ", deadline(a), "."],
  overdue: (a) => ["It was due by ", deadline(a), "."],
  missing: (a) => ["Nothing seen of it; missing since ", since(a), ". It should be at ", expected(a), "."],
  misrouted: (a) => ["Since ", since(a), ". It belongs at ", expected(a), "."],
  backtracked: (a) => ["Since ", since(a), ". It belongs at ", expected(a), "."],
  skipped: (a) => ["It passed by ", since(a), "."],
  excursion: (a) => ["First ", since(a), a.details?.value !== undefined && `: ${a.details.value} ${sensorUnit(a.sensor)}`, "."],
  count_mismatch: (a) => [items(a), ". Since ", since(a), "."],
  device_silent: (a) => ["It should have reported by ", since(a), heardLast(a), "."],
  site_dark: (a) => ["The last should have reported by ", since(a), ". Until it is back, goods there are not judged."],
};

const heardLast = (alert) => alert.details?.last_heard && ["; last heard ", time(alert.details.last_heard, alert.site)];
const items = (alert) => (alert.details?.items ?? []).map((id, index) => [index > 0 && ", ", named("return", id)]);

/** When, where, since when; and where it was last seen. @param {any} alert @param {boolean} [brief] without ages */
export function sentence(alert, brief = false) {
  const words = (SENTENCES[alert.kind] ?? ((a) => ["Since ", since(a), "."]))({ ...alert, brief });
  const seen = alert.details?.last_seen;
  const told = seen && alert.subject?.kind !== "device" && alert.kind !== "unexpected";
  return [...words, told && [" Last seen ", lastSeen(seen), "."]];
}

/** Who saw it last, and what they noted. @param {any} alert */
export function witness(alert) {
  const seen = alert.details?.last_seen;
  if (!seen) return null;
  return h(
    "span",
    null,
    "scan ",
    h("code", null, said(seen.event)),
    " by ",
    named("device", seen.device),
    seen.operator && [", operator ", said(seen.operator)],
    seen.note && [": “", said(seen.note), "”"],
  );
}
