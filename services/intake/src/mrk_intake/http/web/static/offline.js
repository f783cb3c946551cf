// On every page: the worker that keeps the form, and sending what waits in this phone.
import { isDue, sendAll } from "./sender.js";
import { all, changed } from "./store.js";

const SOON_MS = 1_000;

export async function offline(banner) {
  if (typeof indexedDB === "undefined" || !indexedDB) return;
  // where there is none, the pages still work with a network
  navigator.serviceWorker?.register("/pekerja.js", { type: "module", updateViaCache: "none" })
    .catch(() => null);
  let timer;

  async function look() {
    const reports = await all();
    if (banner) {
      banner.querySelector("b").textContent = String(reports.length);
      banner.hidden = reports.length === 0 || location.pathname === "/antrean";
    }
    clearTimeout(timer);
    const times = reports.filter(({ state }) => state === "waiting").map((each) => Math.max(each.notBefore ?? 0, each.nextAt ?? 0));
    if (times.length) {
      timer = setTimeout(() => sendAll(), Math.max(SOON_MS, Math.min(...times) - Date.now()));
    }
    return reports.some(isDue);
  }

  let waits;
  try {
    waits = await look();
  } catch {
    return; // a browser that keeps nothing for its pages: nothing waits
  }
  changed(look);
  addEventListener("online", () => sendAll({ hurry: true }));
  if (waits) await sendAll({ hurry: true });
}
