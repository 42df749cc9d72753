/** Asks for a token, once a shift; a cookie that no script can read stands for it from then on. */

import { Problem, logIn } from "../api.js";
import { h } from "../dom.js";

/** @param {() => void} onDone @param {string} why that it is asked for again, or nothing */
export function login(onDone, why) {
  return h(
    "main",
    { class: "login" },
    h(
      "form",
      {
        class: "card",
        onsubmit: async (event) => {
          event.preventDefault();
          const form = event.target;
          const wrong = form.querySelector(".wrong");
          wrong.textContent = "";
          try {
            await logIn(form.elements.token.value.trim());
            onDone();
          } catch (problem) {
            if (!(problem instanceof Problem)) throw problem;
            wrong.textContent = problem.message;
            form.elements.token.select();
          }
        },
      },
      h("h1", null, "Returns Gateway"),
      why && h("p", { key: "why", role: "status" }, why),
      h(
        "label",
        { class: "field tall" },
        h("span", null, "Access token"),
        h("input", { name: "token", type: "password", required: true, autocomplete: "current-password", maxlength: 256 }),
        h("small", null, "Your administrator makes one for you: returns-gateway token create"),
      ),
      h("p", { class: "wrong", role: "alert", own: true }),
      h("button", { type: "submit", class: "first" }, "Log in"),
    ),
  );
}
