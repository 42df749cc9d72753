/** Quarantine: what could not be accepted and why; corrected and tried again, or given up, one or many at once. */

import { Problem, get, list, mayAct, send } from "../api.js";
import { ask, field, tell } from "../dialogs.js";
import { h } from "../dom.js";
import { choice, named, nothing, said, tag, visible } from "../parts.js";
import { amend, here } from "../router.js";
import { ageOf, fieldValue, fromField, ownZone, time } from "../times.js";
import { counted, plain } from "../words.js";

const PAGE = 100;
const REASONS = ["malformed", "too_large", "not_an_instance", "unknown_device", "unknown_source", "not_allowed", "future_time", "too_old", "no_site", "unknown_site", "no_container", "unknown_route", "internal"];

/** @type {Set<string>} */
const selected = new Set();

export const view = {
  title: () => "Quarantine",
  enter: () => selected.clear(),
  load: async (params, signal) => {
    const query = { status: params.get("status"), reason: params.getAll("reason") };
    const most = Math.min(2_000, Number(params.get("n")) || PAGE);
    const [entries, sites] = await Promise.all([list("/api/v1/quarantine", query, most, signal), get("/api/v1/sites", {}, signal)]);
    const there = new Set(entries.items.map((each) => each.id));
    for (const id of selected) if (!there.has(id)) selected.delete(id);
    return { ...entries, sites: sites.items.map((each) => each.id) };
  },
  render,
  /** What is refused is not in the stream. */
  polled: true,
  hears: (frame) => frame.event === "journeys",
};

function render(data, app) {
  const { params } = here();
  const toggle = (ids, on) => {
    for (const id of ids) on ? selected.add(id) : selected.delete(id);
    app.draw();
  };
  const held = data.items.filter((each) => each.status !== "accepted");
  const those = held.filter((each) => selected.has(each.id));
  return h(
    "div",
    { class: "quarantine" },
    h("div", { class: "head" }, h("h1", null, "Quarantine")),
    h(
      "div",
      { class: "filters", role: "group", "aria-label": "Filters" },
      choice("Status", [["", "held"], ["discarded", "discarded"], ["accepted", "accepted since"], ["all", "all"]], params.get("status") ?? "", (value) => amend({ status: value })),
      choice("Why", [["", "any"], ...REASONS.map((each) => [each, plain(each)])], params.get("reason") ?? "", (value) => amend({ reason: value })),
      mayAct() && held.length > 0 && h("label", { class: "option" }, h("input", { type: "checkbox", checked: those.length === held.length, indeterminate: those.length > 0 && those.length < held.length, onchange: (event) => toggle(held.map((each) => each.id), event.target.checked) }), `Select all ${held.length}`),
    ),
    data.items.length === 0
      ? h("section", { class: "card" }, nothing("Nothing is held: all that came was accepted."))
      : h("ul", { class: "entries" }, ...data.items.map((each) => h("li", { key: each.id }, entry(each, data, toggle, app)))),
    data.more && h("p", null, h("button", { onclick: () => amend({ n: data.items.length + PAGE }) }, "Show more")),
    those.length > 0 && bar(those, data, app),
  );
}

function entry(each, data, toggle, app) {
  const [kind, id] = each.topic.split("/").slice(-3);
  return h(
    "article",
    { class: "card entry" },
    h(
      "header",
      null,
      mayAct() && each.status !== "accepted" && h("input", { type: "checkbox", checked: selected.has(each.id), "aria-label": `Select ${each.event_id ?? "entry"}: ${plain(each.reason)}`, onchange: (event) => toggle([each.id], event.target.checked) }),
      h("h2", null, plain(each.reason)),
      each.status !== "held" && tag(each.status),
      h("span", { class: "soft" }, "received ", time(each.received_at), ", ", ageOf(each.received_at), each.seen > 1 && `, ${each.seen} times`),
    ),
    gist(each.payload),
    h("p", null, said(each.message)),
    h("p", { class: "soft" }, "From ", kind === "device" ? named("device", id) : said(id ?? each.topic), ", ", h("code", null, said(each.topic)), each.event_id && [", event ", h("code", null, said(each.event_id))]),
    h("details", null, h("summary", null, "Payload"), h("pre", { tabindex: 0, "aria-label": "Payload" }, visible(pretty(each.payload))), each.cut && nothing("The rest is left out here.")),
    mayAct() &&
      each.status !== "accepted" &&
      h(
        "div",
        { class: "buttons" },
        h("button", { onclick: () => retry([each], data, app) }, "Correct and retry"),
        each.status === "held" && h("button", { onclick: () => discard([each], app) }, "Discard"),
      ),
  );
}

