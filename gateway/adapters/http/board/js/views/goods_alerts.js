/** The alerts of a return or container, past and present, and those of the containers that it is in. */

import { h } from "../dom.js";
import { card, severity } from "../parts.js";
import { link, to } from "../router.js";
import { sentence } from "../sentences.js";
import { time } from "../times.js";
import { counted, kindWord } from "../words.js";
import { tags, title } from "./alert_rows.js";

/** @param {any} data */
export function presentAlerts({ one }) {
  return card("Alerts", null, alertList(one.alerts));
}

/** Alerts in short, each a link to itself. @param {any[]} alerts */
export function alertList(alerts) {
  if (alerts.length === 0) return h("p", { class: "soft" }, "None is open.");
  const each = (alert) =>
    h(
      "li",
      { key: alert.id },
      h("p", { class: "line" }, severity(alert.severity), link(to("/alerts", { alert: alert.id }), { class: "title" }, ...title(alert))),
      h("p", { class: "soft" }, sentence(alert)),
      h("p", { class: "tags" }, ...tags(alert, false)),
    );
  return h("ul", { class: "plain-list" }, ...alerts.map(each));
}

/** @param {any} one */
export function pastAlerts(one) {
  if (one.past_alerts.length === 0) return null;
  const each = (alert) => h("li", { key: alert.id }, link(to("/alerts", { alert: alert.id }), null, kindWord(alert.kind)), " from ", time(alert.since, alert.site), `, ${alert.severity}`);
  return card("Alerts of the past", null, h("details", null, h("summary", null, counted(one.past_alerts.length, "alert")), h("ul", { class: "plain-list" }, ...one.past_alerts.map(each))));
}
