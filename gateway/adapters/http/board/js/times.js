/**
 * Instants and lengths of time in words. Instants are shown in the viewer's time zone or in that of the site that they
 * are about; which one is the viewer's choice, kept in this browser.
 */

import { now } from "./clock.js";
import { h } from "./dom.js";

const KEPT_AS = "returns.zone";
const own = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
/** @type {Map<string, string>} */
const zones = new Map();
const formats = new Map();

/** @type {"mine"|"site"} */
let shown = kept(KEPT_AS) === "site" ? "site" : "mine";

/** What this browser keeps under a name, if it keeps anything. @param {string} name @returns {string|null} */
export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keeps something in this browser, where it may. @param {string} name @param {string} value */
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    /* a browser that keeps nothing asks again next time */
  }
}

/** Learns in which zones sites are. @param {Object<string, string>|undefined} told */
export function learnZones(told) {
  for (const [site, zone] of Object.entries(told ?? {})) zones.set(site, zone);
}

/** @returns {"mine"|"site"} whose times are shown */
export function shownZone() {
  return shown;
}

/** @returns {string} the viewer's own zone */
export function ownZone() {
  return own;
}

/** @param {"mine"|"site"} which */
export function showZone(which) {
  shown = which;
  keep(KEPT_AS, which);
}

/** @param {string|null|undefined} site @returns {string} the zone in which times about a site are shown */
export function zoneFor(site) {
  return (shown === "site" && site && zones.get(site)) || own;
}

function format(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options }));
  }
  return formats.get(key);
}

const CLOCK = { hour: "2-digit", minute: "2-digit" };
const DAY = { weekday: "short", day: "numeric", month: "short" };
const WHOLE = { ...DAY, year: "numeric", ...CLOCK, second: "2-digit", timeZoneName: "short" };

/**
 * An instant in words: the clock alone where it is today.
 * @param {string} at RFC 3339
 * @param {string|null} [site] that it is about
 */
export function instant(at, site) {
  const zone = zoneFor(site);
  const date = new Date(at);
  const today = format(zone, DAY).format(new Date(now()));
  const day = format(zone, DAY).format(date);
  const clock = format(zone, CLOCK).format(date);
  const foreign = zone === own ? "" : ` ${abbreviation(date, zone)}`;
  const year = Math.abs(date.getTime() - now()) > 300 * 86_400_000 ? ` ${format(zone, { year: "numeric" }).format(date)}` : "";
  return (day === today && !year ? clock : `${day}${year}, ${clock}`) + foreign;
}

function abbreviation(date, zone) {
  const parts = format(zone, { hour: "2-digit", timeZoneName: "short" }).formatToParts(date);
  return parts.find((each) => each.type === "timeZoneName")?.value ?? zone;
}

/**
 * An instant as an element, which says all of it when it is pointed at.
 * @param {string|null|undefined} at
 * @param {string|null} [site]
 */
export function time(at, site) {
  if (!at) return "–";
  const there = site && zones.get(site);
  const whole = format(own, WHOLE).format(new Date(at));
  const other = there && there !== own ? `\n${format(there, WHOLE).format(new Date(at))} at ${site}` : "";
  return h("time", { datetime: at, title: whole + other }, instant(at, site));
}

/** How long ago, or how long until. @param {string} at */
export function age(at) {
  const passed = (now() - Date.parse(at)) / 1000;
  return passed >= 0 ? `${length(passed)} ago` : `in ${length(-passed)}`;
}

/** How long ago as an element. @param {string|null|undefined} at @param {string|null} [site] */
export function ageOf(at, site) {
  if (!at) return "–";
  const whole = instant(at, site);
  return h("time", { datetime: at, title: whole }, age(at));
}

/** A length of time, of at most two units. @param {number} seconds */
export function length(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 && hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.round(minutes / 60)} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 10 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** The value of a datetime-local field in a zone. @param {number} at milliseconds @param {string} zone */
export function fieldValue(at, zone) {
  const parts = Object.fromEntries(
    format(zone, { year: "numeric", month: "2-digit", day: "2-digit", ...CLOCK })
      .formatToParts(new Date(at))
      .map((each) => [each.type, each.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

/** The instant that a datetime-local field names in a zone, as RFC 3339. @param {string} value @param {string} zone */
export function fromField(value, zone) {
  const as = /^\d{4,}-\d\d-\d\dT\d\d:\d\d$/.test(value) ? Date.parse(`${value}:00Z`) : NaN;
  if (Number.isNaN(as)) return null;
  const first = as - offset(as, zone);
  return new Date(as - offset(first, zone)).toISOString();
}

function offset(at, zone) {
  return Date.parse(`${fieldValue(at, zone)}:00Z`) - Math.floor(at / 60_000) * 60_000;
}
