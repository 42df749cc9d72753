/** What operators do to alerts: acknowledge, snooze, resolve, comment; to one or to several at once. */

import { Problem, send } from "./api.js";
import { ask, field, tell } from "./dialogs.js";
import { h } from "./dom.js";
import { fieldValue, fromField, ownZone } from "./times.js";
import { now } from "./clock.js";
import { counted } from "./words.js";

const DONE = { acknowledge: "acknowledged", snooze: "snoozed", resolve: "resolved", comment: "commented on" };
const SPANS = [
  ["30m", "30 minutes"],
  ["2h", "2 hours"],
  ["8h", "8 hours: this shift"],
  ["1d", "a day"],
  ["3d", "3 days"],
];

/**
 * Does it, after asking what needs to be asked.
 * @param {"acknowledge"|"snooze"|"resolve"|"comment"} what
 * @param {any[]} alerts
 * @returns {Promise<boolean>} whether anything was done
 */
export async function act(what, alerts) {
  if (alerts.length === 0) return false;
  const body = await asked(what, alerts);
  if (body === null) return false;
  const failures = [];
  for (const alert of alerts) {
    try {
      await send("POST", `/api/v1/alerts/${encodeURIComponent(alert.id)}/${what}`, body);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      failures.push(`${alert.subject.id}: ${problem.message}`);
    }
  }
  report(what, alerts, failures);
  return failures.length < alerts.length;
}

function report(what, alerts, failures) {
  const done = alerts.length - failures.length;
  const whom = alerts.length === 1 ? alerts[0].subject.id : counted(done, "alert");
  const told = done > 0 ? [`${whom} ${DONE[what]}.`] : [];
  tell([...told, ...failures].join(" "), failures.length > 0);
}

/** What is sent along; null where it is not to be done. */
function asked(what, alerts) {
  if (what === "acknowledge") return {};
  const whom = alerts.length === 1 ? alerts[0].subject.id : counted(alerts.length, "alert");
  if (what === "snooze") return snoozing(whom);
  if (what === "resolve") return resolving(whom);
  return commenting(whom);
}

function resolving(whom) {
  const body = [
    h("p", null, "Where what it says is still so, it stays quiet until that has ended once."),
    field("Why (optional)", h("textarea", { name: "comment", maxlength: 2000, autofocus: true }), "Kept with the alert and in the audit trail."),
  ];
  return ask(`Resolve ${whom}?`, body, {
    yes: "Resolve",
    read: (form) => (String(form.get("comment")).trim() ? { comment: String(form.get("comment")).trim() } : {}),
  });
}

function commenting(whom) {
  return ask(`Comment on ${whom}`, field("Comment", h("textarea", { name: "text", required: true, maxlength: 2000, autofocus: true })), {
    yes: "Add comment",
    read: (form) => (String(form.get("text")).trim() ? { text: String(form.get("text")).trim() } : "Write something first."),
  });
}

/** Who says until when has chosen that. @param {Event} event */
function chooseUntil(event) {
  const option = event.target.form.querySelector("[value=until]");
  option.checked = true;
}

function snoozing(whom) {
  const zone = ownZone();
  const body = [
    h("p", null, "It stays open and notifies nobody until then."),
    h(
      "fieldset",
      null,
      h("legend", null, "For"),
      ...SPANS.map(([value, text], index) =>
        h("label", { class: "option" }, h("input", { type: "radio", name: "for", value, checked: index === 1, autofocus: index === 1 }), text),
      ),
      h("label", { class: "option" }, h("input", { type: "radio", name: "for", value: "until" }), "until"),
      field("Until, your time", h("input", { type: "datetime-local", name: "until", value: fieldValue(now() + 86_400_000, zone), oninput: chooseUntil })),
    ),
    field("Comment (optional)", h("input", { name: "comment", maxlength: 2000 })),
  ];
  return ask(`Snooze ${whom}`, body, {
    yes: "Snooze",
    read: (form) => {
      const comment = String(form.get("comment")).trim();
      const more = comment ? { comment } : {};
      if (form.get("for") !== "until") return { for: String(form.get("for")), ...more };
      const until = fromField(String(form.get("until")), zone);
      return until === null ? "Say until when." : { until, ...more };
    },
  });
}
