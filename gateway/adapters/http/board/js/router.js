/**
 * Addresses: which view is shown and with what. A view's filters, what is chosen in it, whose journey it is: all of it is
 * in the address, so that it can be kept, sent to a colleague and come back to.
 */

import { queryOf } from "./api.js";
import { h } from "./dom.js";

/** @type {() => void} */
let moved = () => {};

/** Where we are. @returns {{path: string, params: URLSearchParams}} */
export function here() {
  return { path: location.pathname, params: new URLSearchParams(location.search) };
}

/** An address. @param {string} path @param {Object<string, any>} [params] */
export function to(path, params) {
  return path + queryOf(params);
}

/** Goes to an address of the board. @param {string} address @param {boolean} [instead] without a step back to here */
export function go(address, instead = false) {
  if (address === location.pathname + location.search) return;
  history[instead ? "replaceState" : "pushState"](null, "", address);
  moved();
}

/** What is asked for is elsewhere: the address was changed to there, and there is nothing to show here. */
export class SentOn extends Error {}

/** Goes elsewhere instead of here. @param {string} address @returns {never} */
export function sendOn(address) {
  go(address, true);
  throw new SentOn(address);
}

/** What is chosen in a list, and how much of the list: going back is not to go through all that was looked at. */
const IN_PASSING = new Set(["alert", "n"]);

/** Changes some of the parameters of this address. Another filter can be gone back from. @param {Object<string, any>} change */
export function amend(change) {
  const { path, params } = here();
  const all = {};
  for (const name of new Set(params.keys())) all[name] = params.getAll(name);
  go(to(path, { ...all, ...change }), Object.keys(change).every((name) => IN_PASSING.has(name)));
}

/** A link within the board. @param {string} address @param {Object<string, any>|null} props @param {...any} children */
export function link(address, props, ...children) {
  return h("a", { href: address, ...props }, ...children);
}

/** Follows links and steps back without loading the page anew. @param {() => void} onMove */
export function follow(onMove) {
  moved = onMove;
  addEventListener("popstate", () => moved());
  document.addEventListener("click", (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const anchor = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!plain || event.defaultPrevented || !(anchor instanceof HTMLAnchorElement) || anchor.target) return;
    if (anchor.origin !== location.origin || anchor.hash || anchor.pathname.startsWith("/api/")) return;
    event.preventDefault();
    go(anchor.pathname + anchor.search);
  });
}
