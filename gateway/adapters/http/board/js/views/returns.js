/** Returns as a list, by status, route, where they are or are expected, or what is amiss; the filters are in the address. */

import { get, list } from "../api.js";
import { h } from "../dom.js";
import { amiss, choice, named, nothing, table } from "../parts.js";
import { amend, here, link } from "../router.js";
import { ageOf, time } from "../times.js";
import { ALL_KINDS, counted, kindWord, statusWord } from "../words.js";
import { onceMore } from "./sites.js";

const PAGE = 100;
const STATUSES = ["announced", "at_stop", "in_transit", "off_plan", "completed", "cancelled", "unplanned"];

export const view = {
  title: () => "Returns",
  load: async (params, signal) => {
    const query = Object.fromEntries(["status", "route", "site", "expected_at", "kind", "q", "container"].map((name) => [name, params.getAll(name)]));
    const most = Math.min(5_000, Number(params.get("n")) || PAGE);
    const [returns, routes, sites] = await Promise.all([list("/api/v1/returns", query, most, signal), get("/api/v1/routes", {}, signal), get("/api/v1/sites", {}, signal)]);
    return { ...returns, routes: routes.items, sites: sites.items };
  },
  render: (data, app) => {
    again = () => here().path === "/returns" && app.reload();
    return shown(data);
  },
  hears: (frame) => {
    if (frame.event === "journeys") onceMore(() => again());
    return frame.event === "journeys";
  },
};

let again = () => {};

function shown(data) {
  const { params } = here();
  const pick = (label, name, options) => choice(label, [["", "any"], ...options], params.get(name) ?? "", (value) => amend({ [name]: value, n: null }));
  return h(
    "div",
    null,
    h("div", { class: "head" }, h("h1", null, "Returns"), h("p", { class: "soft" }, data.more ? `The first ${counted(data.items.length, "return")}` : counted(data.items.length, "return"))),
    h(
      "div",
      { class: "filters", role: "group", "aria-label": "Filters" },
      pick("Status", "status", STATUSES.map((each) => [each, statusWord(each)])),
      pick("Route", "route", data.routes.map((each) => [each.id, each.id])),
      pick("At site", "site", data.sites.map((each) => [each.id, each.id])),
      pick("Expected at", "expected_at", data.sites.map((each) => [each.id, each.id])),
      pick("Amiss", "kind", ALL_KINDS.slice(0, 11).map((each) => [each, kindWord(each)])),
      [...params.keys()].length > 0 && link("/returns", { class: "button" }, "Clear"),
    ),
    h("section", { class: "card", "aria-label": "Returns" }, data.items.length === 0 ? nothing("No return matches.") : rows(data)),
  );
}

function rows({ items, more }) {
  const cells = (each) => [
    [named("return", each.id), each.container && h("small", { class: "soft block" }, "in ", named("container", each.container))],
    statusWord(each.status),
    each.site ? [named("site", each.site), h("small", { class: "soft block" }, "since ", ageOf(each.since, each.site), each.leave_by && [", to leave by ", time(each.leave_by, each.site)])] : "–",
    each.route ?? "–",
    amiss(each.deviations, kindWord),
  ];
  return [
    table("Returns, by id", ["Return", "Status", "At", "Route", "Amiss"], items.map((each) => ({ key: each.id, cells: cells(each) }))),
    more && h("p", null, h("button", { onclick: () => amend({ n: items.length + PAGE }) }, "Show more")),
  ];
}
