// The map of a list: Leaflet, loaded only here; the table beside it has the same numbers.
import { canvas, text } from "./map.js";

const SMALLEST = 26;
const LARGEST = 58;

export async function browse(box) {
  box.hidden = false;
  try {
    const [{ L, map }, shapes] = await Promise.all([canvas(box, "overview"), read(box.dataset.shapes)]);
    const most = Math.max(1, ...shapes.features.map(({ properties }) => properties.reports ?? 1));
    const markers = shapes.features.map((shape) => marker(L, box, shape, most).addTo(map));
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

function marker(L, box, { geometry, properties }, most) {
  const [lon, lat] = geometry.coordinates;
  const many = properties.reports !== undefined;
  const size = many ? SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(properties.reports / most) : SMALLEST;
  const icon = L.divIcon({
    className: `spot ${many || properties.open ? "open" : "solved"}`,
    html: many ? String(properties.reports) : "",
    iconSize: [size, size],
  });
  const label = many ? properties.place : [properties.category, properties.place].filter(Boolean).join(", ");
  return L.marker([lat, lon], { icon, title: label || properties.number })
    .bindPopup(() => popup(box, properties, label));
}

function popup(box, properties, label) {
  const shown = document.createElement("div");
  const name = document.createElement("b");
  name.textContent = label || properties.number;
  const told = document.createElement("p");
  const link = document.createElement("a");
  link.href = properties.href;
  if (properties.reports !== undefined) {
    told.textContent = box.dataset.reports.replace("{reports}", properties.reports).replace("{open}", properties.open);
    link.textContent = box.dataset.show;
  } else {
    link.textContent = box.dataset.report.replace("{number}", properties.number);
  }
  shown.append(name, told, link);
  return shown;
}

async function read(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
