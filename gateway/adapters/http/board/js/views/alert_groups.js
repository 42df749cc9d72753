/** Puts alerts under their causes: one late tote and what is in it, one site and what lingers there. */

import { headline } from "../sentences.js";
import { rank } from "../words.js";

/**
 * @typedef {{key: string, kind: "container"|"site"|"alone", id: string, alerts: any[]}} Group
 */

/** What an alert hangs on. @param {any} alert @returns {{kind: "container"|"site"|"alone", id: string}} */
export function causeOf(alert) {
  const { kind, id } = alert.subject;
  if (kind === "container") return { kind, id };
  if (alert.container) return { kind: "container", id: alert.container };
  if (kind === "site") return { kind, id };
  const site = alert.site ?? alert.details?.last_seen?.site;
  return site ? { kind: "site", id: site } : { kind: "alone", id: alert.id };
}

/**
 * Groups in the order of their worst alert. Alerts come worst first, and so they stay in each.
 * @param {any[]} alerts
 * @returns {Group[]}
 */
export function grouped(alerts) {
  const groups = new Map();
  for (const alert of alerts) {
    const cause = causeOf(alert);
    const key = `${cause.kind} ${cause.id}`;
    if (!groups.has(key)) groups.set(key, { key, ...cause, alerts: [] });
    groups.get(key).alerts.push(alert);
  }
  const about = (group, alert) => (alert.subject.kind === group.kind && alert.subject.id === group.id ? 0 : 1);
  for (const group of groups.values()) {
    group.alerts.sort((a, b) => about(group, a) - about(group, b) || rank(a.severity) - rank(b.severity));
  }
  return [...groups.values()];
}

/** Whether somebody takes care of it already. @param {any} alert */
export function isHandled(alert) {
  return alert.state === "acknowledged" || alert.state === "snoozed" || alert.state === "resolved";
}

/** The alert in one line, for a screen reader. @param {any} alert */
export function inWords(alert) {
  return `${alert.severity}: ${alert.subject.id}${headline(alert)}`;
}
