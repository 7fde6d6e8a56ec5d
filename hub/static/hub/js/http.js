/* Requests to our own server: JSON in and out, the CSRF token on writes, refusals as errors that say what to do. */

/** What the server refused, or that it could not be reached (`status` 0). */
export class Refusal extends Error {
  constructor(status, detail, errors, body = null) {
    super(detail || `HTTP ${status}`);
    this.status = status;
    this.detail = detail;
    this.errors = errors;
    this.body = body; // the whole problem: it may say what is there now
  }

  /** Whether the same request may succeed later with nothing changed. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const get = (path) => ask(path, { method: "GET" });

/** `key` makes the request safe to send again: it is done once. */
export const post = (path, body = {}, key = null) => send("POST", path, body, key);

/** Say what something is. */
export const put = (path, body) => send("PUT", path, body);

/** Change a part of something. */
export const patch = (path, body) => send("PATCH", path, body);

/** Take something away. */
export const remove = (path) => send("DELETE", path);

/** Say something while the page is being left: it arrives when the page is gone, and nobody waits for the answer. */
export const leaveWord = (path, body) => send("POST", path, body, null, { keepalive: true }).catch(() => {});

const send = (method, path, body, key = null, more = {}) =>
  ask(path, {
    ...more,
    method,
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": document.querySelector('meta[name="csrf"]').content,
      ...(key && { "Idempotency-Key": key }),
    },
    body: JSON.stringify(body),
  });

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, {
      credentials: "same-origin",
      signal: AbortSignal.timeout(20_000),
      ...options,
      headers: { Accept: "application/json", ...options.headers },
    });
  } catch {
    throw new Refusal(0, "");
  }
  if (response.redirected && new URL(response.url).pathname.startsWith("/accounts/")) {
    location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
    throw new Refusal(401, "");
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Refusal(response.status, body?.detail ?? "", body?.errors, body);
  return body;
}
