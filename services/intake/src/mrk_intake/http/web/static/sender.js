// Sends what the phone keeps, once each: one sender at a time, and the same key however often.
import { all, get, put } from "./store.js";
import { solution } from "./sum.js";
import { Away, Refused, isOurs, isTransient, retryAfter, upload } from "./tus.js";

const LOCK = "mrk-send";
const PROBE = "/pekerja.js";
const SLOW_MS = 60_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15 * 60_000;

/** Nothing else sends while `work` runs, in any tab and in the service worker. */
export function alone(work) {
  return navigator.locks ? navigator.locks.request(LOCK, work) : work();
}

/** Whether a report is still to be sent. */
export const isDue = (report) => report.state === "waiting" || report.state === "sending";

/** False where there is surely no network: nothing is tried then, and nothing on the page moves. */
const mayReach = () => navigator.onLine !== false;

/** Sends what is due: at once (`hurry`), but never before the server allows it; else by back-off. */
export function sendAll({ hurry = false } = {}) {
  return alone(async () => {
    for (const { key } of mayReach() ? (await all()).filter(isDue) : []) {
      const report = await get(key);
      const from = hurry ? report?.notBefore : Math.max(report?.notBefore ?? 0, report?.nextAt ?? 0);
      if (report && isDue(report) && (from ?? 0) <= Date.now()) await send(report);
    }
  });
}

/** Sends one report now; the report as it is after that. */
export function sendOne(key) {
  return alone(async () => {
    const report = await get(key);
    if (report && mayReach() && isDue(report) && (report.notBefore ?? 0) <= Date.now()) await send(report);
    return get(key);
  });
}

async function send(report) {
  await put({ ...report, state: "sending" });
  try {
    await photos(report);
    await post(report);
  } catch (error) {
    if (error instanceof Away) await later(report, error.afterS);
    else throw error;
  }
}

/** Photos that are not with the server yet; a refused one needs the reporter's look. */
async function photos(report) {
  for (const photo of report.photos) {
    if (photo.ready) continue;
    try {
      if (!photo.blob) throw new Refused(null);
      await upload(photo, { language: report.language }, () => put({ ...report, state: "sending" }));
      photo.ready = true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      photo.refused = error.message || true;
    }
    await put({ ...report, state: "sending" });
  }
}

async function post(report, again = true) {
  if (report.photos.some((photo) => photo.refused)) {
    await look(report, {});
    return;
  }
  await reachable();
  const before = report.attempted ?? false;
  report.attempted = true; // from here on the server may have it
  await put({ ...report, state: "sending" });
  const [answer, told] = await proven(report, await asked(report));
  if (answer.status === 201 && told?.number) {
    const { key, at } = report;
    await put({ key, at, state: "sent", sentAt: Date.now(), ...told });
    return;
  }
  if (told === null || isTransient(answer.status) || answer.status < 400) {
    if (told !== null && answer.status === 429) report.attempted = before;
    throw new Away(retryAfter(answer));
  }
  const lost = (told.photos ?? []).filter(({ code }) => code === "gone" || code === "incomplete");
  const onlyPhotos = !told.errors?.length && !told.notice && told.photos?.length;
  if (!told.notice) report.attempted = false; // the server has surely not taken it
  if (onlyPhotos && told.photos.every(({ code }) => code === "examining")) throw new Away(5);
  if (onlyPhotos && again && lost.length === told.photos.length) {
    const tokens = new Set(lost.map((photo) => photo.upload));
    for (const photo of report.photos) {
      if (tokens.has(photo.token)) Object.assign(photo, { token: null, ready: false });
    }
    await photos(report);
    await post(report, false);
    return;
  }
  for (const { upload: token, message } of told.photos ?? []) {
    const photo = report.photos.find((each) => each.token === token);
    if (photo) photo.refused = message;
  }
  await look(report, told);
}

/** Asks for nothing, so that a report that cannot have arrived stays one that may be changed. */
async function reachable() {
  const answer = await fetch(PROBE, {
    method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(SLOW_MS),
  }).catch(() => null);
  if (!answer) throw new Away();
  if (!answer.ok) throw new Away(retryAfter(answer));
}

async function asked(report, solved = "") {
  const answer = await ask(report, solved);
  return [answer, isOurs(answer) ? await read(answer) : null];
}

/** Near a limit this device works a little first; nobody is asked anything. */
async function proven(report, [answer, told]) {
  if (answer.status !== 429 || !told?.challenge) return [answer, told];
  const solved = await solution(told.challenge).catch(() => null); // else it waits as it is told
  return solved === null ? [answer, told] : asked(report, solved);
}

async function ask(report, solved) {
  const body = new URLSearchParams({
    ...report.fields, kunci: report.key, bahasa: report.language, solusi: solved,
  });
  report.photos.forEach((photo) => body.append("unggahan", `${photo.token} ${photo.name}`));
  try {
    return await fetch("/lapor", {
      method: "POST",
      headers: { accept: "application/json" },
      body,
      cache: "no-store",
      signal: AbortSignal.timeout(SLOW_MS),
    });
  } catch {
    throw new Away(); // the server may have taken it: the same key will tell
  }
}

/** An answer's JSON; one that is cut off is no answer. */
async function read(answer) {
  try {
    return await answer.json();
  } catch {
    throw new Away();
  }
}

async function look(report, told) {
  const { errors = [], notice = null, title = null, detail = null } = told;
  await put({ ...report, state: "look", problem: { errors, notice, title, detail } });
}

async function later(report, afterS) {
  const tries = (report.tries ?? 0) + 1;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.75 + Math.random() / 2);
  const notBefore = afterS === null ? 0 : Date.now() + 1000 * afterS;
  await put({ ...report, state: "waiting", tries, notBefore, nextAt: Date.now() + wait });
}
