// The map of a list: Leaflet, loaded only here; the table beside it has the same numbers.
import { canvas, text } from "./map.js";

const SMALLEST = 26;
const LARGEST = 40;
const GAP = 2;
const MOST_LINKS = 12;
const QUIET = { radius: 3, weight: 1, color: "#6f7d76", fillColor: "#6f7d76", fillOpacity: 0.35, interactive: false };

export async function browse(box) {
  box.hidden = false;
  try {
    const [{ L, map }, shapes] = await Promise.all([canvas(box, "overview", QUIET), read(box.dataset.shapes)]);
    const spots = [...shapes.features].sort((one, other) => count([other]) - count([one]));
    const layer = L.layerGroup().addTo(map);
    const draw = () => {
      const groups = together(map, spots);
      const most = Math.max(1, ...groups.map(count));
      layer.clearLayers();
      for (const group of groups) marker(L, box, group, most).addTo(layer);
      box.dataset.ready = String(groups.length);
    };
    if (spots.length) map.fitBounds(spots.map(place), { padding: [30, 30], maxZoom: 15, animate: false });
    draw();
    map.on("zoomend", draw);
  } catch {
    document.getElementById("overview").hidden = true;
    const failed = document.getElementById("overview-failed");
    failed.textContent = box.dataset.failed;
    failed.hidden = false;
  }
}

// What would lie over each other at this zoom shares a marker, at the place that has the most.
function together(map, spots) {
  const groups = [];
  for (const spot of spots) {
    const at = map.latLngToLayerPoint(place(spot));
    const near = groups.find((group) => group.at.distanceTo(at) < LARGEST + GAP);
    if (near) near.spots.push(spot);
    else groups.push({ at, spots: [spot] });
  }
  return groups.map((group) => group.spots);
}

function place({ geometry }) {
  const [lon, lat] = geometry.coordinates;
  return [lat, lon];
}

function count(spot) {
  return spot.reduce((sum, { properties }) => sum + (properties.reports ?? 1), 0);
}

function marker(L, box, spot, most) {
  const reports = count(spot);
  const size = SMALLEST + (LARGEST - SMALLEST) * Math.sqrt((reports - 1) / most);
  const icon = L.divIcon({
    className: `spot ${spot.some(({ properties }) => properties.open) ? "open" : "solved"}`,
    html: reports > 1 ? String(reports) : "",
    iconSize: [size, size],
  });
  const places = new Set(spot.map(({ properties }) => properties.place).filter(Boolean));
  const { category, number } = spot[0].properties;
  const [first] = places;
  const title = (reports > 1 ? first : [category, first].filter(Boolean).join(", ")) || number;
  const more = places.size > 1 ? `${title} (+${places.size - 1})` : title;
  return L.marker(place(spot[0]), { icon, title: more }).bindPopup(() => popup(box, spot, more), { maxHeight: 200 });
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
      const where = spot.length > 1 ? `${properties.place}. ` : "";
      line.textContent = `${where}${box.dataset.reports.replace("{reports}", properties.reports).replace("{open}", properties.open)} `;
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
