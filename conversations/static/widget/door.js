/* The visitor's way to the server: a session kept in this frame's own storage, and every request that needs it. */

/** What the server refused, or that it could not be reached (`status` 0). */
export class Refusal extends Error {
  constructor(status, detail, wait = 0) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.wait = wait;
  }

  /** Whether the same request may succeed later with nothing changed. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** Something kept under a name; where a browser keeps nothing for frames, as long as the page lives. */
export function createKeep(prefix) {
  const memory = new Map();
  return {
    get(name) {
      try {
        return localStorage.getItem(prefix + name);
      } catch {
        return memory.get(name) ?? null;
      }
    },
    set(name, value) {
      try {
        if (value === null) localStorage.removeItem(prefix + name);
        else localStorage.setItem(prefix + name, value);
      } catch {
        memory.set(name, value);
      }
    },
  };
}

const language = document.documentElement.lang;
const SLOW = 20_000;
const UPLOAD_SLOW = 120_000;

/** `keep` holds the session; `channel` is the chat's id; onOther() before somebody else's session takes the place of one. */
export function createDoor(channel, keep, { onOther }) {
  const base = `/chat/${channel}/`;
  let beginning = null;

  async function ask(path, { body, json, signal, slow = SLOW, type } = {}) {
    const headers = { Accept: "application/json", "Accept-Language": language };
    const session = keep.get("session");
    if (session) headers.Authorization = `Visitor ${session}`;
    if (json) headers["Content-Type"] = "application/json";
    if (type) headers["Content-Type"] = type;
    const sent = json ? JSON.stringify(json) : body;
    let response;
    try {
      response = await fetch(base + path, {
        method: sent === undefined ? "GET" : "POST",
        headers,
        body: sent,
        credentials: "omit",
        signal: signal ?? AbortSignal.timeout(slow),
      });
    } catch {
      throw new Refusal(0, "");
    }
    if (response.ok) return response;
    const said = await response.json().catch(() => null);
    const refusal = new Refusal(response.status, said?.detail ?? "", Number(response.headers.get("Retry-After")) || 0);
    refusal.stale = session !== keep.get("session");
    throw refusal;
  }

  const read = async (answer) => (await answer).json();

  async function begin(identity) {
    const found = await read(ask("session", { json: identity ? { identity } : {} }));
    if (![null, found.visitor].includes(keep.get("visitor"))) onOther();
    keep.set("visitor", found.visitor);
    keep.set("session", found.token);
    keep.set("identified", found.identified ? "1" : null);
  }

  return {
    /** Begin a session, or renew the one there is. */
    ready: () => (beginning ??= begin().finally(() => (beginning = null))),
    /** Say who the visitor is; what is said meanwhile waits for the answer. */
    identify(token) {
      const before = beginning;
      const mine = (async () => {
        await before?.catch(() => {}); // else the later answer would win
        await begin(token);
      })();
      const settled = (beginning = mine.catch(() => {}).finally(() => beginning === settled && (beginning = null)));
      return mine;
    },
    /** Forget who was here: whatever is asked next is asked by nobody known. */
    drop() {
      for (const name of ["session", "visitor", "identified"]) keep.set(name, null);
    },
    identified: () => keep.get("identified") === "1",
    known: () => keep.get("session") !== null,
    history: (before) => read(ask(`history${before ? `?before=${encodeURIComponent(before)}` : ""}`)),
    async say(message) {
      await beginning?.catch(() => {});
      return read(ask("messages", { json: message }));
    },
    acknowledge: (status, messages) => read(ask("statuses", { json: { status, messages } })),
    typing: () => ask("typing", { json: {} }),
    upload: (file) => read(ask(`files?name=${encodeURIComponent(file.name)}`, { body: file, type: file.type || "application/octet-stream", slow: UPLOAD_SLOW })),
    invite: (way) => read(ask("invitations", { json: { channel: way } })),
    stream: (after, signal) => ask(`stream?after=${after}`, { signal }),
  };
}
