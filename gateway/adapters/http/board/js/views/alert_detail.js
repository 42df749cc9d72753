/** One alert in full: what to do next, its cause and its consequences, what was said and what happened. */

import { get, list, mayAct } from "../api.js";
import { h } from "../dom.js";
import { amiss, addressOf, named, nothing, said, severity } from "../parts.js";
import { amend, link, to } from "../router.js";
import { sentence, witness } from "../sentences.js";
import { time } from "../times.js";
import { capital, counted, kindWord, plain, reasonWord, statusWord } from "../words.js";
import { tags, title } from "./alert_rows.js";

const MOST = 100;

/**
 * What else is to be known of an alert: those of the containers it is in, and what it has befallen.
 * @param {any} alert
 * @param {AbortSignal} [signal]
 */
export async function consequencesOf(alert, signal) {
  const { kind, id } = alert.subject;
  const none = { items: [], more: false };
  const [causes, returns, containers] = await Promise.all([
    alert.container ? list("/api/v1/alerts", { subject: alert.container }, 10, signal) : none,
    kind === "container" ? list("/api/v1/returns", { container: id }, MOST, signal) : none,
    kind === "container" ? list("/api/v1/containers", { container: id }, MOST, signal) : none,
  ]);
  const devices = alert.kind === "site_dark" ? (await get("/api/v1/devices", { site: id }, signal)).items : [];
  return { causes: causes.items, members: [...containers.items, ...returns.items], more: returns.more, devices };
}

/**
 * @param {any} one what was loaded of it; null where there is no such alert
 * @param {string} id
 * @param {(what: string) => void} onAct
 */
export function detail(one, id, onAct) {
  const close = h("button", { class: "plain close", onclick: () => amend({ alert: null }) }, "Close");
  if (one === null) return h("aside", { class: "detail card", key: "none", "aria-label": "Alert" }, close, nothing("There is no such alert any more."));
  if (one.alert.id !== id) return h("aside", { class: "detail card", key: "loading", "aria-busy": "true", "aria-label": "Alert" }, close, nothing("Loading…"));
  const { alert } = one;
  return h(
    "aside",
    { class: "detail card", key: id, "aria-label": "Alert" },
    close,
    h("p", { class: "line" }, severity(alert.severity), h("span", { class: "soft" }, capital(kindWord(alert.kind)))),
    h("h2", { id: "chosen", tabindex: -1 }, ...title(alert)),
    h("p", null, sentence(alert)),
    witness(alert) && h("p", { class: "soft" }, "Evidence: ", witness(alert)),
    h("p", { class: "tags" }, ...tags(alert, true)),
    alert.details.advice && alert.state !== "resolved" && h("p", { class: "advice" }, h("b", null, "Do next: "), said(`${alert.details.advice}.`)),
    buttons(alert, onAct),
    cause(one),
    consequences(one),
    comments(alert),
    history(alert),
  );
}

function buttons(alert, onAct) {
  const open = alert.state !== "resolved" && mayAct();
  const button = (what, text, key, first) => h("button", { class: first ? "first" : "", onclick: () => onAct(what) }, text, " ", h("kbd", { "aria-hidden": "true" }, key));
  const { kind, id } = alert.subject;
  return h(
    "div",
    { class: "buttons" },
    open && alert.state !== "acknowledged" && button("acknowledge", "Acknowledge", "a", true),
    open && button("snooze", "Snooze", "s"),
    open && button("resolve", "Resolve", "r"),
    mayAct() && button("comment", "Comment", "c"),
    link(addressOf(kind, id), { class: "button" }, `Open the ${kind}`),
  );
}

function cause({ alert, causes }) {
  if (!alert.container) return null;
  return h(
    "section",
    null,
    h("h3", null, "Cause"),
    h("p", null, "It is in ", named("container", alert.container), causes.length === 0 && ", of which nothing else is amiss."),
    h("ul", { class: "plain-list" }, ...causes.map((each) => h("li", { key: each.id }, severity(each.severity), " ", link(to("/alerts", { alert: each.id }), null, ...title(each))))),
  );
}

function consequences({ alert, members, more, devices }) {
  const { kind, id } = alert.subject;
  if (kind === "site") {
    return h(
      "section",
      null,
      h("h3", null, `Consequences: ${counted(devices.length, "device")} silent or unheard`),
      h("ul", { class: "plain-list" }, ...devices.map((each) => h("li", { key: each.id }, named("device", each.id)))),
      h("p", null, link(to("/sites", { site: id }), null, "What is there")),
    );
  }
  if (kind !== "container") return null;
  if (members.length === 0) return h("section", null, h("h3", null, "Consequences"), nothing("Nothing is in it."));
  const hit = members.filter((each) => each.deviations.length > 0);
  return h(
    "section",
    null,
    h("h3", null, `Consequences: ${counted(members.length, "item")}${more ? " and more" : ""} inside, ${hit.length} of them not as planned`),
    h(
      "ul",
      { class: "plain-list members" },
      ...[...hit, ...members.filter((each) => each.deviations.length === 0)].map((each) =>
        h("li", { key: each.id }, named(each.kind, each.id), " ", each.deviations.length > 0 ? amiss(each.deviations, kindWord) : h("span", { class: "soft" }, statusWord(each.status))),
      ),
    ),
  );
}

function comments(alert) {
  if (alert.comments.length === 0) return null;
  const each = (comment) => h("li", null, h("p", { class: "soft" }, said(comment.by), ", ", time(comment.at)), h("p", { class: "written" }, said(comment.text)));
  return h("section", null, h("h3", null, "Comments"), h("ul", { class: "plain-list" }, ...alert.comments.map(each)));
}

function history(alert) {
  return h(
    "section",
    null,
    h("h3", null, "History"),
    h(
      "ol",
      { class: "plain-list history" },
      ...alert.history.map((line) => h("li", null, time(line.time, line.site), " ", happened(line))),
    ),
  );
}

function happened(line) {
  const did = line.details?.operator;
  if (did) {
    return [plain(did.action), " by ", said(did.by), did.until && [" until ", time(did.until)], did.comment && [": “", said(did.comment), "”"]];
  }
  if (line.transition === "resolved") return `resolved: ${reasonWord(line.reason)}`;
  return [line.transition, line.severity && ` as ${line.severity}`];
}
