// The map: Leaflet, loaded only here. Without tiles it shows the centres of the kelurahan.

const NEAR = 15;
const NAMED = 13.5;
const DOT = { radius: 5, weight: 2, color: "#0a5445", fillColor: "#f4b41a", fillOpacity: 1 };

// An empty map of the city on the element of this id; `dot` is how a kelurahan looks on it.
export async function canvas(box, id, dot = DOT) {
  await Promise.all([import(box.dataset.script), style(box.dataset.style)]);
  const centres = await (await fetch("/bantu/kelurahan")).json();
  const L = window.L;
  const map = L.map(id, { zoomControl: false, zoomSnap: 0.5 });
  L.control.zoom({ zoomInTitle: box.dataset.closer, zoomOutTitle: box.dataset.farther }).addTo(map);
  map.attributionControl.setPrefix(false);
  map.fitBounds(centres.map(([, , lat, lon]) => [lat, lon]));
  if (box.dataset.tiles) {
    L.tileLayer(box.dataset.tiles, { attribution: text(box.dataset.credit), maxZoom: 19 }).addTo(map);
  } else {
    const dots = centres.map(([name, district, lat, lon]) => (
      [L.circleMarker([lat, lon], dot).addTo(map), text(name), `${text(name)}, ${text(district)}`]
    ));
    let named = null;
    const label = () => {
      const near = map.getZoom() >= NAMED;
      if (near === named) return;
      named = near;
      for (const [dot, short, long] of dots) {
        dot.unbindTooltip().bindTooltip(near ? short : long, { permanent: near, direction: "top" });
      }
    };
    map.on("zoomend", label);
    label();
  }
  return { L, map };
}

export async function openMap(box, chosen, at) {
  const { L, map } = await canvas(box, "map");
  const pin = L.circleMarker([0, 0], { radius: 11, color: "#9c1420", weight: 5, fillOpacity: 0.2, interactive: false });
  const choose = (where) => {
    pin.setLatLng(where).addTo(map);
    chosen({ lat: where.lat, lon: where.lng });
  };
  map.on("click", ({ latlng }) => choose(latlng));
  document.getElementById("pin").addEventListener("click", () => choose(map.getCenter()));
  if (at) {
    map.setView(at, NEAR);
    pin.setLatLng(at).addTo(map);
  }
  return map;
}

function style(address) {
  return new Promise((done, failed) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.onload = done;
    link.onerror = failed;
    document.head.append(link);
  });
}

export function text(words) {
  const element = document.createElement("span");
  element.textContent = words;
  return element.innerHTML;
}
