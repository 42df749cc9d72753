/**
 * Talks to the gateway's API: JSON there and back, problem documents as errors with words for people, the session's
 * token on what changes something. Knows no view.
 */

import { heard } from "./clock.js";
import { learnZones } from "./times.js";

/** An answer that is no success; `message` says to people what to do. */
export class Problem extends Error {
  /** @param {number} status 0 where there was no answer @param {string} message @param {any} [document] */
  constructor(status, message, document) {
    super(message);
    this.status = status;
    this.errors = document?.errors ?? [];
  }
}

/** @type {{name: string, role: string, source: string|null, csrf: string|null}|null} */
let session = null;
/** @type {() => void} */
let ended = () => {};

/** Who works here, or null. */
export function who() {
  return session;
}

/** Whether who works here may act on alerts and quarantine. */
export function mayAct() {
  return session !== null && (session.role === "operator" || session.role === "admin");
}

/** Calls this once an answer says that the session is no more. @param {() => void} then */
export function whenEnded(then) {
  ended = then;
}

/** Asks who works here. @returns {Promise<boolean>} whether there is a session */
export async function resume() {
  try {
    session = await get("/api/v1/session");
    return true;
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 401) return false;
    throw problem;
  }
}

/** Begins a session. @param {string} token */
export async function logIn(token) {
  session = await send("POST", "/api/v1/session", { token });
}

/** Ends the session. */
export async function logOut() {
  await send("DELETE", "/api/v1/session");
  session = null;
}

/**
 * Reads.
 * @param {string} path
 * @param {Object<string, any>} [query] what is null or empty is left out; of a list each
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(path, query, signal) {
  return answered(path + queryOf(query), { signal });
}

/**
 * Acts. A repetition within the same call is done once.
 * @param {string} method
 * @param {string} path
 * @param {any} [body]
 */
export async function send(method, path, body) {
  const headers = { "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
  if (session?.csrf) headers["X-CSRF-Token"] = session.csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return answered(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

/**
 * What was asked for, or nothing where who works here may not see it.
 * @template T
 * @param {Promise<T>} asking
 * @returns {Promise<T|null>}
 */
export async function ifAllowed(asking) {
  try {
    return await asking;
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 403) return null;
    throw problem;
  }
}

/**
 * Reads a list, page by page, up to so many; with what its pages say besides, such as `total`.
 * @param {string} path
 * @param {Object<string, any>} query
 * @param {number} most
 * @param {AbortSignal} [signal]
 * @returns {Promise<{items: any[], more: boolean, total?: number|null}>}
 */
export async function list(path, query, most, signal) {
  const items = [];
  let page = null;
  do {
    page = await get(path, { ...query, limit: Math.min(500, most - items.length), cursor: page?.next }, signal);
    items.push(...page.items);
  } while (page.next && items.length < most);
  return { ...page, items, more: page.next !== null };
}

/** @param {Object<string, any>|undefined} query */
export function queryOf(query) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null && each !== undefined && each !== "") said.append(name, String(each));
    }
  }
  const text = said.toString();
  return text && `?${text}`;
}

async function answered(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "The gateway cannot be reached. Check the network; this tries again by itself.");
  }
  heard(response.headers.get("Gateway-Time"));
  if (response.status === 204) return null;
  const told = await response.json().catch(() => null);
  if (response.ok && told !== null) {
    learnZones(told.zones);
    return told;
  }
  const over = response.status === 401 && session !== null;
  if (over) {
    session = null;
    ended();
  }
  throw new Problem(response.status, over ? "The session has ended: log in again." : (told?.detail ?? `The gateway answered ${response.status}.`), told);
}
