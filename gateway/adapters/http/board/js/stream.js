/**
 * Follows what changes, by server-sent events over `fetch`: a browser's EventSource does not tell when a connection has
 * silently died, and an operator must know that what they see is old. Comes back with the last id that it heard, so that
 * nothing is missed.
 */

/** The gateway says something at least each 15 s; twice that and a bit, and the line is dead. */
const SILENCE_MS = 35_000;
const LONGEST_WAIT_MS = 15_000;
/** A page that nobody looks at lets its connection go, of which a browser has only six. */
const HIDDEN_MS = 60_000;

/**
 * @typedef {{event: string, id: string|null, data: any}} Frame
 * @typedef {"live"|"joining"|"cut"} Condition
 */

/** One stream; `open` begins it, `close` ends it for good. */
export class Stream {
  /**
   * @param {(frame: Frame) => void} onFrame
   * @param {(condition: Condition, since: number) => void} onCondition
   * @param {() => void} onRefused the session has ended
   */
  constructor(onFrame, onCondition, onRefused) {
    this.onFrame = onFrame;
    this.onCondition = onCondition;
    this.onRefused = onRefused;
    this.lastId = null;
    this.wait = 500;
    this.closed = true;
    this.attempt = null;
    this.seen = () => this.look();
    this.woken = () => this.again(0);
    this.lost = () => this.attempt?.abort();
  }

  open() {
    this.closed = false;
    document.addEventListener("visibilitychange", this.seen);
    addEventListener("online", this.woken);
    addEventListener("offline", this.lost);
    this.join();
  }

  close() {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.seen);
    removeEventListener("online", this.woken);
    removeEventListener("offline", this.lost);
    clearTimeout(this.timer);
    clearTimeout(this.hiding);
    this.attempt?.abort();
  }

  look() {
    clearTimeout(this.hiding);
    if (document.visibilityState === "hidden") {
      this.hiding = setTimeout(() => {
        this.resting = true;
        this.attempt?.abort();
      }, HIDDEN_MS);
    } else if (this.resting) {
      this.resting = false;
      this.again(0);
    }
  }

  again(wait) {
    clearTimeout(this.timer);
    if (!this.closed && !this.resting && this.attempt === null) this.timer = setTimeout(() => this.join(), wait);
  }

  async join() {
    if (this.attempt !== null || this.closed) return;
    const attempt = new AbortController();
    this.attempt = attempt;
    try {
      const headers = { Accept: "text/event-stream", ...(this.lastId ? { "Last-Event-ID": this.lastId } : {}) };
      const response = await fetch("/api/v1/stream", { headers, signal: attempt.signal, cache: "no-store" });
      if (response.status === 401 || response.status === 403) {
        this.onRefused(response.status);
        return;
      }
      if (response.status === 422) this.lastId = null;
      if (!response.ok || !response.body) throw new Error(`answered ${response.status}`);
      await this.listen(response.body.getReader(), attempt);
    } catch {
      /* why it ended is one and the same for who looks at the board: it is cut, and joined again */
    } finally {
      clearTimeout(this.silence);
      this.attempt = null;
    }
    if (this.closed || this.resting) return;
    this.onCondition("cut", Date.now());
    this.again(this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  async listen(reader, attempt) {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      clearTimeout(this.silence);
      this.silence = setTimeout(() => attempt.abort(), SILENCE_MS);
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      this.wait = 500;
      this.onCondition("live", Date.now());
      for (const block of blocks) this.tell(block);
    }
  }

  tell(block) {
    const frame = { event: "message", id: null, data: null };
    for (const line of block.split("\n")) {
      const [name, value] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trimStart()];
      if (name === "event") frame.event = value;
      else if (name === "id") frame.id = value;
      else if (name === "data") frame.data = JSON.parse(value);
    }
    if (frame.id !== null) this.lastId = frame.id;
    if (frame.data !== null) this.onFrame(frame);
  }
}
