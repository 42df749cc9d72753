/** Finds what an id or a barcode names, and goes there; where several begin so, they are listed. */

import { Problem, get } from "../api.js";
import { h } from "../dom.js";
import { addressOf, named, nothing, said } from "../parts.js";
import { link, sendOn, to } from "../router.js";
import { statusWord } from "../words.js";

const MOST = 50;
const ALERT = /^[0-9A-HJKMNP-TV-Z]{26}$/i;

export const view = {
  whole: ["q"],
  title: (params) => `Search: ${params.get("q") ?? ""}`,
  load: async (params, signal) => {
    const q = (params.get("q") ?? "").trim();
    meant = null;
    const address = q && ((await exactly(q, signal)) ?? (await inCapitals(q, signal)));
    if (address) sendOn(address);
    const [returns, containers, near] = await Promise.all([
      begins("/api/v1/returns", q, signal),
      begins("/api/v1/containers", q, signal),
      elsewhere(q, signal),
    ]);
    return { q, found: [...containers.items, ...returns.items], more: containers.more || returns.more, near, meant };
  },
  render,
  hears: () => false,
};

/** What the gateway thinks was meant, where it said so. */
let meant = null;

async function tried(path, query, signal) {
  try {
    return await get(path, query, signal);
  } catch (problem) {
    if (!(problem instanceof Problem) || ![403, 404, 422].includes(problem.status)) throw problem;
    meant = /did you mean (.+)\?$/.exec(problem.message)?.[1] ?? meant;
    return null;
  }
}

/** Whoever types an id leaves its capitals out. */
const inCapitals = (q, signal) => (q === q.toUpperCase() ? null : exactly(q.toUpperCase(), signal));

/** The address of the one thing that is called so. */
async function exactly(q, signal) {
  const [returned, container, alert] = await Promise.all([
    tried("/api/v1/return", { id: q }, signal),
    tried("/api/v1/container", { id: q }, signal),
    ALERT.test(q) ? tried(`/api/v1/alerts/${q}`, {}, signal) : null,
  ]);
  if (returned) return addressOf("return", returned.id);
  if (container) return addressOf("container", container.id);
  if (alert) return to("/alerts", { alert: alert.id, state: alert.state === "resolved" ? "resolved" : null });
  const [sites, devices] = await Promise.all([tried("/api/v1/sites", {}, signal), tried("/api/v1/devices", { limit: 500 }, signal)]);
  const same = (each) => each.id.toLowerCase() === q.toLowerCase() || each.gln === q;
  const site = sites?.items.find(same);
  if (site) return addressOf("site", site.id);
  const device = devices?.items.find(same);
  return device ? addressOf("device", device.id) : null;
}

async function begins(path, q, signal) {
  const page = q ? await tried(path, { q, limit: MOST }, signal) : null;
  return { items: page?.items ?? [], more: Boolean(page?.next) };
}

/** Sites and devices with these letters in them. */
async function elsewhere(q, signal) {
  const like = q.toLowerCase();
  const [sites, devices] = await Promise.all([tried("/api/v1/sites", {}, signal), tried("/api/v1/devices", { limit: 500 }, signal)]);
  const has = (each) => `${each.id} ${each.name ?? ""}`.toLowerCase().includes(like);
  return [
    ...(sites?.items ?? []).filter(has).map((each) => ({ kind: "site", id: each.id, note: each.name })),
    ...(devices?.items ?? []).filter(has).map((each) => ({ kind: "device", id: each.id, note: each.kind })),
  ].slice(0, MOST);
}

function render({ q, found, more, near, meant: other }) {
  const all = [...found.map((each) => ({ kind: each.kind, id: each.id, note: statusWord(each.status) })), ...near];
  return h(
    "div",
    null,
    h("h1", null, "Search: ", said(q.replaceAll("\u001d", "␝"))),
    h(
      "section",
      { class: "card", "aria-label": "Found" },
      all.length === 0
        ? nothing(other && ["Did you mean ", link(to("/search", { q: other }), null, said(other)), "? "], "Nothing is known that is called so, or begins so. Ids are matched from their beginning, letter case counts.")
        : h("ul", { class: "plain-list" }, ...all.map((each) => h("li", { key: `${each.kind} ${each.id}` }, named(each.kind, each.id), " ", h("span", { class: "soft" }, `${each.kind}, ${each.note}`)))),
      more && nothing("More begin so: type more of the id."),
    ),
  );
}
