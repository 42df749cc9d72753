/** The board: begins the session, shows the view of the address, and keeps it up to date with the stream. */

import { Problem, logOut, resume, whenEnded } from "./api.js";
import { isFast } from "./clock.js";
import { help, tell } from "./dialogs.js";
import { draw, h } from "./dom.js";
import { listen } from "./keys.js";
import { failed, visible } from "./parts.js";
import { SentOn, follow, go, here, to } from "./router.js";
import { dress, shell } from "./shell.js";
import { Stream } from "./stream.js";
import { view as alerts } from "./views/alerts.js";
import { login } from "./views/login.js";

const VIEWS = {
  "/alerts": async () => alerts,
  "/returns": async () => (await import("./views/returns.js")).view,
  "/return": async () => (await import("./views/goods.js")).oneReturn,
  "/container": async () => (await import("./views/goods.js")).oneContainer,
  "/containers": async () => (await import("./views/containers.js")).view,
  "/sites": async () => (await import("./views/sites.js")).view,
  "/quarantine": async () => (await import("./views/quarantine.js")).view,
  "/devices": async () => (await import("./views/devices.js")).view,
  "/search": async () => (await import("./views/search.js")).view,
};
/** Changes that come close together are loaded together; a view that is dear to load, less often. */
const TOGETHER_MS = 700;
const REST = 3;
const AGES_MS = 20_000;
const AGES_FAST_MS = 3_000;
const AWAY = "The gateway cannot be reached. Check the network; this tries again by itself.";
/** Answers that would be the same a moment later. */
const FOR_GOOD = new Set([403, 404, 422]);
const OVER = "The session has ended. Log in again to go on where you were; what you did last may not have been done.";
const KEYS = [
  ["j k", "next and previous alert"],
  ["o", "open it beside the list"],
  ["x", "select it, for several at once"],
  ["a", "acknowledge"],
  ["s", "snooze"],
  ["r", "resolve"],
  ["c", "comment"],
  ["/", "search"],
  ["?", "this"],
  ["Esc", "close, or leave the search"],
];

const root = /** @type {HTMLElement} */ (document.getElementById("board"));
const state = { path: "", condition: "joining", cutSince: null, news: 0, loggedIn: false };
/** @type {{view: any, data: any, problem: Error|null, at: URLSearchParams|null, loading: AbortController|null, soon: number, took: number}} */
const shown = { view: null, data: null, problem: null, at: null, loading: null, soon: 0, took: 0 };

const does = {
  search: (text) => go(to("/search", { q: text })),
  redraw: () => redraw(),
  help: () => help(KEYS),
  leave: async () => {
    try {
      await logOut();
      ask();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      tell(`You are still logged in. ${problem.message}`, true);
    }
  },
};
const app = {
  get params() {
    return here().params;
  },
  draw: () => redraw(),
  reload: () => load(),
};

function redraw() {
  if (!state.loggedIn) return;
  draw(root, shell(state, does, content()));
}

function content() {
  if (shown.problem !== null && shown.data === null) return failed(titled(), shown.problem, () => load());
  if (shown.data === null) return h("p", { class: "nothing", role: "status" }, "Loading…");
  return [
    shown.problem !== null && h("p", { class: "stale", key: "stale", role: "alert" }, `What you see may be old. ${shown.problem.message}`),
    shown.view.render(shown.data, app),
  ];
}

const titled = () => shown.view?.title(here().params, shown.data) ?? "Not loaded";

/** Which view is asked for: with no other, what needs somebody. */
function asked() {
  const { path } = here();
  return path in VIEWS ? path : "/alerts";
}

/** A view; null where its file cannot be had, for the gateway is away. @param {string} path */
async function found(path) {
  try {
    return await VIEWS[path]();
  } catch {
    return null;
  }
}

/** Shows the view of the address; with another view begins at its heading. */
async function move() {
  const path = asked();
  const { params } = here();
  const other = shown.view === null || path !== state.path || (shown.view?.whole ?? []).some((name) => params.get(name) !== shown.at?.get(name));
  const moved = state.path !== "";
  state.path = path;
  if (other) {
    const view = await found(path);
    if (asked() !== path) return;
    shown.view = view;
    shown.data = null;
    shown.problem = view === null ? new Problem(0, AWAY) : null;
    if (view === alerts) state.news = 0;
    view?.enter?.();
  }
  shown.at = params;
  if (!other || shown.view === null) redraw();
  if (shown.view !== null) await load();
  if (other) bringIntoSight();
  if (other && moved) {
    scrollTo(0, 0);
    const heading = root.querySelector("main h1");
    heading?.setAttribute("tabindex", "-1");
    if (document.activeElement === document.body) heading?.focus({ preventScroll: true });
  }
}

