/* Puts the chat's button on a page and, once it is opened, its frame. Nothing of the page is read or changed besides. */

(() => {
  const script = document.currentScript;
  const channel = script?.dataset.channel;
  if (!channel || window.novelo?.open) return;
  const home = new URL(script.src).origin;
  const spoken = {} /* words */;
  const flag = `novelo:${channel}`;
  const earlier = Array.isArray(window.novelo) ? window.novelo : [];
  const frameUrl = new URL(`/chat/${channel}/frame/`, home);
  let language = script.dataset.lang || "";
  let frame = null;
  let alive = false;
  let shown = false;
  let identity;
  let unread = 0;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; --novelo: #4f46e5; --novelo-ink: #fff; }
    * { box-sizing: border-box; }
    button { align-items: center; background: var(--novelo); border: 0; border-radius: 50%; bottom: 20px; box-shadow: 0 2px 6px #0003, 0 8px 24px #0003; color: var(--novelo-ink); cursor: pointer; display: flex; height: 56px; justify-content: center; padding: 0; position: fixed; right: 20px; transition: transform .15s; width: 56px; z-index: 2147483000; }
    button:hover { transform: scale(1.05); }
    button:focus-visible { outline: 3px solid var(--novelo); outline-offset: 3px; }
    svg { fill: none; height: 26px; stroke: currentColor; stroke-linecap: round; stroke-linejoin: round; stroke-width: 2; width: 26px; }
    [hidden] { display: none !important; }
    b { background: #c0162f; border: 2px solid #fff; border-radius: 12px; color: #fff; font: 700 12px/20px system-ui, sans-serif; min-width: 24px; padding: 0 5px; position: absolute; right: -5px; text-align: center; top: -5px; }
    iframe { background: #fff; border: 0; border-radius: 16px; bottom: 88px; box-shadow: 0 2px 8px #0002, 0 16px 48px #0003; color-scheme: light dark; height: min(640px, calc(100dvh - 108px)); position: fixed; right: 20px; width: min(390px, calc(100vw - 40px)); z-index: 2147483000; }
    @media (prefers-color-scheme: dark) { iframe { background: #16181b; } }
    @media (max-width: 480px) { iframe { border-radius: 0; height: 100dvh; inset: 0; width: 100vw; } button[aria-expanded=true] { display: none; } }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }`);

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  const button = root.appendChild(document.createElement("button"));
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  const icon = (path) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.appendChild(document.createElementNS(svg.namespaceURI, "path")).setAttribute("d", path);
    return button.appendChild(svg);
  };
  const talk = icon("M21 11.5a8.4 8.4 0 0 1-8.5 8.3 8.7 8.7 0 0 1-3.8-.9L3 21l2-5.4a8.1 8.1 0 0 1-1-4.1A8.4 8.4 0 0 1 12.5 3 8.4 8.4 0 0 1 21 11.5z");
  const cross = icon("M6 9l6 6 6-6");
  const badge = button.appendChild(document.createElement("b"));
  badge.setAttribute("aria-hidden", "true");

  const words = () => {
    const wanted = (language || navigator.language || "").toLowerCase();
    const code = Object.keys(spoken).find((one) => one === wanted || one.slice(0, 2) === wanted.slice(0, 2));
    return spoken[code] ?? Object.values(spoken)[0];
  };

  const known = (value) => {
    try {
      if (value) localStorage.setItem(flag, value);
      return localStorage.getItem(flag);
    } catch {
      return null; // a page without storage: the chat begins when it is opened
    }
  };

  function paint() {
    const said = words();
    button.setAttribute("aria-expanded", String(shown));
    button.setAttribute("aria-label", shown ? said.close : unread ? `${said.open} (${said.news} ${unread})` : said.open);
    talk.toggleAttribute("hidden", shown);
    cross.toggleAttribute("hidden", !shown);
    badge.hidden = shown || !unread;
    badge.textContent = unread > 9 ? "9+" : unread;
    if (frame) {
      frame.hidden = !shown;
      frame.title = said.chat;
    }
  }

  function color(value) {
    if (!/^#[0-9a-f]{6}$/i.test(value ?? "")) return;
    const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(value.slice(at, at + 2), 16) / 255) ** 2.2);
    host.style.setProperty("--novelo", value);
    host.style.setProperty("--novelo-ink", 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.3 ? "#101018" : "#fff");
  }

  const tell = (message) => alive && frame.contentWindow.postMessage({ novelo: 1, ...message }, home);

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frameUrl.search = new URLSearchParams({ origin: location.origin, ...(language && { lang: language }) });
    frame.src = frameUrl.href;
    paint();
    const mine = frame;
    // It speaks before it is loaded whole. What does not speak is the browser's own page that it was not let in or not reached.
    mine.addEventListener("load", () => setTimeout(() => mine === frame && !alive && refuse(), 1000));
    root.append(frame);
  }

  function refuse() {
    unload();
    shown = false;
    paint();
    console.warn(`Novelo: no chat could be shown. Is ${location.origin} among the sites in the settings of channel ${channel}?`);
  }

  function unload() {
    frame?.remove();
    frame = null;
    alive = false;
  }

  const api = {
    open() {
      shown = true;
      load();
      tell({ type: "open" });
      paint();
    },
    close() {
      shown = false;
      tell({ type: "close" });
      paint();
    },
    /** Say who the visitor is (a token the site's server signed), or with null that nobody is signed in any more. */
    identify(token) {
      identity = token;
      tell({ type: "identify", token });
    },
    setLanguage(code) {
      language = String(code);
      const was = frame;
      unload();
      if (was) load();
      paint();
    },
    push: (...calls) => calls.forEach(([name, ...values]) => api[name]?.(...values)),
  };

  button.addEventListener("click", () => (shown ? api.close() : api.open()));
  root.addEventListener("keydown", (event) => event.key === "Escape" && shown && api.close());
  addEventListener("message", ({ data, origin, source }) => {
    if (!frame || source !== frame.contentWindow || origin !== home || data?.novelo !== 1) return;
    if (data.type === "ready") {
      alive = true;
      color(data.color);
      tell({ type: "page", page: location.origin + location.pathname });
      if (identity !== undefined) tell({ type: "identify", token: identity });
      if (shown) tell({ type: "open" });
    } else if (data.type === "unread") {
      unread = Number(data.count) || 0;
      paint();
    } else if (data.type === "talked") known("1");
    else if (data.type === "refused") dispatchEvent(new CustomEvent("novelo:refused", { detail: String(data.detail) }));
    else if (data.type === "close") {
      api.close();
      button.focus();
    }
  });

  color(script.dataset.color);
  paint();
  window.novelo = api;
  const settle = () => {
    document.body.append(host);
    api.push(...earlier);
    if ("open" in script.dataset) api.open();
    else if (known()) setTimeout(load, 1500); // who has talked here sees that there is something new
  };
  if (document.body) settle();
  else addEventListener("DOMContentLoaded", settle);
})();
