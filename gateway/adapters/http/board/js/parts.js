/** The small things that all views show: ids, severities, links to what is named, notes, tables, empty states. */

import { h } from "./dom.js";
import { link, to } from "./router.js";
import { ageOf } from "./times.js";
import { capital } from "./words.js";

const MARKS = { critical: "M8 1 15 14H1z", major: "M8 1 15 8 8 15 1 8z", warning: "M2 2h12v12H2z", minor: "M8 2a6 6 0 1 0 .01 0z" };

const UNSEEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Text whose unseen characters, which could turn its direction or hide in it, are seen. @param {string} text */
export function visible(text) {
  return String(text).replace(UNSEEN, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What a device or a person wrote: text, kept apart from ours whatever its direction. @param {string} text */
export function said(text) {
  return h("bdi", null, visible(text));
}

/** How bad: a shape, a colour and a word. @param {string} severity */
export function severity(severity) {
  return h("span", { class: `severity ${severity}` }, mark(severity), capital(severity));
}

/** Its shape alone. @param {string} severity */
export function mark(severity) {
  return h("svg", { class: "mark", viewBox: "0 0 16 16", "aria-hidden": "true" }, h("path", { d: MARKS[severity] ?? MARKS.minor }));
}

/** A word in a frame. @param {string} text @param {string} [tone] */
export function tag(text, tone = "") {
  return h("span", { class: `tag ${tone}` }, text);
}

/** The address of what an alert is about, or of what is named somewhere. @param {string} kind @param {string} id */
export function addressOf(kind, id) {
  if (kind === "site") return to("/sites", { site: id });
  if (kind === "device") return to("/devices", { device: id });
  return to(kind === "container" ? "/container" : "/return", { id });
}

/** A link to a return, container, site or device. @param {string} kind @param {string} id @param {Object} [props] */
export function named(kind, id, props) {
  return link(addressOf(kind, id), { class: "named", ...props }, said(id));
}

/** Links to sites, with `or` between them. @param {string[]} ids */
export function sites(ids) {
  return ids.map((id, index) => [index > 0 && " or ", named("site", id)]);
}

/** A section with a heading. @param {string} title @param {any} [beside] @param {...any} children */
export function card(title, beside, ...children) {
  return h("section", { class: "card" }, h("header", null, h("h2", null, title), beside), ...children);
}

/** Something that stands where nothing is. @param {...any} children */
export function nothing(...children) {
  return h("p", { class: "nothing" }, ...children);
}

/** A table. @param {string} caption @param {any[]} heads @param {any[]} rows of cells, or of {key, class, cells} */
export function table(caption, heads, rows) {
  const body = rows.map((row) => {
    const { cells, ...props } = Array.isArray(row) ? { cells: row } : row;
    return h("tr", props, ...cells.map((cell, index) => h("td", { "data-head": headText(heads[index]) }, h("div", null, cell))));
  });
  return h(
    "div",
    { class: "wide", role: "group", "aria-label": caption },
    h(
      "table",
      null,
      h("caption", { class: "unseen" }, caption),
      h("thead", null, h("tr", null, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", null, ...body),
    ),
  );
}

const headText = (head) => (typeof head === "string" ? head : "");

/** What is amiss, in short. @param {any[]} deviations @param {(kind: string) => string} word */
export function amiss(deviations, word) {
  if (deviations.length === 0) return h("span", { class: "soft" }, "as planned");
  return h(
    "ul",
    { class: "inline" },
    ...deviations.map((each) =>
      h("li", null, h("span", { class: `severity ${each.severity}` }, mark(each.severity), word(each.kind)), " ", h("span", { class: "soft" }, ageOf(each.since, each.site))),
    ),
  );
}

/** A choice among few. @param {string} label @param {[string, string][]} options @param {string} chosen @param {(value: string) => void} onChoose */
export function choice(label, options, chosen, onChoose) {
  return h(
    "label",
    { class: "field" },
    h("span", { "aria-hidden": "true" }, label),
    h(
      "select",
      { "aria-label": label, onchange: (event) => onChoose(event.target.value) },
      ...options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
    ),
  );
}

/**
 * What is said instead of a view that could not be had; who may not see it need not try again.
 * @param {string} title @param {{message: string, status?: number}} problem @param {() => void} again
 */
export function failed(title, problem, again) {
  return h(
    "div",
    { class: "trouble" },
    h("h1", null, said(title)),
    h("div", { class: "card", role: "alert" }, h("p", null, said(capital(problem.message))), problem.status !== 403 && h("button", { onclick: again }, "Try again")),
  );
}
