/**
 * The keyboard: single keys for what operators do all day, and barcode scanners, which type. A scanner types faster than
 * any hand and ends with Enter or Tab: what comes so goes to the search, wherever the focus is, and never is taken for commands.
 */

/** Keys of a scanner come at most so many milliseconds apart; those of a hand do not. */
const SCANNER_MS = 35;
const SHORTEST_SCAN = 3;
const FNC1 = "\u001d";
/** What does no harm is done at once, unless it comes within a barcode; all else waits to see that none begins. */
const AT_ONCE = new Set(["/", "?", "j", "k"]);

/**
 * @param {string} commands the keys that mean something
 * @param {(key: string) => boolean} onKey a single key; whether it meant something
 * @param {(text: string) => void} onScan what a scanner typed
 */
export function listen(commands, onKey, onScan) {
  let typed = "";
  let timer = 0;

  const settle = () => {
    const keys = [...typed];
    typed = "";
    if (keys.every((each) => commands.includes(each))) for (const each of keys) onKey(each);
  };
  const scanned = () => {
    const text = typed;
    typed = "";
    clearTimeout(timer);
    onScan(text);
  };

  document.addEventListener("keydown", (event) => {
    if (writing(event.target) || document.querySelector("dialog[open]")) return;
    if (isFnc1(event)) {
      event.preventDefault();
      typed += FNC1;
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if ((event.key === "Enter" || event.key === "Tab") && typed.length >= SHORTEST_SCAN) {
      event.preventDefault();
      scanned();
    } else if (event.key.length !== 1) {
      if (event.key !== "Shift" && onKey(event.key)) event.preventDefault();
    } else if (event.repeat || (typed === "" && AT_ONCE.has(event.key))) {
      if (onKey(event.key)) event.preventDefault();
    } else if (event.key !== " " || typed !== "") {
      typed += event.key;
      clearTimeout(timer);
      timer = setTimeout(settle, SCANNER_MS);
    }
  });
}

/** Whether a key is the separator of a GS1 barcode, as scanners type it. @param {KeyboardEvent} event */
export function isFnc1(event) {
  return (event.ctrlKey && event.key === "]") || event.key === FNC1 || event.key === "F8";
}

/** Whether keys belong to a field. @param {EventTarget|null} target */
function writing(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}
