/** Alerts: what needs somebody, worst first, under its cause; what is done about it; one of them in full beside. */

import { act } from "../acts.js";
import { get, list, mayAct } from "../api.js";
import { tell } from "../dialogs.js";
import { h } from "../dom.js";
import { choice, nothing } from "../parts.js";
import { amend, here, link, to } from "../router.js";
import { ALL_KINDS, SEVERITIES, counted, kindWord, rank } from "../words.js";
import { grouped, inWords, isHandled } from "./alert_groups.js";
import { consequencesOf, detail } from "./alert_detail.js";
import { groupOf, rowsIn } from "./alert_rows.js";

const PAGE = 100;
const MOST = 2_000;
const FILTERS = ["severity", "kind", "site", "route", "q", "subject", "container"];

/** Ids of alerts selected for something done to several at once. @type {Set<string>} */
const selected = new Set();
/** Groups that were opened to the full. @type {Set<string>} */
const opened = new Set();
/** Alerts that have come while we look. @type {Set<string>} */
const fresh = new Set();

export const view = {
  whole: ["state"],
  title: (params, data) => {
    const urgent = data?.items.filter((each) => !isHandled(each) && rank(each.severity) < 2).length ?? 0;
    return urgent > 0 ? `(${urgent}) Alerts` : "Alerts";
  },
  enter: () => {
    selected.clear();
    fresh.clear();
  },
  load,
  render,
  keys,
  hears: (frame, data) => frame.event === "alert" || (frame.event === "journeys" && touches(frame, data)),
};

async function load(params, signal, before) {
  const query = { state: params.get("state") === "resolved" ? "resolved" : "open" };
  for (const name of FILTERS) query[name] = params.getAll(name);
  const most = Math.min(MOST, Number(params.get("n")) || PAGE);
  const chosen = params.get("alert");
  const [page, one] = await Promise.all([list("/api/v1/alerts", query, most, signal), chosen ? whole(chosen, signal) : null]);
  const asked = JSON.stringify(query);
  if (before?.asked === asked && query.state === "open") announce(before.items, page.items);
  const there = new Set(page.items.map((each) => each.id));
  for (const id of selected) if (!there.has(id)) selected.delete(id);
  return { ...page, one, asked };
}

async function whole(id, signal) {
  try {
    const alert = await get(`/api/v1/alerts/${encodeURIComponent(id)}`, {}, signal);
    return { alert, ...(await consequencesOf(alert, signal)) };
  } catch (problem) {
    if (problem.status === 404 || problem.status === 422) return null;
    throw problem;
  }
}

/** Says what has come since the list was read before; where much has, the list says it. */
function announce(before, now) {
  const known = new Set(before.map((each) => each.id));
  const came = now.filter((each) => !known.has(each.id));
  if (came.length === 0) return;
  for (const each of came) fresh.add(each.id);
  if (came.length <= 20) tell(`New: ${inWords(came[0])}${came.length > 1 ? `, and ${came.length - 1} more` : ""}`);
}

function touches(frame, data) {
  const id = data?.one?.alert.subject.id;
  return id !== undefined && frame.data.items.some((each) => each.id === id || each.container === id);
}

function render(data, app) {
  const { params } = here();
  const chosen = params.get("alert");
  const resolved = params.get("state") === "resolved";
  const needs = data.items.filter((each) => !isHandled(each));
  const handled = data.items.filter(isHandled);
  const does = {
    chosen,
    selected,
    opened,
    fresh,
    select: (ids, on) => {
      for (const id of ids) on ? selected.add(id) : selected.delete(id);
      app.draw();
    },
    open: (key) => {
      opened.add(key);
      app.draw();
    },
  };
  return h(
    "div",
    { class: `alerts ${chosen ? "has-chosen" : ""}` },
    h(
      "div",
      { class: "list" },
      h("div", { class: "head" }, h("h1", null, resolved ? "Resolved alerts" : "Alerts"), tabs(resolved), data.more && h("p", { class: "soft" }, `${resolved ? "The latest" : "The worst"} ${portion(data)}`)),
      filters(data, params),
      resolved
        ? groups("Resolved, the latest first", data.items.map(alone), does)
        : [
            groups(`Needs somebody: ${needs.length}${data.more ? "+" : ""}`, grouped(needs), does, calm(params)),
            handled.length > 0 && groups(`Taken care of: ${handled.length}`, grouped(handled), does),
          ],
      data.more && more(data),
      bar(data, app),
    ),
    chosen && detail(data.one, chosen, (what) => done(what, [data.one.alert], app)),
  );
}

const number = (count) => count.toLocaleString("en");

/** How many of how many are shown. */
const portion = ({ items, total }) => (total === null ? number(items.length) : `${number(items.length)} of ${number(total)}`);

function more(data) {
  if (data.items.length >= MOST) return nothing(`Only these ${portion(data)} are shown; narrow them down to see others.`);
  return h("p", null, h("button", { onclick: () => amend({ n: data.items.length + PAGE }) }, `Show more than these ${portion(data)}`));
}

const alone = (alert) => ({ key: alert.id, kind: "alone", id: alert.id, alerts: [alert] });

