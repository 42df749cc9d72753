/**
 * The map: outlines that are packaged, a tile server's pictures over them where one is set, sites with their fences, where
 * containers are and were. Leaflet draws; what it is given to show is elements with texts in them, never markup. All that
 * it shows is in lists beside it, too. What changes moves in its place, so that focus and what is looked at stay.
 */

import { ask } from "../dialogs.js";
import { h } from "../dom.js";
import { addressOf, named, severity as worth, visible } from "../parts.js";
import { go } from "../router.js";
import { instant } from "../times.js";

const files = new URL("../../", import.meta.url);
/** So many spots at most are stations of the Tab key; where there are more, the list beside the map is the shorter way. */
const STATIONS = 30;
/** Spots that are so near to one another on the screen are one. */
const NEAR_PX = 14;
const UNREACHED = "The map's tiles cannot be had: these are outlines.";
const UNDRAWN = "The map cannot be drawn; all that it shows is in the lists beside it.";

/** @typedef {{url: string, attribution: string}} Tiles */

/** @type {Promise<[any, any, Tiles|null, any]>|null} */
let parts = null;

/** Leaflet, the outlines, and the tile server if one is set, loaded once they are needed. */
async function loaded() {
  parts ??= Promise.all([import(`${files}vendor/leaflet.js`), json("vendor/world.json"), json("tiles.json"), styled()]);
  try {
    const [, world, tiles] = await parts;
    return { L: /** @type {any} */ (globalThis).L, world, tiles };
  } catch (problem) {
    parts = null;
    throw problem;
  }
}

