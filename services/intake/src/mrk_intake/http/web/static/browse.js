// The map of a list: Leaflet, loaded only here; the table beside it has the same numbers.
import { canvas, text } from "./map.js";

const SMALLEST = 26;
const LARGEST = 40;
const MOST_LINKS = 12;
const QUIET = { radius: 3, weight: 1, color: "#6f7d76", fillColor: "#6f7d76", fillOpacity: 0.35, interactive: false };

export async function browse(box) {
  box.hidden = false;
  try {
    const [{ L, map }, shapes] = await Promise.all([canvas(box, "overview", QUIET), read(box.dataset.shapes)]);
    const spots = together(shapes.features);
    const most = Math.max(1, ...spots.map(count));
    const markers = spots.map((spot) => marker(L, box, spot, most).addTo(map));
    if (markers.length) {
      map.fitBounds(L.featureGroup(markers).getBounds(), { padding: [30, 30], maxZoom: 15 });
    }
    box.dataset.ready = String(markers.length);
  } catch {
    document.getElementById("overview").hidden = true;
    const failed = document.getElementById("overview-failed");
    failed.textContent = box.dataset.failed;
    failed.hidden = false;
  }
}

// Reports of one point share a marker.
function together(features) {
  const spots = new Map();
  for (const each of features) {
    const at = String(each.geometry.coordinates);
    spots.set(at, [...(spots.get(at) ?? []), each]);
  }
  return [...spots.values()];
}

function count(spot) {
  return spot.reduce((sum, { properties }) => sum + (properties.reports ?? 1), 0);
}

function marker(L, box, spot, most) {
  const [lon, lat] = spot[0].geometry.coordinates;
  const reports = count(spot);
  const size = SMALLEST + (LARGEST - SMALLEST) * Math.sqrt((reports - 1) / most);
  const icon = L.divIcon({
    className: `spot ${spot.some(({ properties }) => properties.open) ? "open" : "solved"}`,
    html: reports > 1 ? String(reports) : "",
    iconSize: [size, size],
  });
  const { category, place, number } = spot[0].properties;
  const title = (reports > 1 ? place : [category, place].filter(Boolean).join(", ")) || number;
  return L.marker([lat, lon], { icon, title }).bindPopup(() => popup(box, spot, title), { maxHeight: 200 });
}

function popup(box, spot, title) {
  const shown = document.createElement("div");
  const name = document.createElement("b");
  name.textContent = title;
  shown.append(name);
  for (const { properties } of spot.slice(0, MOST_LINKS)) {
    const line = document.createElement("p");
    const link = document.createElement("a");
    link.href = properties.href;
    if (properties.reports === undefined) {
      link.textContent = box.dataset.report.replace("{number}", properties.number);
    } else {
      line.textContent = `${box.dataset.reports.replace("{reports}", properties.reports).replace("{open}", properties.open)} `;
      link.textContent = box.dataset.show;
    }
    line.append(link);
    shown.append(line);
  }
  if (spot.length > MOST_LINKS) shown.append("…");
  return shown;
}

async function read(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
