// The service worker: keeps the form and its files for when there is no network, and sends what
// waits. A page that shows a report, its receipt or its photos is never kept.
import { isDue, sendAll } from "./sender.js";
import { all } from "./store.js";

const PREFIX = "mrk-";
const PATIENCE_MS = 4_000;

/**
 * @param cache the release's own cache.
 * @param pages what is shown without a network: the same for everybody, but for the language.
 * @param files their scripts and styles.
 * @param data what these ask for.
 * @param otherwise the page that is shown instead of any other.
 */
export function serve({ cache, pages, files, data, otherwise }) {
  const name = PREFIX + cache;
  const known = new Set([...pages, ...data]);

  addEventListener("install", (event) => {
    event.waitUntil((async () => {
      const kept = await caches.open(name);
      await Promise.all([...pages, otherwise, ...data].map((path) => fresh(kept, path)));
      await kept.addAll(files);
      await skipWaiting();
    })());
  });

  addEventListener("activate", (event) => {
    event.waitUntil((async () => {
      const old = (await caches.keys()).filter((each) => each.startsWith(PREFIX) && each !== name);
      await Promise.all(old.map((each) => caches.delete(each)));
      await clients.claim();
    })());
  });

  addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== location.origin) return;
    if (url.pathname.startsWith("/static/")) event.respondWith(keptFirst(request));
    else if (known.has(url.pathname) && !url.search) event.respondWith(networkFirst(request, url.pathname));
    else if (request.mode === "navigate") {
      event.respondWith(fetch(request).catch(() => keptPage(otherwise)));
      // another language was chosen: the kept pages follow
      if (url.pathname.startsWith("/bahasa/")) event.waitUntil(again());
    }
  });

  addEventListener("sync", (event) => {
    if (event.tag !== "mrk-send") return;
    event.waitUntil((async () => {
      await sendAll({ hurry: true });
      // the browser then wakes this worker again
      if ((await all()).some(isDue)) throw new Error("reports still wait");
    })());
  });

  async function keptFirst(request) {
    const kept = await caches.open(name);
    const found = await kept.match(request);
    if (found) return found;
    const answer = await fetch(request);
    if (answer.ok) await kept.put(request, answer.clone());
    return answer;
  }

  async function networkFirst(request, path) {
    const asked = fetch(request).then(async (answer) => {
      if (answer.status === 200) await (await caches.open(name)).put(path, answer.clone());
      return answer;
    });
    const slow = new Promise((done) => { setTimeout(done, PATIENCE_MS, null); });
    const first = await Promise.race([asked, slow]).catch(() => null);
    return first ?? await keptPage(path) ?? asked;
  }

  async function keptPage(path) {
    return (await caches.open(name)).match(path);
  }

  async function fresh(kept, path) {
    const answer = await fetch(path, { cache: "reload" });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
    await kept.put(path, answer);
  }

  async function again() {
    const kept = await caches.open(name);
    await Promise.all([...pages, otherwise].map((path) => fresh(kept, path)));
  }
}
