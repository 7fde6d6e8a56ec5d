/* The live feed of this page: one stream a browser through a shared worker, or its own where there is none. */

/**
 * Follow the feed after sequence number `after`.
 * onEvent(kind, object) for each change, in order; onResync() when too much was missed; onState(alive) when the stream breaks or returns.
 */
export function follow({ worker, name, after, onEvent, onResync, onState }) {
  let seen = after;

  function hear(kind, object) {
    onEvent(kind, object);
    document.dispatchEvent(new CustomEvent("novelo:feed", { detail: { kind, object } }));
  }

  function receive({ type, seq, kind, data }) {
    if (type === "alive") onState(true);
    else if (type === "lost") onState(false);
    else if (type === "resync") onResync();
    else if (type === "passing") hear(kind, JSON.parse(data));
    else if (type === "event" && seq > seen) {
      seen = seq;
      hear(kind, JSON.parse(data));
    }
  }

  let send;
  function connect() {
    if (window.SharedWorker) {
      const { port } = new SharedWorker(worker, { name });
      port.onmessage = ({ data }) => receive(data);
      send = (message) => port.postMessage(message);
    } else {
      const own = new Worker(worker, { name });
      own.onmessage = ({ data }) => receive(data);
      send = (message) => own.postMessage(message);
    }
    send({ after: seen });
  }
  connect();
  addEventListener("pagehide", () => send({ bye: true }));
  addEventListener("pageshow", (event) => event.persisted && connect());
  addEventListener("online", () => send({ retry: true }));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send({ looks: true }));

  return {
    /** The page was read anew as of this number: older events say nothing new. */
    restart(seq) {
      seen = seq;
      send({ after: seq });
    },
  };
}
