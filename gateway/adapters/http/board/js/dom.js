/**
 * Draws: describes elements as plain values and brings the page to match them, keeping what is there where it fits, so
 * that focus, selection and scrolling survive a change. Texts become text nodes only: nothing here reads markup.
 */

const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTIES = new Set(["value", "checked", "indeterminate", "open", "disabled"]);

/**
 * @typedef {{tag: string, key: string|null, props: Object<string, any>, children: any[]}} Described
 * @typedef {Described|string|number|null|false|undefined|Drawn[]} Drawn
 */

/**
 * Describes an element. `props`: attributes; `on…` listeners; `style` an object; `key` names it among its neighbours;
 * `made` is called with the element once it is in the page; `own` leaves its children to whoever made them.
 * @param {string} tag
 * @param {Object<string, any>|null} [props]
 * @param {...Drawn} children
 * @returns {Described}
 */
export function h(tag, props, ...children) {
  const { key = null, ...rest } = props ?? {};
  return { tag, key, props: rest, children };
}

/**
 * Brings the children of an element to match a description.
 * @param {Element} root
 * @param {Drawn} drawn
 */
export function draw(root, drawn) {
  const focused = document.activeElement;
  patch(root, [drawn]);
  if (focused !== document.activeElement && focused instanceof HTMLElement && focused.isConnected) {
    focused.focus({ preventScroll: true });
  }
}

/** @param {any} drawn @returns {any[]} */
function flat(drawn) {
  return drawn.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false && each !== "");
}

function patch(parent, drawn) {
  const wanted = flat(drawn);
  const keys = new Set(wanted.map((each) => each.key).filter(Boolean));
  const known = new Map();
  for (const node of parent.childNodes) if (node.itsKey) known.set(node.itsKey, node);
  let place = parent.firstChild;
  for (const each of wanted) {
    while (place?.itsKey && !keys.has(place.itsKey)) place = removed(place);
    const node = fitting(each, place, known);
    if (node === null) {
      const made = make(each, parent);
      parent.insertBefore(made, place);
      each.props?.made?.(made);
    } else {
      if (node === place) place = place.nextSibling;
      else parent.insertBefore(node, place);
      update(node, each);
    }
  }
  while (place) place = removed(place);
}

function removed(node) {
  const following = node.nextSibling;
  node.remove();
  return following;
}

function fitting(each, place, known) {
  if (typeof each !== "object") return place?.nodeType === Node.TEXT_NODE ? place : null;
  if (each.key) {
    const node = known.get(each.key);
    return node?.itsTag === each.tag ? node : null;
  }
  return place && !place.itsKey && place.itsTag === each.tag ? place : null;
}

function make(each, parent) {
  if (typeof each !== "object") return document.createTextNode(String(each));
  const inSvg = each.tag === "svg" || (parent.namespaceURI === SVG && parent.localName !== "foreignObject");
  const node = inSvg ? document.createElementNS(SVG, each.tag) : document.createElement(each.tag);
  node.itsTag = each.tag;
  node.itsKey = each.key;
  node.itsProps = {};
  update(node, each);
  return node;
}

function update(node, each) {
  if (typeof each !== "object") {
    if (node.data !== String(each)) node.data = String(each);
    return;
  }
  const before = node.itsProps;
  for (const name of Object.keys(before)) if (!(name in each.props)) set(node, name, null, before[name]);
  if (!each.props.own) patch(node, each.children);
  for (const [name, value] of Object.entries(each.props)) {
    if (before[name] !== value) set(node, name, value, before[name]);
  }
  node.itsProps = each.props;
}

function set(node, name, value, before) {
  if (name === "made" || name === "own") return;
  if (name.startsWith("on")) {
    const type = name.slice(2);
    if (before) node.removeEventListener(type, before);
    if (value) node.addEventListener(type, value);
  } else if (name === "style") {
    for (const property of Object.keys(before ?? {})) node.style.removeProperty(property);
    for (const [property, said] of Object.entries(value ?? {})) node.style.setProperty(property, said);
  } else if (AS_PROPERTIES.has(name)) {
    const said = value ?? (name === "value" ? "" : false);
    if (node[name] !== said) node[name] = said;
  } else if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : String(value));
  }
}
