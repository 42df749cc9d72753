/** The answer to what is asked most: where is it, where should it be, why is it late, and what is to be done. */

import { h } from "../dom.js";
import { mark, named, said, sites } from "../parts.js";
import { link, to } from "../router.js";
import { headline, lastSeen, sentence, speaksForContents } from "../sentences.js";
import { age, length, time } from "../times.js";
import { capital, plain, rank, sourceWord } from "../words.js";

/** What is late may be so for something else that is amiss; that is said before it. */
const LATE = new Set(["delayed", "overdue"]);

/** What is amiss, the worst first, and what may be why before what it leads to. @param {any} one */
export function amissOf(one) {
  const last = (each) => (LATE.has(each.kind) ? 1 : 0);
  return [...one.deviations].sort((a, b) => rank(a.severity) - rank(b.severity) || last(a) - last(b));
}

/** @param {any} data */
export function answer(data) {
  const { one } = data;
  const worst = amissOf(one);
  const tone = worst[0]?.severity ?? "good";
  return h(
    "section",
    { class: `answer ${tone}`, "aria-label": "In short" },
    h("div", null, h("h2", null, "Where it is"), h("div", { class: "big" }, whereItIs(one)), seenBy(one)),
    h("div", null, h("h2", null, "Where it should be"), h("div", { class: "big" }, whereItShouldBe(one))),
    h("div", null, h("h2", null, question(worst)), why(data, worst)),
    next(data),
  );
}

function question(worst) {
  if (worst.length === 0) return "As planned";
  return worst[0].kind !== "missing" && worst.some((each) => LATE.has(each.kind)) ? "Why it is late" : "What is wrong";
}

const newest = (one) => one.sightings.at(-1) ?? null;

function whereItIs(one) {
  const seen = newest(one);
  if (one.status === "cancelled") return "Its announcement was cancelled.";
  if (seen === null) return one.kind === "container" ? "Not seen yet." : "Not handed in yet: nobody has scanned it.";
  if (one.status === "completed") return ["Done: arrived at ", named("site", seen.site), ", ", time(one.trip?.ended_at ?? seen.at, seen.site)];
  const left = one.stops.findLast((each) => each.arrived)?.departed;
  if (one.status === "in_transit" && left) {
    return ["On the way from ", named("site", left.site), h("small", null, "left ", time(left.at, left.site), `, ${age(left.at)}`, seen.at === left.at && "; not seen since")];
  }
  const stop = one.status === "at_stop" ? one.stops.find((each) => each.progress === "here") : null;
  const since = stop?.arrived?.at ?? seen.at;
  return ["At ", named("site", seen.site), one.status === "off_plan" && ", off its route", h("small", null, "since ", time(since, seen.site), `, ${age(since)}`)];
}

function seenBy(one) {
  const seen = newest(one);
  const inside = one.inside.length > 0 && h("p", null, "Inside ", one.inside.map((id, index) => [index > 0 && ", inside ", named("container", id)]));
  const fix = one.position;
  const newer = fix && (seen === null || Date.parse(fix.at) > Date.parse(seen.at));
  const tracked = newer && h("p", { class: "soft" }, "Its tracker was ", fix.site ? ["in the fence of ", named("site", fix.site)] : "outside every fence", ", ", time(fix.at, fix.site));
  return [inside, tracked, seen && h("p", { class: "soft" }, "Last seen ", lastSeen(seen), ` (${sourceWord(seen.source)} by `, named("device", seen.device), ")")];
}

function whereItShouldBe(one) {
  if (one.status === "completed" || one.status === "cancelled") return "Nothing is expected any more.";
  if (one.stops.length === 0) return one.kind === "container" ? "Anywhere: it has no route." : "Nobody knows: it was never announced.";
  const stop = one.stops.find((each) => each.progress === "here");
  const ahead = one.stops.find((each) => each.progress === "next") ?? null;
  if (one.status === "announced") {
    const first = one.stops[0];
    return ["At ", sites(first.sites), first.latest && h("small", null, "handed in by ", time(first.latest, first.sites[0]), lateBy(first.late_s))];
  }
  if (ahead?.late_s) return ["At ", sites(ahead.sites), h("small", { class: "late" }, "by ", time(ahead.latest, ahead.sites[0]), lateBy(ahead.late_s))];
  if (stop?.over_s) return ["On the way", ahead && [" to ", sites(ahead.sites)], h("small", { class: "late" }, "to leave ", named("site", stop.arrived.site), " by ", time(stop.leave_by, stop.arrived.site), lateBy(stop.over_s))];
  if (!one.next) return "There, where it is.";
  return [stop ? ["Here; next at ", sites(one.next.sites)] : ["On the way to ", sites(one.next.sites)], one.next.by && h("small", null, "there by ", time(one.next.by, one.next.sites[0]), `, ${age(one.next.by)}`)];
}