async function json(name) {
  const answer = await fetch(`${files}${name}`);
  if (!answer.ok) throw new TypeError(`${name}: ${answer.status}`);
  return answer.json();
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
 * @typedef {{id: string, lat: number, lon: number, at: string|null, severity: string|null}} Mark the worst first
 * @typedef {{sites: any[], marks: Mark[], track?: number[][]}} Scene
 * @typedef {{key: string, kind: string, id: string, lat: number, lon: number, label: string, title: string, look: string, marks: Mark[]}} Spot
 */

/** @typedef {{element: HTMLElement, scene: Scene, show: ((scene: Scene) => void)|null, failed: boolean, end: () => void}} Shown */

/** What the maps in the page show, by their keys. @type {Map<string, Shown>} */
const maps = new Map();

/** A map in the page. @param {string} key @param {Scene} scene */
export function drawnMap(key, scene) {
  const known = maps.get(key);
  if (known) {
    known.scene = scene;
    known.show?.(scene);
    if (known.failed && known.element.isConnected) begin(known.element, scene);
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
  /** @type {Shown} */
  const entry = { element, scene, show: null, failed: false, end: () => {} };
  maps.set(element.itsKey, entry);
  let found;
  try {
    found = await loaded();
  } catch {
    entry.failed = true;
    element.textContent = UNDRAWN;
    return;
  }
  if (!element.isConnected || maps.get(element.itsKey) !== entry) return;
  element.textContent = "";
  const { L, world, tiles } = found;
  const map = ground(L, element, world, tiles);
  const fit = () => fitted(L, map, entry.scene, tiles !== null);
  allOfIt(L, map, fit);
  fit();
  entry.show = painter(L, map);
  entry.show(entry.scene);
  map.on("zoomend", () => {
    names(element, map);
    entry.show?.(entry.scene);
  });
  names(element, map);
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

/** Names of sites only where there is room for them. */
function names(element, map) {
  element.classList.toggle("far", map.getZoom() < 5);
}

/** The map with nothing of ours on it. The wheel zooms once the map has the focus; before that it scrolls the page. */
function ground(L, element, world, tiles) {
  const fine = tiles === null ? { zoomSnap: 0.25, maxZoom: 16 } : { zoomSnap: 1, maxZoom: 18 };
  const moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const calm = { zoomAnimation: moves, fadeAnimation: false, inertia: moves, scrollWheelZoom: false };
  const map = L.map(element, { attributionControl: false, worldCopyJump: true, minZoom: 1, ...calm, ...fine });
  map.on("focus", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
  L.control.scale({ imperial: false }).addTo(map);
  const below = map.createPane("outlines");
  below.style.zIndex = "150";
  below.style.pointerEvents = "none";
  for (const [name, className] of [["land", "land"], ["borders", "border"]]) {
    const shape = world.features.find((each) => each.properties.name === name);
    L.geoJSON(shape, { pane: "outlines", interactive: false, style: { className } }).addTo(map);
  }
  if (tiles !== null) lay(L, map, tiles);
  return map;
}

/** Tiles over the outlines, which are seen wherever a tile is not; whose they are, as text. */
function lay(L, map, { url, attribution }) {
  const pane = map.getPane("tilePane");
  pane.style.filter = "var(--tiles, none)";
  // Tile servers want to know which site shows their tiles; of the page itself they learn nothing.
  const layer = L.tileLayer(url, { referrerPolicy: "strict-origin" });
  const line = document.createElement("p");
  line.className = "map-credit";
  for (const [name, value] of Object.entries({ background: "var(--card)", color: "var(--ink)", padding: "1px 6px", "font-size": "0.75rem", "max-width": "26em" })) {
    line.style.setProperty(name, value);
  }
  const credit = L.control({ position: "bottomright" });
  credit.onAdd = () => line;
  let [came, failed] = [0, 0];
  const say = () => {
    line.textContent = visible(came === 0 && failed > 0 ? `${UNREACHED} ${attribution}` : attribution);
    line.hidden = line.textContent === "";
  };
  layer.on("loading", () => ([came, failed] = [0, 0]));
  layer.on("tileload", () => (came += 1));
  layer.on("tileerror", () => (failed += 1));
  layer.on("load", say);
  say();
  credit.addTo(map);
  layer.addTo(map);
}

/** The way back to all of it, for whoever has moved the map. */
function allOfIt(L, map, fit) {
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    const bar = document.createElement("div");
    bar.className = "leaflet-bar";
    const button = document.createElement("a");
    button.href = "#";
    button.setAttribute("role", "button");
    button.title = "Show all";
    button.textContent = "All";
    button.style.fontSize = "0.75rem";
    const press = (event) => {
      L.DomEvent.stop(event);
      fit();
    };
    button.addEventListener("click", press);
    button.addEventListener("keydown", (event) => event.key === " " && press(event));
    bar.append(button);
    L.DomEvent.disableClickPropagation(bar);
    return bar;
  };
  control.addTo(map);
}

function fitted(L, map, { sites, marks, track = [] }, near) {
  const points = [...sites, ...marks].map((each) => [each.lat, each.lon]).concat(track);
  if (points.length === 0) map.setView([30, 0], 2);
  else map.fitBounds(L.latLngBounds(points), { maxZoom: near ? 14 : 9, animate: false, paddingTopLeft: [50, 30], paddingBottomRight: [95, 30] });
}

/** Shows scenes, one after the other: what is the same stays, what is elsewhere moves. @returns {(scene: Scene) => void} */
function painter(L, map) {
  const fences = L.layerGroup().addTo(map);
  const way = L.polyline([], { className: "track", interactive: false }).addTo(map);
  /** @type {Map<string, any>} */
  const markers = new Map();
  let fenced = "";
  return ({ sites, marks, track = [] }) => {
    const told = JSON.stringify(sites.map((each) => [each.fence, each.lat, each.lon]));
    if (told !== fenced) {
      fenced = told;
      fences.clearLayers();
      for (const site of sites) fence(L, site)?.addTo(fences);
    }
    way.setLatLngs(track);
    const spots = [...sites.map(ofSite), ...together(map, marks).map(ofMarks)];
    const keys = new Set(spots.map((each) => each.key));
    for (const [key, marker] of markers) {
      if (keys.has(key)) continue;
      marker.remove();
      markers.delete(key);
    }
    for (const spot of spots) put(L, map, markers, spot, spots.length - sites.length <= STATIONS);
  };
}

function fence(L, { fence, lat, lon }) {
  const look = { className: "fence", interactive: false };
  if (fence?.polygon) return L.polygon(fence.polygon, look);
  return fence && L.circle([lat, lon], { radius: fence.radius_m, ...look });
}

/** Marks that would lie on one another as far as the map is; the worst of each, which come first, names it. @param {Mark[]} marks */
function together(map, marks) {
  /** @type {{point: any, marks: Mark[]}[]} */
  const places = [];
  for (const mark of marks) {
    const point = map.latLngToLayerPoint([mark.lat, mark.lon]);
    const place = places.find((each) => each.point.distanceTo(point) < NEAR_PX);
    if (place) place.marks.push(mark);
    else places.push({ point, marks: [mark] });
  }
  return places.map((each) => each.marks);
}

/** @returns {Spot} */
function ofSite({ id, name, lat, lon }) {
  return { key: `site ${id}`, kind: "site", id, lat, lon, label: id, title: name ? `${id}: ${name}` : id, look: "site-dot", marks: [] };
}

/** @param {Mark[]} marks @returns {Spot} */
function ofMarks(marks) {
  const [{ id, lat, lon, severity }] = marks;
  const label = marks.length > 1 ? `${id} +${marks.length - 1}` : id;
  return { key: `goods ${id}`, kind: "container", id, lat, lon, label, title: marks.map(inWords).join("\n"), look: `goods-dot ${severity ?? ""}`, marks };
}

const inWords = ({ id, severity, at }) => [id, severity, at && `fix of ${instant(at)}`].filter(Boolean).join(", ");

/** Puts a spot where it is now; its element stays, and with it the focus. @param {Map<string, any>} markers @param {Spot} spot */
function put(L, map, markers, spot, station) {
  const known = markers.get(spot.key);
  if (known === undefined || known.station !== station) {
    known?.remove();
    const marker = L.marker([spot.lat, spot.lon], { icon: iconOf(L, spot), keyboard: station && spot.kind !== "site", zIndexOffset: spot.kind === "site" ? 0 : 500 });
    Object.assign(marker, { spot, station });
    marker.on("click", () => open(marker.spot));
    marker.on("keypress", ({ originalEvent: event }) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open(marker.spot);
    });
    markers.set(spot.key, marker.addTo(map));
    marker.getElement().title = visible(spot.title);
    return;
  }
  const before = known.spot;
  known.spot = spot;
  if (before.lat !== spot.lat || before.lon !== spot.lon) known.setLatLng([spot.lat, spot.lon]);
  if (before.label !== spot.label || before.look !== spot.look) known.setIcon(iconOf(L, spot));
  if (before.title !== spot.title) known.getElement().title = visible(spot.title);
}

function iconOf(L, { kind, label, look }) {
  const dot = document.createElement("span");
  const name = document.createElement("span");
  name.textContent = visible(label);
  name.className = "map-name";
  dot.append(name);
  return L.divIcon({ html: dot, className: `dot ${look}`, iconSize: kind === "site" ? [10, 10] : [16, 16] });
}

/** Goes to what is at a spot; where there are several, asks which. @param {Spot} spot */
function open({ kind, id, label, marks }) {
  if (marks.length < 2) return go(addressOf(kind, id));
  const close = (event) => event.target.closest("dialog").close();
  const each = (mark) =>
    h("li", { class: "line" }, named("container", mark.id, { onclick: close }), mark.severity && worth(mark.severity), mark.at && h("span", { class: "soft" }, `fix of ${instant(mark.at)}`));
  return ask(`${marks.length} containers here`, h("ul", { class: "plain-list members", "aria-label": visible(label) }, ...marks.map(each)), { yes: "Close" });
}
