/** What a container's sensors said, as small charts with their limits; what was outside is marked, and said in words. */

import { h } from "../dom.js";
import { time } from "../times.js";
import { counted, sensorUnit, sensorWord } from "../words.js";

const WIDE = 300;
const HIGH = 70;

/**
 * @param {any[]} fixes the latest first
 * @param {Object<string, {min: number|null, max: number|null}>} limits
 */
export function sensorCharts(fixes, limits) {
  const series = new Map();
  for (const fix of [...fixes].reverse()) {
    const all = { ...fix.sensors, ...(fix.battery_pct === null ? {} : { battery_pct: fix.battery_pct }) };
    for (const [sensor, value] of Object.entries(all)) {
      if (!series.has(sensor)) series.set(sensor, []);
      series.get(sensor).push({ at: fix.at, value, site: fix.site });
    }
  }
  const order = (sensor) => (limits[sensor] ? 0 : sensor === "battery_pct" ? 2 : 1);
  const sorted = [...series.entries()].sort(([a], [b]) => order(a) - order(b) || a.localeCompare(b));
  return sorted.map(([sensor, readings]) => one(sensor, readings, limits[sensor] ?? { min: null, max: null }));
}

function one(sensor, readings, limit) {
  const unit = sensorUnit(sensor);
  const outside = readings.filter((each) => isOutside(each.value, limit));
  const newest = readings[readings.length - 1];
  const figures = readings.map((each) => each.value);
  const told = `${Math.min(...figures)} to ${Math.max(...figures)} ${unit}`;
  return h(
    "figure",
    { class: "sensor", key: sensor },
    h("figcaption", null, h("b", null, sensorWord(sensor)), h("span", { class: isOutside(newest.value, limit) ? "late" : "" }, `${newest.value} ${unit}`), h("span", { class: "soft" }, time(newest.at, newest.site))),
    picture(sensor, readings, limit),
    h(
      "p",
      { class: "soft" },
      `${told} in ${counted(readings.length, "report")}; ${limitWords(limit, unit)}`,
      outside.length > 0 && [". ", h("b", { class: "late" }, `${counted(outside.length, "report")} outside`), ", first ", time(outside[0].at, outside[0].site), `: ${outside[0].value} ${unit}`],
    ),
  );
}

const isOutside = (value, { min, max }) => (min !== null && value < min) || (max !== null && value > max);

function limitWords({ min, max }, unit) {
  if (min === null && max === null) return "no limits";
  if (min === null) return `limit ${max} ${unit} at most`;
  return max === null ? `limit ${min} ${unit} at least` : `limits ${min} to ${max} ${unit}`;
}

function picture(sensor, readings, { min, max }) {
  const figures = [...readings.map((each) => each.value), ...[min, max].filter((each) => each !== null)];
  const flat = new Set(figures).size === 1 ? 1 : 0;
  const [low, high] = [Math.min(...figures) - flat, Math.max(...figures) + flat];
  const span = high - low;
  const begin = Date.parse(readings[0].at);
  const wide = Date.parse(readings[readings.length - 1].at) - begin || 1;
  const x = (at) => 3 + ((WIDE - 6) * (Date.parse(at) - begin)) / wide;
  const y = (value) => HIGH - 6 - ((HIGH - 12) * (value - low)) / span;
  const path = readings.map((each, index) => `${index ? "L" : "M"}${x(each.at).toFixed(1)} ${y(each.value).toFixed(1)}`).join("");
  return h(
    "svg",
    { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    max !== null && h("rect", { x: 0, width: WIDE, y: 0, height: Math.max(0, y(max)), class: "beyond" }),
    min !== null && h("rect", { x: 0, width: WIDE, y: y(min), height: Math.max(0, HIGH - y(min)), class: "beyond" }),
    max !== null && h("line", { x1: 0, x2: WIDE, y1: y(max), y2: y(max), class: "limit" }),
    min !== null && h("line", { x1: 0, x2: WIDE, y1: y(min), y2: y(min), class: "limit" }),
    h("path", { d: path, class: "curve", "vector-effect": "non-scaling-stroke" }),
    ...readings.filter((each) => isOutside(each.value, { min, max })).map((each) => h("circle", { cx: x(each.at), cy: y(each.value), r: 3, class: "outside" })),
  );
}