/** What it says, in a line, as far as it can be read. @param {string} payload */
function gist(payload) {
  const read = parsed(payload);
  if (read === null || typeof read !== "object" || Array.isArray(read)) return null;
  const words = (value) => (typeof value === "string" && value !== "" ? value : null);
  const items = [read.item, ...(Array.isArray(read.items) ? read.items : [])].map(words).filter(Boolean);
  const [step, container, route, site, at] = [read.step, read.container, read.route, read.site, read.at].map(words);
  const told = [
    step && plain(step),
    items.length > 0 && [" ", h("b", null, said(items.slice(0, 3).join(", "))), items.length > 3 && ` and ${items.length - 3} more`],
    container && [" in ", said(container)],
    route && [" on the route ", said(route)],
    site && [" at ", said(site)],
    at && [", ", Number.isNaN(Date.parse(at)) ? said(at) : time(at)],
  ].filter(Boolean);
  return told.length > 0 && h("p", { class: "gist" }, "It says: ", ...told);
}

function parsed(payload) {
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}

function pretty(payload) {
  const read = parsed(payload);
  return read === null ? payload : JSON.stringify(read, null, 2);
}

function bar(those, data, app) {
  return h(
    "div",
    { class: "bar", role: "region", "aria-label": "Selected entries" },
    h("strong", null, `${counted(those.length, "entry", "entries")} selected`),
    h("button", { onclick: () => retry(those, data, app) }, "Correct and retry"),
    h("button", { onclick: () => discard(those, app) }, "Discard"),
    h("button", { class: "plain", onclick: () => (selected.clear(), app.draw()) }, "Select none"),
  );
}

async function retry(entries, { sites }, app) {
  const zone = ownZone();
  const timed = entries.some((each) => each.reason === "future_time" || each.reason === "too_old");
  const body = [
    h("p", null, "It is judged as if it had come when it came. Leave a field empty to keep what it says."),
    field("Site", h("select", { name: "site" }, h("option", { value: "" }, "as it says"), ...sites.map((each) => h("option", { value: each }, each)))),
    field("Time of the event, your time", h("input", { type: "datetime-local", name: "at", step: 1, value: timed ? fieldValue(Date.parse(entries[0].received_at), zone) : "" })),
    field("Why (optional)", h("input", { name: "why", maxlength: 500 }), "Kept in the audit trail."),
  ];
  const said = await ask(entries.length === 1 ? "Correct and retry" : `Correct and retry ${entries.length} entries`, body, {
    yes: "Retry",
    read: (form) => {
      const at = String(form.get("at")) ? fromField(String(form.get("at")).slice(0, 16), zone) : null;
      const filled = { site: String(form.get("site")) || null, at, why: String(form.get("why")).trim() || null };
      return Object.fromEntries(Object.entries(filled).filter(([, value]) => value !== null));
    },
  });
  if (said === null) return;
  await each(entries, "retry", said, app, (told) => (told.outcome === "refused" ? `refused again: ${told.message}` : null));
}

async function discard(entries, app) {
  const body = [h("p", null, "It is kept for a while, and can still be retried from the discarded ones."), field("Why (optional)", h("input", { name: "why", maxlength: 500 }))];
  const said = await ask(`Discard ${counted(entries.length, "entry", "entries")}?`, body, {
    yes: "Discard",
    read: (form) => (String(form.get("why")).trim() ? { why: String(form.get("why")).trim() } : {}),
  });
  if (said !== null) await each(entries, "discard", said, app, () => null);
}

async function each(entries, what, body, app, wrongOf) {
  const wrong = [];
  for (const entry of entries) {
    try {
      const problem = wrongOf(await send("POST", `/api/v1/quarantine/${encodeURIComponent(entry.id)}/${what}`, body));
      if (problem === null) selected.delete(entry.id);
      else wrong.push(problem);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      wrong.push(problem.message);
    }
  }
  const done = entries.length - wrong.length;
  const verb = what === "retry" ? "accepted" : "discarded";
  tell([done > 0 && `${counted(done, "entry", "entries")} ${verb}.`, ...new Set(wrong)].filter(Boolean).join(" "), wrong.length > 0);
  await app.reload();
}
