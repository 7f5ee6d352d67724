/** Where a visit took place, beside its project. Leaflet is fetched when the map comes into view, not before. */
import { leaflet } from "./leaflet.js";
import { drawOutline } from "./outline.js";

const NEAR = 16; // zoom where there is only one point to show

/** @param {Record<string, string|undefined>} data @param {string} lat @param {string} lng */
const point = (data, lat, lng) => (data[lat] && data[lng] ? [Number(data[lat]), Number(data[lng])] : null);

/** @param {HTMLElement} place */
async function draw(place) {
  const data = place.dataset;
  const L = await leaflet(data);
  const map = L.map(place, { zoomControl: false, attributionControl: false, keyboard: false, scrollWheelZoom: false, dragging: false, touchZoom: false, doubleClickZoom: false, boxZoom: false });
  const here = point(data, "lat", "lng");
  const site = point(data, "projectLat", "projectLng");
  const points = [here, site].filter((one) => one !== null);
  map.fitBounds(L.latLngBounds(points).pad(0.5), { maxZoom: NEAR });
  if (site) mark(L, map, site, { hollow: "" });
  if (here) {
    if (data["accuracy"]) L.circle(here, { radius: Number(data["accuracy"]), weight: 1, color: "#0b6f75", fillOpacity: 0.12 }).addTo(map);
    mark(L, map, here, {});
  }
  await drawOutline(L, map);
}

/** @param {any} L @param {any} map @param {number[]} at @param {Record<string, string>} data */
function mark(L, map, at, data) {
  const pin = document.createElement("span");
  pin.className = "pin";
  Object.assign(pin.dataset, data);
  L.marker(at, { icon: L.divIcon({ html: pin, className: "", iconSize: [18, 18] }), interactive: false, keyboard: false }).addTo(map);
}

export function smallMap() {
  const place = document.querySelector("[data-small-map]");
  if (!(place instanceof HTMLElement) || !navigator.onLine) return;
  place.hidden = false;
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    draw(place).catch(() => (place.hidden = true));
  });
  seen.observe(place);
}
