/**
 * The map: outlines that are packaged, sites with their fences, where containers are and were. Leaflet draws; what it is
 * given to show is elements with texts in them, never markup. All that it shows is in lists beside it, too.
 */

import { h } from "../dom.js";
import { addressOf, visible } from "../parts.js";
import { go } from "../router.js";
import { instant } from "../times.js";

const files = new URL("../../", import.meta.url);
let outlines = null;

/** Leaflet and the outlines, loaded once they are needed. */
async function loaded() {
  outlines ??= Promise.all([import(`${files}vendor/leaflet.js`), fetch(`${files}vendor/world.json`).then((answer) => answer.json()), styled()]);
  const [, world] = await outlines;
  return { L: /** @type {any} */ (globalThis).L, world };
}

function styled() {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = `${files}vendor/leaflet.css`;
  document.head.prepend(sheet);
  return new Promise((resolve) => {
    sheet.onload = resolve;
    sheet.onerror = resolve;
  });
}

/**
 * @typedef {{id: string, lat: number, lon: number, at: string|null, severity: string|null}} Mark
 * @typedef {{sites: any[], marks: Mark[], track?: number[][]}} Scene
 */

/** @typedef {{element: HTMLElement, scene: Scene, show: ((scene: Scene) => void)|null, end: () => void}} Shown */

/** What the maps in the page show, by their keys. @type {Map<string, Shown>} */
const maps = new Map();

/** A map in the page. @param {string} key @param {Scene} scene */
export function drawnMap(key, scene) {
  const known = maps.get(key);
  if (known) {
    known.scene = scene;
    known.show?.(scene);
  }
  return h("div", {
    class: "map",
    key,
    own: true,
    role: "region",
    "aria-label": "Map; all that it shows is in the lists beside it",
    made: (element) => begin(element, scene),
  });
}

async function begin(element, scene) {
  forget();
  const entry = { element, scene, show: null, end: () => {} };
  maps.set(element.itsKey, entry);
  const { L, world } = await loaded();
  if (!element.isConnected) return;
  const map = L.map(element, { attributionControl: false, worldCopyJump: true, zoomSnap: 0.25, minZoom: 1, maxZoom: 16, fadeAnimation: false });
  L.control.scale({ imperial: false }).addTo(map);
  const shape = (name) => world.features.find((each) => each.properties.name === name);
  L.geoJSON(shape("land"), { interactive: false, style: { className: "land" } }).addTo(map);
  L.geoJSON(shape("borders"), { interactive: false, style: { className: "border" } }).addTo(map);
  const layer = L.layerGroup().addTo(map);
  entry.show = (now) => {
    layer.clearLayers();
    paint(L, layer, now);
    names(element, map);
  };
  fit(L, map, entry.scene);
  entry.show(entry.scene);
  map.on("zoomend", () => names(element, map));
  const watching = new ResizeObserver(() => element.isConnected && map.invalidateSize());
  watching.observe(element);
  entry.end = () => {
    watching.disconnect();
    map.remove();
  };
}

/** Lets go of maps that are in the page no more. */
function forget() {
  for (const [key, { element, end }] of maps) {
    if (element.isConnected) continue;
    end();
    maps.delete(key);
  }
}

/** Names only where there is room for them. */
function names(element, map) {
  element.classList.toggle("far", map.getZoom() < 5);
}

function fit(L, map, { sites, marks, track = [] }) {
  const points = [...sites, ...marks].map((each) => [each.lat, each.lon]).concat(track);
  if (points.length === 0) map.setView([30, 0], 2);
  else map.fitBounds(L.latLngBounds(points), { maxZoom: 9, animate: false, paddingTopLeft: [50, 30], paddingBottomRight: [95, 30] });
}

function paint(L, layer, { sites, marks, track = [] }) {
  for (const site of sites) {
    const fence = site.fence;
    if (fence?.polygon) L.polygon(fence.polygon, { className: "fence", interactive: false }).addTo(layer);
    else if (fence) L.circle([site.lat, site.lon], { radius: fence.radius_m, className: "fence", interactive: false }).addTo(layer);
    spot(L, site, "site-dot", "site", `${site.id}: ${site.name}`).addTo(layer);
  }
  if (track.length > 1) L.polyline(track, { className: "track", interactive: false }).addTo(layer);
  for (const [first, ...others] of together(marks)) {
    const all = [first, ...others].map((each) => (each.at ? `${each.id}, ${instant(each.at)}` : each.id));
    const label = others.length > 0 ? `${first.id} +${others.length}` : first.id;
    spot(L, { ...first, label }, `goods-dot ${first.severity ?? ""}`, "container", all.join("\n")).addTo(layer);
  }
}

/** Marks at one place, about a kilometre wide; the worst of each, which come first, names it. @param {Mark[]} marks */
function together(marks) {
  const places = new Map();
  for (const each of marks) {
    const place = `${each.lat.toFixed(2)} ${each.lon.toFixed(2)}`;
    places.set(place, [...(places.get(place) ?? []), each]);
  }
  return places.values();
}

function spot(L, { id, lat, lon, label: text = id }, name, kind, title) {
  const dot = document.createElement("span");
  const label = document.createElement("span");
  label.textContent = visible(text);
  label.className = "map-name";
  dot.append(label);
  const icon = L.divIcon({ html: dot, className: `dot ${name}`, iconSize: kind === "site" ? [10, 10] : [16, 16] });
  const marker = L.marker([lat, lon], { icon, title, alt: title, keyboard: kind !== "site", zIndexOffset: kind === "site" ? 0 : 500 });
  marker.on("click keypress", (event) => {
    if (event.type === "click" || event.originalEvent.key === "Enter") go(addressOf(kind, id));
  });
  return marker;
}
