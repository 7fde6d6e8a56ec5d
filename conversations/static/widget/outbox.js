/* What the visitor said and the server does not have yet: kept over reloads and outages, sent in order, each once by its id. */

const FIRST_PAUSE = 1000;
const LONGEST = 30_000;

/** A place for files, which localStorage cannot hold. Without it they live as long as the page. */
function createShelf(name) {
  const memory = new Map();
  const opening = new Promise((resolve) => {
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore("files");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  const ask = async (mode, act) => {
    const base = await opening;
    if (!base) return null;
    return new Promise((resolve) => {
      const request = act(base.transaction("files", mode).objectStore("files"));
      request.onsuccess = () => resolve(request.result ?? null);
      request.onerror = () => resolve(null);
    });
  };
  return {
    async put(key, files) {
      memory.set(key, files);
      await ask("readwrite", (store) => store.put(files, key));
    },
    get: async (key) => memory.get(key) ?? (await ask("readonly", (store) => store.get(key))),
    async drop(key) {
      memory.delete(key);
      await ask("readwrite", (store) => store.delete(key));
    },
    async clear() {
      memory.clear();
      await ask("readwrite", (store) => store.clear());
    },
  };
}

/** onChange(entry) when an entry waits, failed or was taken; `door` sends. Entries: {client_id, text, at, names, choice, failed}. */
export function createOutbox(channel, keep, door, { onChange, onSession }) {
  const shelf = createShelf(`novelo:${channel}`);
  let timer = 0;
  let pause = FIRST_PAUSE;
  let running = null;

  const all = () => JSON.parse(keep.get("outbox") ?? "[]");
  const write = (entries) => keep.set("outbox", entries.length ? JSON.stringify(entries) : null);
  const change = (id, fields) => write(all().map((entry) => (entry.client_id === id ? { ...entry, ...fields } : entry)));
  const drop = (id) => write(all().filter((entry) => entry.client_id !== id));

  async function send(entry) {
    const { client_id, text, choice, name, email, page } = entry;
    const notes = [...(entry.notes ?? [])];
    if (entry.names?.length && !notes.length) {
      const files = await shelf.get(client_id);
      if (!files && !text) return; // the browser lost them
      for (const file of files ?? []) notes.push((await door.upload(file)).file);
      change(client_id, { notes });
    }
    await door.say({ client_id, text, files: notes, choice, name, email, page });
  }

  async function flush() {
    for (let entry; (entry = all().find(({ failed }) => !failed)); ) {
      try {
        await send(entry);
        drop(entry.client_id);
        await shelf.drop(entry.client_id);
        pause = FIRST_PAUSE;
        onChange({ ...entry, sent: true });
      } catch (refusal) {
        if (refusal.status === 401) {
          await onSession(refusal);
          change(entry.client_id, { notes: [] });
        } else if (refusal.passing ?? true) {
          again(refusal.wait);
          return;
        } else {
          change(entry.client_id, { failed: refusal.detail, notes: [] });
          onChange({ ...entry, failed: refusal.detail });
        }
      }
    }
  }

  function again(wait = 0) {
    clearTimeout(timer);
    timer = setTimeout(() => out.flush(), Math.max(wait * 1000, pause * (0.75 + Math.random() / 2)));
    pause = Math.min(LONGEST, pause * 2);
  }

  const out = {
    all,
    /** Keep a message and send it; `files` are File objects. */
    async add(entry, files = []) {
      write([...all(), entry]);
      onChange(entry);
      if (files.length) await shelf.put(entry.client_id, files);
      out.flush();
    },
    /** Send what waits; windows of one browser take turns. */
    flush() {
      const turn = () => (navigator.locks ? navigator.locks.request(`novelo:${channel}`, flush) : flush());
      running ??= turn().catch(() => again()).finally(() => (running = null));
      return running;
    },
    retry(id) {
      change(id, { failed: undefined });
      onChange(all().find((entry) => entry.client_id === id));
      out.flush();
    },
    async discard(id) {
      drop(id);
      await shelf.drop(id);
    },
    async clear() {
      write([]);
      await shelf.clear();
    },
    pictures: (id) => shelf.get(id),
  };
  return out;
}