/** On a narrow screen the views' names are scrolled; the current one is to be seen. */
function bringIntoSight() {
  const current = root.querySelector("nav [aria-current]");
  const bar = current?.closest("nav");
  if (current instanceof HTMLElement && bar) bar.scrollLeft = current.offsetLeft - bar.offsetLeft - 40;
}

async function load() {
  clearTimeout(shown.soon);
  shown.soon = 0;
  shown.loading?.abort();
  if (shown.view === null) {
    await move();
    return;
  }
  const loading = new AbortController();
  shown.loading = loading;
  const view = shown.view;
  if (shown.data === null) redraw();
  const begun = performance.now();
  try {
    const data = await view.load(here().params, loading.signal, shown.data);
    if (shown.loading !== loading) return;
    shown.data = data;
    shown.problem = null;
    shown.took = performance.now() - begun;
  } catch (problem) {
    if (shown.loading !== loading || problem instanceof SentOn) return;
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) return;
    shown.problem = problem;
  } finally {
    if (shown.loading === loading) shown.loading = null;
  }
  document.title = `${visible(titled())} – Returns Gateway`;
  redraw();
}

function loadSoon() {
  if (shown.soon !== 0) return;
  shown.soon = setTimeout(() => {
    shown.soon = 0;
    if (shown.loading === null) load();
    else loadSoon();
  }, Math.max(TOGETHER_MS, REST * shown.took));
}

const stream = new Stream(
  (frame) => {
    if (frame.event === "hello") return;
    if (frame.event === "alert" && frame.data.transition === "opened" && shown.view !== alerts) {
      state.news += 1;
      redraw();
    }
    if (frame.event === "reset" || shown.view?.hears?.(frame, shown.data)) loadSoon();
  },
  (condition, at) => {
    if (condition === state.condition) return;
    const back = condition === "live" && state.cutSince !== null;
    state.condition = condition;
    state.cutSince = condition === "live" ? null : at;
    redraw();
    if (back) loadSoon();
  },
  (status) => {
    if (status === 401) ask(OVER);
    else state.condition = "refused";
    redraw();
  },
);

/** Asks for a token; the address stays, and what it shows comes back with who logs in. @param {string} [why] */
function ask(why = "") {
  stream.close();
  state.loggedIn = false;
  draw(root, login(begin, why));
  document.title = "Log in – Returns Gateway";
  root.querySelector("input")?.focus();
}

async function begin() {
  Object.assign(state, { loggedIn: true, path: "", condition: "joining", cutSince: null });
  const moving = move();
  stream.open();
  await moving;
  await fetchAll();
}

/** The other views' files, while the gateway is there: who is at work must get at them when it is not. */
async function fetchAll() {
  for (const path of Object.keys(VIEWS)) if ((await found(path)) === null) return;
}

function key(pressed) {
  if (!state.loggedIn) return false;
  if (pressed === "/") {
    document.getElementById("q")?.focus();
    return true;
  }
  if (pressed === "?") {
    help(KEYS);
    return true;
  }
  return shown.view?.keys?.(pressed, shown.data, app) ?? false;
}

/** The viewer's choices fold up when something else is looked at. @param {Event} event */
function foldMenu(event) {
  const menu = document.querySelector("details.menu[open]");
  const within = event.target instanceof Node && menu?.contains(event.target);
  if (menu instanceof HTMLDetailsElement && (event.type === "keydown" ? event.key === "Escape" : !within)) menu.open = false;
}

/** A session may end while nobody asks for anything: whoever looks at old news must know that. */
async function stillIn() {
  try {
    await resume();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
  }
}

function tick() {
  if (state.loggedIn) stillIn();
  const passes = shown.problem !== null && !FOR_GOOD.has(shown.problem.status);
  if (state.loggedIn && (passes || shown.view?.polled || state.condition === "refused") && shown.loading === null && shown.soon === 0) load();
  else redraw();
  setTimeout(tick, isFast() ? AGES_FAST_MS : AGES_MS);
}

function prepare() {
  dress();
  follow(() => move());
  document.addEventListener("click", foldMenu);
  document.addEventListener("keydown", foldMenu);
  listen("joxasrck/?", key, does.search);
  whenEnded(() => ask(OVER));
  setTimeout(tick, AGES_MS);
}

async function start() {
  try {
    if (await resume()) await begin();
    else ask();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    draw(root, h("main", null, failed("Returns Gateway", problem, start)));
  }
}

prepare();
start();
