// The reports that this phone keeps, in IndexedDB: until they are sent, then number and secret alone.
// A report: { key, at, language, fields, photos, state, attempted, tries, nextAt, notBefore, problem }.
// Once sent: { key, at, state: "sent", number, secret, receipt, kept }.

const NAME = "mrk";
const REPORTS = "reports";
const news = typeof BroadcastChannel === "function" ? new BroadcastChannel("mrk-reports") : null;

let opening;

function database() {
  opening ??= new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(REPORTS, { keyPath: "key" });
    request.onsuccess = () => {
      // another tab with a newer page must not wait for this one
      request.result.onversionchange = () => { request.result.close(); opening = undefined; };
      done(request.result);
    };
    request.onerror = () => { opening = undefined; failed(request.error); };
  });
  return opening;
}

/** One transaction; what `work` asks for, once all of it is durable. */
async function within(mode, work) {
  const db = await database();
  return new Promise((done, failed) => {
    const transaction = db.transaction(REPORTS, mode, { durability: "strict" });
    const asked = work(transaction.objectStore(REPORTS));
    transaction.oncomplete = () => done(asked.result);
    transaction.onabort = () => failed(transaction.error);
  });
}

/** All reports, the oldest first. */
export async function all() {
  const found = await within("readonly", (reports) => reports.getAll());
  return found.sort((one, other) => one.at - other.at);
}

export const get = (key) => within("readonly", (reports) => reports.get(key));

export async function put(report) {
  await within("readwrite", (reports) => reports.put(report));
  tell();
}

export async function remove(key) {
  await within("readwrite", (reports) => reports.delete(key));
  tell();
}

const listeners = new Set();

function tell() {
  news?.postMessage("changed");
  listeners.forEach((listener) => listener());
}

/** Calls `listener` when a report changes, here or in another tab. */
export function changed(listener) {
  listeners.add(listener);
  news?.addEventListener("message", listener);
}

/** A key for a report: 192 random bits, as the server draws them. */
export function newKey() {
  const drawn = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...drawn)).replaceAll("+", "-").replaceAll("/", "_");
}
