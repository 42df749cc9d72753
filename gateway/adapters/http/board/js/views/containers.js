/** Containers: where each is, on a map and in a list, and what is amiss with it. */

import { get, list } from "../api.js";
import { h } from "../dom.js";
import { amiss, choice, named, nothing, table } from "../parts.js";
import { amend, here } from "../router.js";
import { ageOf } from "../times.js";
import { ALL_KINDS, kindWord, rank, statusWord } from "../words.js";
import { drawnMap } from "./map.js";

const CONTAINERS = "/api/v1/containers";
const MOST = 500;

export const view = {
  title: () => "Containers",
  load: async (params, signal) => {
    const query = { route: params.get("route"), site: params.get("site"), status: params.getAll("status"), kind: params.getAll("kind") };
    const [all, sites] = await Promise.all([list(CONTAINERS, query, MOST, signal), get("/api/v1/sites", {}, signal)]);
    return { ...(await withTheWorst(all, query, signal)), sites: sites.items };
  },
  render,
  hears: (frame) => frame.event === "positions" || (frame.event === "journeys" && frame.data.items.some((each) => each.kind === "container")),
};

/** The list is by id: where it is longer than what is shown, what is amiss is asked for by itself, for it must not be missed. */
async function withTheWorst(all, query, signal) {
  if (!all.more || query.kind.length > 0) return { ...all, amiss: all.more };
  const amissOnes = await list(CONTAINERS, { ...query, kind: ALL_KINDS }, MOST, signal);
  const known = new Set(amissOnes.items.map((each) => each.id));
  return { items: [...amissOnes.items, ...all.items.filter((each) => !known.has(each.id))], more: true, amiss: amissOnes.more };
}

function render(data) {
  const { params } = here();
  const only = params.get("show") === "amiss";
  const all = [...data.items].sort((a, b) => rank(a.severity) - rank(b.severity) || (a.id < b.id ? -1 : 1));
  const items = only ? all.filter((each) => each.severity !== null) : all;
  const marks = items.filter((each) => each.position).map((each) => ({ id: each.id, ...each.position, severity: each.severity }));
  return h(
    "div",
    { class: "containers" },
    h(
      "div",
      { class: "head" },
      h("h1", null, "Containers"),
      h(
        "div",
        { class: "filters" },
        choice("Show", shown(all, data), only ? "amiss" : "", (value) => amend({ show: value })),
      ),
    ),
    h(
      "div",
      { class: "columns map-first" },
      h("section", { class: "card flush", "aria-label": "Map" }, drawnMap("all containers", { sites: data.sites, marks })),
      h("section", { class: "card", "aria-label": "List" }, items.length === 0 ? nothing(only ? "Nothing is amiss with any container." : "No container is known yet.") : rows(items, only ? data.amiss : data.more)),
    ),
  );
}

/** What may be chosen to be shown, with how many that is. @returns {[string, string][]} */
function shown(all, { more, amiss }) {
  const worst = all.filter((each) => each.severity !== null).length;
  return [["", more ? `the first ${all.length}` : `all ${all.length}`], ["amiss", `amiss: ${worst}${amiss ? " or more" : ""}`]];
}

function rows(items, more) {
  const heads = ["Container", "Where", "Inside", "Amiss"];
  return [
    table(
      "Containers, the worst first",
      heads,
      items.map((each) => ({
        key: each.id,
        cells: [
          [named("container", each.id), each.type && h("small", { class: "soft" }, ` ${each.type}`)],
          where(each),
          each.items > 0 ? String(each.items) : "–",
          amiss(each.deviations, kindWord),
        ],
      })),
    ),
    more && nothing(`Only the first ${items.length} are shown; search for others by their id.`),
  ];
}

/** Where it was last seen, and its last fix as on the map, which may be far from there. */
function where({ site, container, position, status }) {
  const small = (...said) => h("small", { class: "soft block" }, ...said);
  const fix = position && [small(`fix at ${position.lat.toFixed(2)}, ${position.lon.toFixed(2)}`), small(ageOf(position.at, site))];
  const inside = container && small("in ", named("container", container));
  return [site ? named("site", site) : statusWord(status), inside, fix];
}
