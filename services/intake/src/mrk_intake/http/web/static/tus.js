// A photo goes up in pieces (tus 1.0.0), from where it stopped; then it is examined.

const UPLOADS = "/api/v1/uploads";
const PIECE = 256 * 1024;
const SLOW_MS = 60_000;
const EXAMINED_MS = 60_000;

/** Not now: no network, or the server is at its limit. */
export class Away extends Error {
  constructor(afterS = null) {
    super("away");
    this.afterS = afterS;
  }
}

/** Never: the server says why, in the reader's language. */
export class Refused extends Error {}

/** What a `Retry-After` says, in seconds; null where it says nothing. */
export function retryAfter(answer) {
  const seconds = Number.parseInt(answer.headers.get("retry-after") ?? "", 10);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

/** Whether an answer is the server's own word, and not that of a network that wants a login. */
export function isOurs(answer) {
  return /^application\/(problem\+)?json/.test(answer.headers.get("content-type") ?? "");
}

/** Whether to come again later. */
export function isTransient(status) {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

async function call(method, path, { language, signal, headers = {}, body = null }) {
  const signals = [AbortSignal.timeout(SLOW_MS), ...(signal ? [signal] : [])];
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { "tus-resumable": "1.0.0", "accept-language": language, ...headers },
      body,
      cache: "no-store",
      signal: AbortSignal.any ? AbortSignal.any(signals) : signal ?? signals[0],
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Away();
  }
  if (answer.ok || answer.status === 404 || answer.status === 409) return answer;
  if (isTransient(answer.status) || !isOurs(answer)) throw new Away(retryAfter(answer));
  const problem = await answer.json();
  throw new Refused(problem.detail ?? problem.title);
}

async function begin(photo, how) {
  const type = photo.type ? { "upload-metadata": `filetype ${btoa(photo.type)}` } : {};
  const answer = await call("POST", UPLOADS, {
    ...how, headers: { "upload-length": String(photo.blob.size), ...type },
  });
  const place = answer.headers.get("location");
  if (answer.status !== 201 || !place) throw new Away();
  return place.slice(place.lastIndexOf("/") + 1);
}

/** How far it is; null where the server does not know it any more. */
async function offset(photo, how) {
  const answer = await call("HEAD", `${UPLOADS}/${photo.token}`, how);
  const told = answer.headers.get("upload-offset");
  if (answer.status === 404) return null;
  if (told === null) throw new Away();
  return Number(told);
}

async function piece(photo, at, how) {
  const answer = await call("PATCH", `${UPLOADS}/${photo.token}`, {
    ...how,
    headers: { "content-type": "application/offset+octet-stream", "upload-offset": String(at) },
    body: photo.blob.slice(at, at + PIECE),
  });
  return answer.status === 204 ? Number(answer.headers.get("upload-offset")) : null;
}

async function examined(photo, how) {
  const until = Date.now() + EXAMINED_MS;
  for (;;) {
    const answer = await call("GET", `${UPLOADS}/${photo.token}`, how);
    if (answer.status !== 200 || !isOurs(answer)) throw new Away();
    const told = await answer.json();
    if (told.state === "refused") throw new Refused(told.refused.text);
    if (told.state === "ready") return told;
    if (told.state !== "examining" || Date.now() > until) throw new Away(10);
    await new Promise((done) => { setTimeout(done, 1000 * (retryAfter(answer) ?? 1)); });
  }
}

/**
 * Sends a photo's bytes, from where they stopped, and waits until it is examined.
 * @param photo { blob, type, token }; its token is set.
 * @param how { language, signal }.
 * @param said called with the photo when its token or its share (`sent`) changed.
 * @returns what the server tells of it.
 * @throws Away, Refused; what `signal` throws.
 */
export async function upload(photo, how, said = async () => {}) {
  for (;;) {
    if (!photo.token) {
      photo.token = await begin(photo, how);
      photo.sent = 0;
      await said(photo);
    }
    let at = await offset(photo, how);
    while (at !== null && at < photo.blob.size) {
      photo.sent = at;
      await said(photo);
      // where another tab went on meanwhile, the server says how far it is
      at = await piece(photo, at, how) ?? await offset(photo, how);
    }
    if (at === null) {
      photo.token = null;
      continue;
    }
    photo.sent = photo.blob.size;
    await said(photo);
    return examined(photo, how);
  }
}

/** Takes an upload back; one that cannot be reached now is given up by the server in time. */
export async function takeBack(token, language) {
  try {
    await call("DELETE", `${UPLOADS}/${token}`, { language });
  } catch (error) {
    if (!(error instanceof Away || error instanceof Refused)) throw error;
  }
}
