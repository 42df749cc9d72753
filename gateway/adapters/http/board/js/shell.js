/** What surrounds every view: where one can go, the search, whether what is seen is live, and the viewer's choices. */

import { mayAct, who } from "./api.js";
import { tell } from "./dialogs.js";
import { h } from "./dom.js";
import { isFnc1 } from "./keys.js";
import { link } from "./router.js";
import { instant, keep, kept, ownZone, shownZone, showZone } from "./times.js";

const PLACES = [
  ["/alerts", "Alerts", ["/alerts"]],
  ["/returns", "Returns", ["/returns", "/return", "/search"]],
  ["/containers", "Containers", ["/containers", "/container"]],
  ["/sites", "Sites", ["/sites"]],
  ["/quarantine", "Quarantine", ["/quarantine"]],
  ["/devices", "Devices", ["/devices"]],
];
/** What only those who may act may see. */
const FOR_ACTING = new Set(["/quarantine"]);
const THEME = "returns.theme";

/** Takes up the look that was chosen before. */
export function dress() {
  const theme = kept(THEME);
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

/**
 * The page around a view.
 * @param {{path: string, condition: string, cutSince: number|null, news: number}} state
 * @param {{search: (text: string) => void, redraw: () => void, help: () => void, leave: () => void}} does
 * @param {any} view
 */
export function shell(state, does, view) {
  return [
    h("a", { class: "skip", href: "#main" }, "Skip to the content"),
    h(
      "header",
      { class: "top" },
      link("/alerts", { class: "brand", "aria-label": "Returns Gateway, to the alerts" }, logo(), h("span", null, "Returns Gateway")),
      h("nav", { "aria-label": "Views" }, h("ul", null, ...places().map((place) => h("li", { key: place[0] }, entry(place, state))))),
      search(does),
      h("div", { class: "right" }, live(state), menu(does)),
    ),
    cut(state),
    h("main", { id: "main", key: "main", tabindex: -1 }, view),
    h("p", { id: "told", key: "told", role: "status", own: true }),
  ];
}

function logo() {
  return h(
    "svg",
    { viewBox: "0 0 32 32", "aria-hidden": "true", class: "logo" },
    h("rect", { width: 32, height: 32, rx: 7 }),
    h("path", { d: "M23 21v-3a6 6 0 0 0-6-6H9m4-5-5 5 5 5" }),
  );
}

function places() {
  return PLACES.filter(([address]) => mayAct() || !FOR_ACTING.has(address));
}

function entry([address, name, paths], state) {
  const current = paths.includes(state.path);
  const news = name === "Alerts" && !current && state.news > 0;
  return link(
    address,
    { "aria-current": current ? "page" : null },
    name,
    news && h("span", { class: "news" }, `${state.news} new`),
  );
}

function search(does) {
  return h(
    "form",
    {
      class: "search",
      role: "search",
      onsubmit: (event) => {
        event.preventDefault();
        const field = event.target.elements.q;
        const text = field.value.trim();
        if (!text) return;
        field.value = "";
        field.blur();
        does.search(text);
      },
    },
    h("label", { class: "unseen", for: "q" }, "Search an id, or scan a barcode"),
    h("input", {
      id: "q",
      name: "q",
      type: "search",
      placeholder: "Find an id, or scan it",
      title: "Press / to come here from anywhere",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      maxlength: 2000,
      onkeydown: (event) => {
        if (isFnc1(event)) {
          event.preventDefault();
          event.target.value += "\u001d";
        } else if (event.key === "Escape") event.target.blur();
      },
    }),
    h("kbd", { "aria-hidden": "true" }, "/"),
  );
}

const LIVE = { live: "Live", joining: "Joining…", cut: "Not live", refused: "Not live" };
const LIVE_MEANS = {
  live: "What you see changes as it happens",
  refused: "You may not follow what changes: what you see is read again three times a minute",
};

function live(state) {
  const title = LIVE_MEANS[state.condition] ?? "What you see may be old; joining again";
  return h("span", { class: `live ${state.condition}`, role: "status", title }, h("i", { "aria-hidden": "true" }), LIVE[state.condition] ?? "");
}

function cut(state) {
  if (state.condition !== "cut" || state.cutSince === null) return null;
  const at = new Date(state.cutSince).toISOString();
  return h("p", { class: "cut", key: "cut", role: "alert" }, `The line to the gateway is cut since ${instant(at)} by your clock: what you see may be old. Joining again…`);
}

function menu(does) {
  const me = who();
  const chosen = kept(THEME) ?? "auto";
  const theme = (value) => {
    keep(THEME, value);
    dress();
    does.redraw();
  };
  const zone = (value) => {
    showZone(value);
    does.redraw();
    tell(value === "site" ? "Times are those of each site." : "Times are yours.");
  };
  return h(
    "details",
    { class: "menu" },
    h("summary", null, me ? me.name : "Choices"),
    h(
      "div",
      null,
      options("Times", "zone", [["mine", `Mine (${ownZone()})`], ["site", "Each site's"]], shownZone(), zone),
      options("Look", "theme", [["auto", "As the system"], ["light", "Light"], ["dark", "Dark"]], chosen, theme),
      h("div", { class: "buttons" }, h("button", { onclick: does.help }, "Keys"), me?.csrf && h("button", { onclick: does.leave }, "Log out")),
      me && h("p", { class: "soft" }, `You are ${me.name}, ${me.role}.`),
    ),
  );
}

function options(legend, name, choices, chosen, onChoose) {
  return h(
    "fieldset",
    null,
    h("legend", null, legend),
    ...choices.map(([value, text]) =>
      h("label", { class: "option" }, h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onChoose(value) }), text),
    ),
  );
}
