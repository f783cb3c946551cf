// The form is kept in the phone before it is sent: whatever happens then, nothing typed is lost.
import { alone, sendOne } from "./sender.js";
import { get, newKey, put } from "./store.js";
import { tell } from "./steps.js";

const QUEUE = "/antrean";
const PATIENCE_MS = 20_000;
const NOT_FIELDS = new Set(["kunci", "bahasa", "unggahan", "hapus", "foto", "dilihat"]);

export async function submitting(form, photos, goTo) {
  const said = document.getElementById("sending");
  const key = form.elements.kunci;
  // a page that was kept for later must not give its key to every report that is written on it;
  // one that is gone back to has the key of what stands in it
  if ("fresh" in form.dataset) {
    key.value = history.state?.key ?? newKey();
    history.replaceState({ key: key.value }, "");
  }
  form.addEventListener("submit", async (event) => {
    if (event.submitter?.name === "ikuti") { // no report of its own, so nothing to keep
      carry(form, photos.hand());
      return;
    }
    event.preventDefault();
    const refused = photos.refused();
    if (refused) {
      goTo(refused);
      return;
    }
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    said.textContent = form.dataset.sending;
    const report = gathered(form, photos.hand());
    try {
      await put(report);
    } catch {
      photos.resume();
      plainly(form, report); // a browser that keeps nothing sends it the plain way
      return;
    }
    await later();
    const after = await Promise.race([
      sendOne(report.key),
      new Promise((done) => { setTimeout(done, PATIENCE_MS, null); }),
    ]);
    if (after?.state === "sent") location.assign(after.receipt);
    else if (after?.state === "look" && after.problem.title === null) {
      await put({ ...after, state: "held" }); // the form comes back with what is wrong beside it
      plainly(form, after);
    } else location.assign(QUEUE);
  });
  const wanted = /^#antrean=([\w-]+)$/.exec(location.hash)?.[1];
  if (wanted) await change(form, photos, wanted, goTo);
}

/** The form of staff: a browser that many share keeps nothing; it goes when its photos are up. */
export function attended(form, photos, goTo) {
  const said = document.getElementById("sending");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    said.textContent = form.dataset.sending;
    await photos.settled();
    const refused = photos.refused();
    if (refused) {
      form.removeAttribute("aria-busy");
      said.textContent = "";
      goTo(refused);
      return;
    }
    plainly(form, { photos: photos.hand() });
  });
}

function gathered(form, photos) {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (!NOT_FIELDS.has(name) && typeof value === "string") fields[name] = value;
  }
  return {
    key: form.elements.kunci.value,
    at: Date.now(),
    language: form.elements.bahasa.value,
    fields,
    photos,
    state: "waiting",
  };
}

/** Sends it as a browser without scripts would. */
function plainly(form, report) {
  carry(form, report.photos);
  form.submit();
}

/** Puts the uploads into the form's fields: should it come back, it has them still. */
function carry(form, photos) {
  for (const photo of photos) {
    if (!photo.token) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "unggahan", value: `${photo.token} ${photo.name}` });
    form.append(field);
  }
}

/** Wakes the service worker when the network is back, where the browser can. */
async function later() {
  const worker = await navigator.serviceWorker?.getRegistration();
  // refused in some browsers and by some people: then the page sends when it is open
  await worker?.sync?.register("mrk-send").catch(() => null);
}

/** Puts a report that waits back into the form. */
async function change(form, photos, wanted, goTo) {
  history.replaceState(null, "", location.pathname);
  const report = await alone(async () => {
    const found = await get(wanted);
    if (!found || found.state === "sent" || found.attempted) return null;
    const held = { ...found, state: "held" };
    await put(held);
    return held;
  });
  if (report === null) {
    location.assign(QUEUE);
    return;
  }
  form.elements.kunci.value = report.key;
  form.elements.bahasa.value = report.language;
  for (const field of form.querySelectorAll("[type=checkbox]")) field.checked = false;
  for (const [name, value] of Object.entries(report.fields)) {
    const field = form.elements[name];
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = true;
    else if (field) field.value = value;
  }
  form.elements.text.dispatchEvent(new Event("input"));
  photos.show(report.photos);
  const wrong = (report.problem?.errors ?? [])
    .map(({ field, message }) => [document.getElementById(field), message])
    .filter(([field]) => field);
  wrong.forEach(([field, message]) => tell(field, message));
  if (wrong.length) goTo(wrong[0][0]);
}
