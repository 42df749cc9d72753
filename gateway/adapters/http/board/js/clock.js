/**
 * The gateway's time, which may run otherwise than this machine's: ages and deadlines are told by it. Learned from the
 * `Gateway-Time` of each answer; between answers it goes on as fast as it went before (the demo's runs fast).
 */

/** @type {{there: number, here: number}|null} */
let newest = null;
let rate = 1;

/**
 * Takes note of what an answer said.
 * @param {string|null} said RFC 3339
 */
export function heard(said) {
  const there = said ? Date.parse(said) : NaN;
  if (Number.isNaN(there)) return;
  const here = performance.now();
  if (newest === null) {
    newest = { there, here };
    return;
  }
  const passed = here - newest.here;
  if (passed < 500) return;
  const ran = (there - newest.there) / passed;
  rate = ran > 2 ? ran : 1;
  newest = { there, here };
}

/** @returns {number} milliseconds since the epoch, by the gateway's clock */
export function now() {
  return newest === null ? Date.now() : newest.there + (performance.now() - newest.here) * rate;
}

/** @returns {boolean} whether the gateway's clock runs fast, as only a demo's does */
export function isFast() {
  return rate > 2;
}
