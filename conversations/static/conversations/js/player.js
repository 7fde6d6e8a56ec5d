/* Sound in a bubble: play, seek, how long, how fast; a voice note shows its loudness. One plays at a time. */

import { copy, draw, fill, slots, words, write } from "../../hub/js/dom.js";

const SPEEDS = [1, 1.5, 2];
const SHELF = "novelo:speed";
const BARS = 44;
const DRAWN_UP_TO = 1_500_000; // bytes
const STEPS = 1000;
let playing = null;

/** A player for a stored sound: {url, voice, size, filename}. */
export function createPlayer({ url, voice, size, filename }) {
  const element = copy("sound");
  const s = slots(element);
  const { audio } = s;
  element.classList.toggle("voice", voice);
  element.setAttribute("aria-label", filename || (voice ? words.media.voice : words.forms_of_kind.audio));
  audio.src = url;
  let held = false;

  function paint() {
    const known = Number.isFinite(audio.duration);
    const place = known && audio.duration ? audio.currentTime / audio.duration : 0;
    if (!held) s.seek.value = Math.round(place * STEPS);
    element.style.setProperty("--place", String(held ? s.seek.value / STEPS : place));
    const said = audio.currentTime > 0 || !known ? audio.currentTime : audio.duration;
    write(s.time, audio.readyState || audio.currentTime ? minutes(said) : "–:––");
    s.seek.setAttribute("aria-valuetext", fill(words.media.heard, { at: minutes(audio.currentTime), of: known ? minutes(audio.duration) : "?" }));
    draw(s.play, audio.paused ? "play" : "pause");
    s.play.setAttribute("aria-label", audio.paused ? words.media.play : words.media.pause);
  }

  function setSpeed(speed) {
    audio.playbackRate = speed;
    const shown = `${new Intl.NumberFormat(document.documentElement.lang).format(speed)}×`;
    write(s.speed, shown);
    s.speed.setAttribute("aria-label", fill(words.media.speed, { speed: shown }));
  }

  s.play.addEventListener("click", () => (audio.paused ? audio.play().catch(failed) : audio.pause()));
  s.speed.addEventListener("click", () => {
    const next = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
    remember(next);
    setSpeed(next);
  });
  s.seek.addEventListener("input", () => {
    held = true;
    if (Number.isFinite(audio.duration)) audio.currentTime = (s.seek.value / STEPS) * audio.duration;
    paint();
  });
  s.seek.addEventListener("change", () => (held = false));
  audio.addEventListener("play", () => {
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    if (audio.playbackRate !== remembered()) setSpeed(remembered());
  });
  audio.addEventListener("ended", () => (audio.currentTime = 0));
  for (const name of ["play", "pause", "timeupdate", "loadedmetadata", "durationchange", "seeked", "ended"]) audio.addEventListener(name, paint);
  function failed() {
    write(s.time, words.media.cannot_play);
    s.play.disabled = true;
  }
  audio.addEventListener("error", failed);
  setSpeed(remembered());
  paint();
  if (voice && size && size <= DRAWN_UP_TO) whenSeen(element, () => drawLoudness(s.wave, url));
  return element;
}

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function remembered() {
  const kept = Number(read());
  return SPEEDS.includes(kept) ? kept : 1;
}

function read() {
  try {
    return localStorage.getItem(SHELF);
  } catch {
    return null;
  }
}

function remember(speed) {
  try {
    localStorage.setItem(SHELF, String(speed));
  } catch {
    // Without storage the speed lives as long as the page.
  }
}

function whenSeen(element, act) {
  const watcher = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    watcher.disconnect();
    act();
  });
  watcher.observe(element);
}

/** Draw how loud a voice note is, from its own sound; one that cannot be read keeps its plain line. */
async function drawLoudness(place, url) {
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) return;
    const sound = await new OfflineAudioContext(1, 1, 16_000).decodeAudioData(await answer.arrayBuffer());
    const samples = sound.getChannelData(0);
    const each = Math.max(1, Math.floor(samples.length / BARS));
    const peaks = Array.from({ length: BARS }, (_, bar) => {
      let sum = 0;
      for (let n = bar * each; n < Math.min((bar + 1) * each, samples.length); n += 1) sum += samples[n] ** 2;
      return Math.sqrt(sum / each);
    });
    const loudest = Math.max(...peaks, 0.01);
    place.replaceChildren(
      ...peaks.map((peak, bar) => {
        const line = document.createElement("i");
        line.style.setProperty("--loud", (0.12 + 0.88 * (peak / loudest)).toFixed(2));
        line.style.setProperty("--at", (bar / BARS).toFixed(3));
        return line;
      }),
    );
    place.parentElement.classList.add("drawn");
  } catch {
    // Some browsers read no Opus here; the line stays.
  }
}
