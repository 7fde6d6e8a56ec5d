/* What is new, as it happens: server-sent events read with a header, which EventSource cannot send. Comes back by its cursor. */

const SILENCE = 50_000; // the server's heart beats every 20 s
const LONGEST = 30_000;

/** onEvent(kind, data); onState(alive); `open(after, signal)` asks for the stream; onRefused(refusal) when it is closed to us. */
export function createStream({ open, onEvent, onState, onRefused }) {
  let last = null;
  let stop = null;
  let tries = 0;
  let timer = 0;
  let watch = 0;

  async function run() {
    clearTimeout(timer);
    stop?.abort();
    const mine = (stop = new AbortController());
    heard();
    try {
      const response = await open(last, mine.signal);
      tries = 0;
      onState(true);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        heard();
        text += value;
        const parts = text.split("\n\n");
        text = parts.pop();
        parts.forEach(take);
      }
    } catch (refusal) {
      if (mine !== stop) return;
      if (refusal.status && !refusal.passing) return onRefused(refusal);
    }
    if (mine === stop) again();
  }

  function take(part) {
    const event = { id: "", event: "", data: "" };
    for (const line of part.split("\n")) {
      const at = line.indexOf(": ");
      if (at > 0) event[line.slice(0, at)] = line.slice(at + 2);
    }
    if (event.event) onEvent(event.event, JSON.parse(event.data || "{}"));
    if (event.id) last = Number(event.id); // after it was shown: what broke off comes again
  }

  function heard() {
    clearTimeout(watch);
    watch = setTimeout(() => stop?.abort(), SILENCE);
  }

  function again() {
    clearTimeout(timer);
    clearTimeout(watch);
    onState(false);
    timer = setTimeout(run, Math.min(LONGEST, 500 * 2 ** tries++) * (0.5 + Math.random() / 2));
  }

  return {
    /** Listen from this number of the feed on. */
    start(after) {
      last = after;
      tries = 0;
      run();
    },
    /** Try again at once. */
    wake() {
      if (last === null) return;
      tries = 0;
      run();
    },
    stop() {
      clearTimeout(timer);
      clearTimeout(watch);
      const was = stop;
      stop = null;
      was?.abort();
    },
  };
}
