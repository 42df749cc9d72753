/** Alerts as rows of a list, and the heads of their groups. */

import { mayAct } from "../api.js";
import { h } from "../dom.js";
import { named, said, severity, tag } from "../parts.js";
import { here, link, to } from "../router.js";
import { headline, sentence, speaksForContents } from "../sentences.js";
import { ageOf, time } from "../times.js";
import { counted, reasonWord } from "../words.js";

const SHOWN = 6;
/** So many of those that came last while somebody looks are shown in any case. */
const NEWEST = 6;

/**
 * @typedef {{chosen: string|null, selected: Set<string>, opened: Set<string>, fresh: Set<string>,
 *   select: (ids: string[], on: boolean) => void, open: (key: string) => void}} Does
 */

/** Ids of the alerts that are to be seen, in their order. @param {ParentNode} root */
export function rowsIn(root) {
  return [...root.querySelectorAll("[data-alert]")].map((row) => row.getAttribute("data-alert"));
}

/** A cause with its alerts; one by itself needs no head. @param {import("./alert_groups.js").Group} group @param {Does} does */
export function groupOf(group, does) {
  const { alerts, key } = group;
  if (alerts.length === 1) return h("li", { key }, row(alerts[0], does, true));
  const all = does.opened.has(key) || alerts.length <= SHOWN + 1;
  const newest = newestOf(alerts.filter((each) => does.fresh.has(each.id)));
  const looked = (each) => each.id === does.chosen || does.selected.has(each.id) || newest.has(each);
  const shown = all ? alerts : alerts.filter((each, index) => index < SHOWN || looked(each));
  return h(
    "li",
    { key, class: "group" },
    head(group, does),
    h("ul", null, ...shown.map((each) => h("li", { key: each.id }, row(each, does, false)))),
    shown.length < alerts.length && h("button", { class: "plain", onclick: () => does.open(key) }, `Show ${alerts.length - shown.length} more of ${group.id}`),
  );
}

const newestOf = (alerts) => new Set([...alerts].sort((a, b) => Date.parse(b.opened_at) - Date.parse(a.opened_at)).slice(0, NEWEST));

function head(group, does) {
  const ids = group.alerts.map((each) => each.id);
  const count = ids.filter((id) => does.selected.has(id)).length;
  return h(
    "div",
    { class: "group-head" },
    mayAct() &&
      h("input", {
        type: "checkbox",
        checked: count === ids.length,
        indeterminate: count > 0 && count < ids.length,
        "aria-label": `Select all ${ids.length} alerts of ${group.id}`,
        onchange: (event) => does.select(ids, event.target.checked),
      }),
    h("h3", null, counted(ids.length, "alert"), group.kind === "container" ? " in " : " at ", named(group.kind, group.id)),
  );
}

function row(alert, does, withCause) {
  const chosen = alert.id === does.chosen;
  const classes = ["row", alert.severity, chosen && "chosen", does.fresh.has(alert.id) && "fresh", alert.state];
  return h(
    "article",
    { class: classes.filter(Boolean).join(" "), "data-alert": alert.id },
    mayAct() &&
      alert.state !== "resolved" &&
      h("input", {
        type: "checkbox",
        checked: does.selected.has(alert.id),
        "aria-label": `Select: ${alert.subject.id}${headline(alert)}`,
        onchange: (event) => does.select([alert.id], event.target.checked),
      }),
    h(
      "div",
      { class: "what" },
      h(
        "p",
        { class: "line" },
        severity(alert.severity),
        link(address(alert.id), { class: "title", "aria-current": chosen ? "true" : null }, ...title(alert)),
        h("span", { class: "age", title: "how long it has been so" }, ageOf(alert.since, alert.site)),
      ),
      h("p", { class: "soft" }, sentence(alert, true)),
      h("p", { class: "tags" }, ...tags(alert, withCause)),
    ),
  );
}

/** Who, and what happened. @param {any} alert */
export function title(alert) {
  return [speaksForContents(alert) && "What is in ", h("b", null, said(alert.subject.id)), headline(alert)];
}

function address(id) {
  const { path, params } = here();
  const all = {};
  for (const name of new Set(params.keys())) all[name] = params.getAll(name);
  return to(path === "/" ? "/alerts" : path, { ...all, alert: id });
}

/** How it stands with it, in frames. @param {any} alert @param {boolean} withCause */
export function tags(alert, withCause) {
  const inside = withCause && alert.container;
  const contents = alert.details?.contents_count;
  return [
    alert.state === "acknowledged" && tag(`acknowledged by ${alert.acknowledged_by}`, "good"),
    alert.state === "snoozed" && h("span", { class: "tag good" }, "snoozed until ", time(alert.snoozed_until)),
    alert.state === "resolved" && h("span", { class: "tag good" }, `resolved: ${reasonWord(alert.reason)}, `, ageOf(alert.resolved_at)),
    inside && h("span", { class: "tag" }, "in ", named("container", alert.container)),
    contents > 0 && tag(`${counted(contents, "item")} inside`),
    alert.comments?.length > 0 && tag(counted(alert.comments.length, "comment")),
    alert.route && tag(alert.route, "faint"),
  ].filter(Boolean);
}
