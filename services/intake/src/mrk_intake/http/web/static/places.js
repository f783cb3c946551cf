// Where it is: by the phone's location, by name, or on a map that is loaded when it is asked for.
import { ask, settled } from "./ask.js";

export function places(form) {
  const { address, lat, lon } = form.elements;
  const said = document.getElementById("place");
  const names = document.getElementById("places");
  const tools = document.getElementById("place-tools");
  const locate = document.getElementById("locate");
  const open = document.getElementById("open-map");
  const box = document.getElementById("map-box");
  let map = null;

  async function point(at) {
    lat.value = at.lat.toFixed(6);
    lon.value = at.lon.toFixed(6);
    const found = await ask("/bantu/tempat", { point: { lat: at.lat, lon: at.lon } });
    if (!found) said.textContent = form.dataset.pinned;
    else if (!found.found) said.textContent = form.dataset.outside;
    else {
      said.textContent = form.dataset.found.replace("{place}", found.found);
      if (!address.value.trim()) address.value = found.found;
    }
  }

  const search = settled(async (signal) => {
    const found = await ask("/bantu/tempat", { words: address.value }, signal)
      ?? { places: await keptPlaces(address.value), found: null };
    if (signal.aborted) return;
    const before = address.value.replace(/[^,]*$/, "");
    names.replaceChildren(...found.places.map((name) => new Option(name, before ? `${before} ${name}` : name)));
    if (!lat.value) {
      said.textContent = found.found ? form.dataset.found.replace("{place}", found.found) : "";
    }
  });

  locate.addEventListener("click", () => {
    said.textContent = form.dataset.searching;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => point({ lat: coords.latitude, lon: coords.longitude }),
      () => { said.textContent = form.dataset.denied; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
    );
  });
  open.addEventListener("click", async () => {
    const opening = box.hidden;
    box.hidden = !opening;
    open.setAttribute("aria-expanded", String(opening));
    if (!opening || map) return;
    try {
      const { openMap } = await import("./map.js");
      map = await openMap(box, point, lat.value ? [Number(lat.value), Number(lon.value)] : null);
    } catch {
      box.hidden = true;
      open.setAttribute("aria-expanded", "false");
      said.textContent = form.dataset.mapFailed;
    }
  });
  address.addEventListener("input", search);
  locate.hidden = !("geolocation" in navigator);
  tools.hidden = false;
  if (lat.value && lon.value) point({ lat: Number(lat.value), lon: Number(lon.value) });
  return point;
}

/** Names of kelurahan that are in the phone, for when there is no network. */
async function keptPlaces(words) {
  const last = words.slice(words.lastIndexOf(",") + 1).trim().toLowerCase();
  if (last.length < 3) return [];
  const answer = await fetch("/bantu/kelurahan").catch(() => null);
  if (!answer?.ok) return [];
  return (await answer.json())
    .map(([name, district]) => `${name}, ${district}`)
    .filter((name) => name.toLowerCase().startsWith(last))
    .slice(0, 8);
}
