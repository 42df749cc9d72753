/** The API's names in words for people, and what is worse than what. */

export const SEVERITIES = ["critical", "major", "warning", "minor"];

const KINDS = {
  not_collected: "not handed in",
  overdwell: "stays too long",
  delayed: "late",
  overdue: "overdue",
  missing: "missing",
  misrouted: "wrong place",
  backtracked: "went back",
  skipped: "stop skipped",
  unexpected: "not announced",
  seen_after_end: "seen after its end",
  impossible_travel: "impossible travel",
  count_mismatch: "count is wrong",
  excursion: "out of limits",
  device_silent: "device silent",
  site_dark: "site dark",
  low_battery: "low battery",
  clock_skew: "clock wrong",
};
export const ALL_KINDS = Object.keys(KINDS);

const STATUSES = {
  announced: "announced, not seen yet",
  at_stop: "at a stop",
  in_transit: "on the way",
  off_plan: "off its route",
  completed: "completed",
  cancelled: "cancelled",
  unplanned: "never announced",
};

const SENSORS = {
  temperature_c: ["Temperature", "°C"],
  humidity_pct: ["Humidity", "%"],
  shock_g: ["Shock", "g"],
  tilt_deg: ["Tilt", "°"],
  light_lux: ["Light", "lx"],
  battery_pct: ["Battery", "%"],
};

const REASONS = {
  cancelled: "it was cancelled",
  superseded: "another alert speaks for it",
  retracted: "late evidence: it was never so",
  completed: "the journey is completed",
  evidence: "new evidence",
  operator: "by an operator",
};

/** A rank: the worse, the smaller. @param {string|null} severity */
export function rank(severity) {
  const index = SEVERITIES.indexOf(severity ?? "");
  return index < 0 ? SEVERITIES.length : index;
}

/** @param {string} kind */
export const kindWord = (kind) => KINDS[kind] ?? plain(kind);
/** @param {string|null} status */
export const statusWord = (status) => (status ? (STATUSES[status] ?? plain(status)) : "no journey");
/** @param {string} sensor */
export const sensorWord = (sensor) => SENSORS[sensor]?.[0] ?? plain(sensor);
/** @param {string} sensor */
export const sensorUnit = (sensor) => SENSORS[sensor]?.[1] ?? "";
/** @param {string|null} reason */
export const reasonWord = (reason) => (reason ? (REASONS[reason] ?? plain(reason)) : "");
/** @param {string} name */
export const plain = (name) => name.replaceAll("_", " ");
/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Who saw it. @param {string} source */
export function sourceWord(source) {
  if (source === "container") return "with its container";
  return source === "fence" ? "tracker in the fence" : "own scan";
}

/** @param {number} count @param {string} one @param {string} [many] */
export const counted = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