const lateBy = (seconds) => seconds > 0 && h("b", null, `, ${length(seconds)} late`);

function why(data, worst) {
  if (worst.length === 0) return h("p", null, "Nothing is amiss with it.");
  return h("ul", { class: "reasons" }, ...worst.map((each) => h("li", null, reason(data, each))));
}

function reason(data, deviation) {
  const { one } = data;
  const own = one.alerts.find((each) => each.subject.id === one.id && each.kind === deviation.kind && each.stop === deviation.stop && each.sensor === deviation.sensor);
  const about = own ?? { ...deviation, subject: { kind: one.kind, id: one.id } };
  const theirs = own ? null : one.alerts.find((each) => each.subject.id !== one.id && each.kind === deviation.kind);
  return [
    h("p", null, mark(deviation.severity), " ", h("b", null, capital(`it${headline(about)}`.replace(/^it:/, "its"))), ". ", grounds(one, about, own)),
    own && h("p", { class: "soft" }, link(to("/alerts", { alert: own.id }), null, "Its alert"), own.acknowledged_by && [": acknowledged by ", said(own.acknowledged_by)]),
    theirs && h("p", { class: "soft" }, "Its container speaks for it: ", link(to("/alerts", { alert: theirs.id }), null, speaksForContents(theirs) && "what is in ", theirs.subject.id, headline(theirs))),
    !own && !theirs && h("p", { class: "soft" }, ...spokenFor(one)),
  ];
}

/** Which alert says it, where none is of its own. */
function spokenFor(one) {
  const missing = one.alerts.find((each) => each.subject.id === one.id && each.kind === "missing");
  if (missing) return ["The alert that ", link(to("/alerts", { alert: missing.id }), null, "it is missing"), " speaks for this."];
  return ["No alert of its own: its container or its site speaks for this."];
}

/** Why a deviation is one: of a delay, what the way takes; else what is said of it. */
function grounds(one, about, own) {
  const ahead = one.stops.find((each) => each.stop === about.stop);
  const from = one.stops.findLast((each) => each.arrived);
  if (about.kind !== "delayed" || !ahead?.latest || !from) return sentence({ ...about, details: own ? { ...own.details, last_seen: null } : undefined });
  const { site } = from.arrived;
  const span = (until, since) => length((Date.parse(until) - Date.parse(since)) / 1000);
  const by = ["it should have come by ", time(ahead.latest, ahead.sites[0]), "."];
  if (from.departed) {
    const { at } = from.departed;
    const usual = ahead.expected && `usually takes ${span(ahead.expected, at)}, and `;
    return ["It left ", named("site", site), " ", time(at, site), from.over_s > 0 && `, ${length(from.over_s)} too late`, `. The way from there ${usual || ""}may take ${span(ahead.latest, at)}: `, by];
  }
  if (!from.leave_by) return ["It was last seen at ", named("site", site), "; ", by];
  return ["It was to leave ", named("site", site), " by ", time(from.leave_by, site), `, and nobody saw it go. The way may take ${span(ahead.latest, from.leave_by)}: `, by];
}

function next(data) {
  const { one } = data;
  const all = [...one.alerts].sort((a, b) => rank(a.severity) - rank(b.severity));
  const advice = [...new Set(all.map((each) => each.details.advice).filter(Boolean))];
  if (advice.length > 0) {
    return h("div", null, h("h2", null, "What to do next"), h("ul", { class: "reasons" }, ...advice.slice(0, 3).map((each) => h("li", null, said(capital(each) + ".")))));
  }
  return h("div", null, h("h2", null, "What to do next"), h("p", null, one.deviations.length > 0 ? `See what is said of ${plain(one.deviations[0].kind)} at its container or site.` : "Nothing."));
}
