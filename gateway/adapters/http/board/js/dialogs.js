/** Asks people something in a dialog, and tells them what happened. One dialog at a time; Escape says no. */

import { draw, h } from "./dom.js";

/** @type {HTMLDialogElement|null} */
let dialog = null;

/**
 * Shows a dialog until it is answered.
 * @template T
 * @param {string} title
 * @param {any} body
 * @param {{yes: string, read?: (form: FormData) => T|string, danger?: boolean}} options `read` gives the answer, or a text
 *   that says what is wrong
 * @returns {Promise<T|null>} null where the answer is no
 */
export function ask(title, body, { yes, read = () => /** @type {any} */ (true) }) {
  dialog?.close();
  const root = document.createElement("dialog");
  root.setAttribute("aria-labelledby", "asked");
  document.body.append(root);
  dialog = root;
  const before = document.activeElement;
  return new Promise((resolve) => {
    let answer = null;
    const show = (wrong) =>
      draw(
        root,
        h(
          "form",
          {
            method: "dialog",
            onsubmit: (event) => {
              event.preventDefault();
              const found = read(new FormData(event.target));
              if (typeof found === "string") {
                show(found);
                return;
              }
              answer = found;
              root.close();
            },
          },
          h("h2", { id: "asked" }, title),
          body,
          wrong && h("p", { class: "wrong", role: "alert" }, wrong),
          h(
            "div",
            { class: "buttons" },
            yes !== "Close" && h("button", { type: "button", onclick: () => root.close() }, "Cancel"),
            h("button", { type: "submit", class: "first" }, yes),
          ),
        ),
      );
    show(null);
    root.addEventListener("close", () => {
      root.remove();
      if (dialog === root) dialog = null;
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
      resolve(answer);
    });
    root.showModal();
    const field = root.querySelector("[autofocus]") ?? root.querySelector("input, textarea, select, button.first");
    if (field instanceof HTMLElement) field.focus();
  });
}

/** A field with its label. @param {string} label @param {any} field @param {string} [hint] */
export function field(label, field, hint) {
  return h("label", { class: "field tall" }, h("span", null, label), field, hint && h("small", null, hint));
}

/** Shows which keys do what. @param {[string, string][]} keys */
export function help(keys) {
  const rows = keys.map(([key, text]) => [h("dt", null, ...key.split(" ").map((each) => [h("kbd", null, each), " "])), h("dd", null, text)]);
  return ask(
    "Keys",
    [h("dl", { class: "keys" }, ...rows), h("p", { class: "soft" }, "A barcode scanner may be used at any time: what it reads is searched for.")],
    { yes: "Close" },
  );
}

let timer = 0;

/** Tells what happened, to the eye and to screen readers. @param {string} text @param {boolean} [bad] */
export function tell(text, bad = false) {
  const place = document.getElementById("told");
  if (place === null) return;
  place.classList.toggle("bad", bad);
  place.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => {
    place.textContent = "";
  }, bad ? 12_000 : 5_000);
}