function tabs(resolved) {
  return h(
    "ul",
    { class: "tabs" },
    h("li", null, link(to("/alerts"), { "aria-current": resolved ? null : "true" }, "Open")),
    h("li", null, link(to("/alerts", { state: "resolved" }), { "aria-current": resolved ? "true" : null }, "Resolved")),
  );
}

function calm(params) {
  return FILTERS.some((name) => params.has(name))
    ? nothing("No alert that needs somebody matches. ", link("/alerts", null, "Show all"))
    : nothing("Nothing needs you. New alerts appear here by themselves.");
}

function groups(title, all, does, empty) {
  return h(
    "section",
    { class: "groups", key: title.replace(/[\d+]/g, "") },
    h("h2", null, title),
    all.length === 0 ? empty : h("ul", null, ...all.map((group) => groupOf(group, does))),
  );
}

function filters(data, params) {
  const those = (name, more = []) => {
    const found = new Set([...more, ...data.items.map((each) => each[name]).filter(Boolean), ...params.getAll(name)]);
    return [["", "any"], ...[...found].sort().map((each) => [each, name === "kind" ? kindWord(each) : each])];
  };
  const chosen = params.getAll("severity");
  const tally = (word) => {
    if (data.severities) return number(data.severities[word]);
    return chosen.length > 0 && !chosen.includes(word) ? "–" : number(data.items.filter((each) => each.severity === word).length) + (data.more ? "+" : "");
  };
  const toggle = (word) => amend({ severity: chosen.includes(word) ? chosen.filter((each) => each !== word) : [...chosen, word] });
  return h(
    "div",
    { class: "filters", role: "group", "aria-label": "Filters" },
    ...SEVERITIES.map((word) =>
      h(
        "button",
        { class: `chip ${word}`, "aria-pressed": String(chosen.includes(word)), onclick: () => toggle(word) },
        h("b", null, tally(word)),
        word,
      ),
    ),
    choice("Kind", those("kind", ALL_KINDS), params.get("kind") ?? "", (value) => amend({ kind: value })),
    choice("Site", those("site"), params.get("site") ?? "", (value) => amend({ site: value })),
    choice("Route", those("route"), params.get("route") ?? "", (value) => amend({ route: value })),
    h(
      "label",
      { class: "field" },
      h("span", null, "Text"),
      h("input", { type: "text", size: 14, value: params.get("q") ?? "", onchange: (event) => amend({ q: event.target.value.trim() }) }),
    ),
    FILTERS.some((name) => params.has(name)) && link(to("/alerts", { state: params.get("state") }), { class: "button" }, "Clear"),
  );
}

function bar(data, app) {
  const those = data.items.filter((each) => selected.has(each.id));
  if (those.length === 0 || !mayAct()) return null;
  const button = (what, text) => h("button", { onclick: () => done(what, those, app) }, text);
  return h(
    "div",
    { class: "bar", role: "region", "aria-label": "Selected alerts" },
    h("strong", null, `${counted(those.length, "alert")} selected`),
    button("acknowledge", "Acknowledge"),
    button("snooze", "Snooze"),
    button("resolve", "Resolve"),
    button("comment", "Comment"),
    h("button", { class: "plain", onclick: () => (selected.clear(), app.draw()) }, "Select none"),
  );
}

/** Does it; then the next alert that needs somebody is the chosen one, where these were chosen from the list. */
async function done(what, alerts, app) {
  const next = what === "comment" || alerts.length > 1 ? null : following(alerts[0].id);
  if (!(await act(what, alerts))) return;
  for (const each of alerts) if (what !== "comment") selected.delete(each.id);
  if (next && here().params.get("alert") === alerts[0].id) choose(next);
  await app.reload();
}

function following(id) {
  const ids = rowsIn(document);
  const at = ids.indexOf(id);
  return at < 0 ? null : (ids[at + 1] ?? null);
}

function keys(key, data, app) {
  if (data === null) return false;
  const chosen = here().params.get("alert");
  const one = data.items.find((each) => each.id === chosen) ?? data.one?.alert;
  const several = data.items.filter((each) => selected.has(each.id));
  const those = several.length > 0 ? several : one ? [one] : [];
  const acts = { a: "acknowledge", s: "snooze", r: "resolve", c: "comment" };
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  if (key === "Escape" && chosen) amend({ alert: null });
  else if (key === "o" && one) document.getElementById("chosen")?.focus();
  else if (key === "x" && one && mayAct()) {
    selected.has(one.id) ? selected.delete(one.id) : selected.add(one.id);
    app.draw();
  } else if (acts[key] && those.length > 0 && mayAct()) done(acts[key], those, app);
  else if (acts[key]) tell(mayAct() ? "Choose an alert first, with j and k." : "You may look, and not act.", true);
  else return false;
  return true;
}

function step(by) {
  const ids = rowsIn(document);
  const at = ids.indexOf(here().params.get("alert") ?? "");
  const next = at < 0 ? ids[by > 0 ? 0 : ids.length - 1] : ids[Math.max(0, Math.min(ids.length - 1, at + by))];
  if (next) choose(next);
  return true;
}

function choose(id) {
  amend({ alert: id });
  const row = document.querySelector(`[data-alert="${CSS.escape(id)}"]`);
  row?.querySelector("a")?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}
