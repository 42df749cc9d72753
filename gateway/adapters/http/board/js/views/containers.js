/** Containers: where each is, on a map and in a list, and what is amiss with it. */

import { get, list } from "../api.js";
import { h } from "../dom.js";
import { amiss, choice, named, nothing, table } from "../parts.js";
import { amend, here } from "../router.js";
import { ageOf } from "../times.js";
import { kindWord, rank, statusWord } from "../words.js";
import { drawnMap } from "./map.js";

const MOST = 500;

export const view = {
  title: () => "Containers",
  load: async (params, signal) => {
    const query = { route: params.get("route"), site: params.get("site"), status: params.getAll("status"), kind: params.getAll("kind") };
    const [containers, sites] = await Promise.all([list("/api/v1/containers", query, MOST, signal), get("/api/v1/sites", {}, signal)]);
    return { ...containers, sites: sites.items };
  },
  render,
  hears: (frame) => frame.event === "positions" || (frame.event === "journeys" && frame.data.items.some((each) => each.kind === "container")),
};

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
        choice("Show", [["", `all ${all.length}`], ["amiss", `amiss: ${all.filter((each) => each.severity).length}`]], only ? "amiss" : "", (value) => amend({ show: value })),
      ),
    ),
    h(
      "div",
      { class: "columns map-first" },
      h("section", { class: "card flush", "aria-label": "Map" }, drawnMap("all containers", { sites: data.sites, marks })),
      h("section", { class: "card", "aria-label": "List" }, items.length === 0 ? nothing("No container is known yet.") : rows(items, data.more)),
    ),
  );
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

function where(each) {
  const spot = each.position && h("small", { class: "soft block" }, "fix ", ageOf(each.position.at, each.site));
  const inside = each.container && h("small", { class: "soft block" }, "in ", named("container", each.container));
  return [each.site ? named("site", each.site) : statusWord(each.status), inside, spot];
}
