// Photos on the form: each goes up at once, shows how far it is, and may be taken out again.
import { Away, Refused, takeBack, upload } from "./tus.js";

const MOST = 5;
const MOST_BYTES = 10 * 1024 * 1024;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

export function photos(form, place) {
  const input = document.getElementById("photos");
  const list = document.getElementById("photo-list");
  const said = document.getElementById("photos-said");
  const told = document.getElementById("photos-told"); // what is heard; it is seen beside the file
  const model = document.getElementById("photo-model");
  const texts = list.dataset;
  const language = document.documentElement.lang;
  const items = [];
  let stopped = false;

  function show(item) {
    const { element, photo } = item;
    const share = photo.blob ? Math.round((100 * (photo.sent ?? 0)) / photo.blob.size) : 100;
    const bar = element.querySelector("progress");
    bar.value = share;
    bar.hidden = item.state !== "sending";
    const state = element.querySelector(".file-state");
    state.textContent = item.state === "refused" ? photo.refused
      : texts[item.state].replace("{share}", `${share}%`);
    state.classList.toggle("wrong", item.state === "refused");
    element.dataset.state = item.state;
  }

  function offer(item, { offer: taken }) {
    if (taken?.lat === undefined || !place) return;
    const use = item.element.querySelector(".use-place");
    use.hidden = false;
    use.addEventListener("click", () => {
      place({ lat: taken.lat, lon: taken.lon });
      use.hidden = true;
      form.elements.address.focus();
    });
  }

  async function send(item) {
    for (let tries = 0; !item.stop.signal.aborted; tries += 1) {
      try {
        item.state = "sending";
        show(item);
        const found = await upload(item.photo, { language, signal: item.stop.signal }, async () => {
          if (item.photo.sent === item.photo.blob.size) item.state = "examining";
          show(item);
        });
        item.photo.ready = true;
        item.state = "ready";
        show(item);
        offer(item, found);
        return;
      } catch (error) {
        if (item.stop.signal.aborted) return;
        if (error instanceof Refused) {
          item.photo.refused = error.message;
          item.state = "refused";
          show(item);
          told.textContent = `${item.photo.name}: ${error.message}`;
          return;
        }
        if (!(error instanceof Away)) throw error;
        item.state = "waiting";
        show(item);
        const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
        await pause(error.afterS === null ? wait : 1000 * error.afterS, item.stop.signal);
      }
    }
  }

  function add(photo) {
    const element = model.content.firstElementChild.cloneNode(true);
    const item = { photo, element, stop: new AbortController(), state: photo.ready ? "ready" : "waiting" };
    if (photo.refused) item.state = "refused";
    element.querySelector(".file").textContent = photo.name;
    const remove = element.querySelector(".remove");
    remove.setAttribute("aria-label", texts.remove.replace("{name}", photo.name));
    remove.addEventListener("click", () => {
      item.stop.abort();
      items.splice(items.indexOf(item), 1);
      element.remove();
      told.textContent = texts.removed.replace("{name}", photo.name);
      if (photo.token) takeBack(photo.token, language);
      input.focus();
    });
    const picture = element.querySelector("img");
    if (photo.blob?.type.startsWith("image/")) {
      picture.src = URL.createObjectURL(photo.blob);
      picture.onload = () => { picture.hidden = false; };
    }
    items.push(item);
    list.append(element);
    show(item);
    if (item.state === "waiting" && photo.blob) item.going = send(item);
  }

  async function choose(files) {
    const wrong = [];
    for (const file of files) {
      if (items.length >= MOST) wrong.push(`${file.name}: ${texts.many}`);
      else if (file.size > MOST_BYTES) wrong.push(`${file.name}: ${texts.large}`);
      else if (file.size === 0) wrong.push(`${file.name}: ${texts.empty}`);
      // a copy: the phone may take the file away while the report waits
      else add({ name: file.name, type: file.type, blob: new Blob([await file.arrayBuffer()], { type: file.type }) });
    }
    said.textContent = wrong.join(" ");
  }

  // what the server kept of a form that came back
  document.querySelectorAll("#kept-photos input[name=unggahan]").forEach((kept) => {
    const [, token, name] = /^(\S+) (.*)$/s.exec(kept.value);
    add({ name, token, ready: true });
  });
  document.getElementById("kept-photos")?.remove();
  input.removeAttribute("name"); // chosen files go up by themselves
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    await choose(files);
  });

  return {
    /** Shows photos that a report has already. */
    show(these) { these.forEach((photo) => add({ ...photo })); },
    /** The report's photos from here on: nothing more is sent by the form. */
    hand() {
      stopped = true;
      items.forEach((item) => item.stop.abort());
      return items.map(({ photo }) => ({ ...photo }));
    },
    /** Goes on after `hand`. */
    resume() {
      if (!stopped) return;
      stopped = false;
      for (const item of items) {
        item.stop = new AbortController();
        if (!item.photo.ready && !item.photo.refused) send(item);
      }
    },
    /** Until each is up, refused or taken out. */
    settled: () => Promise.all(items.map((item) => item.going)),
    /** A photo that the server does not take: it must go first. */
    refused: () => items.find((item) => item.state === "refused")?.element.querySelector(".remove"),
  };
}

/** Waits; less long where the network comes back. */
function pause(ms, signal) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
