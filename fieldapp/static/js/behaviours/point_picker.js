/** A place picked on the map: a tap puts the pin, and its numbers into the fields, which work without this as well. */
import { input, one } from "./dom.js";
import { leaflet } from "./leaflet.js";
import { drawOutline } from "./outline.js";

const NEAR = 16; // zoom where there is a point
const PLACES = 6; // digits of a degree: a tenth of a metre

/** @param {HTMLElement} picker */
const typed = (picker) => {
  const [lat, lng] = ["[name=lat]", "[name=lng]"].map((name) => Number.parseFloat(input(name, picker).value));
  return Number.isFinite(lat) && Number.isFinite(lng) ? [lat, lng] : null;
};

/** @param {any} L @param {any} map @param {DOMStringMap} data */
function addTiles(L, map, data) {
  for (const url of [data["tileUrl"], data["tileLabels"]]) {
    if (url) L.tileLayer(url, { maxZoom: 18, attribution: data["tileSay"], referrerPolicy: "no-referrer" }).addTo(map);
  }
}

/** @param {any} L @param {HTMLElement} picker */
function pinOf(L, picker) {
  const mark = document.createElement("span");
  mark.className = "pin";
  return L.marker([0, 0], { icon: L.divIcon({ html: mark, className: "", iconSize: [18, 18] }), draggable: true, keyboard: false, alt: picker.dataset["wordsPlace"] });
}

/** @param {HTMLElement} picker */
async function draw(picker) {
  const place = one("[data-map]", picker);
  const L = await leaflet(picker.dataset);
  place.hidden = false;
  const map = L.map(place, { attributionControl: Boolean(picker.dataset["tileSay"]), maxZoom: 19, scrollWheelZoom: false });
  map.attributionControl?.setPrefix(false);
  addTiles(L, map, picker.dataset);
  const pin = pinOf(L, picker);

  const follow = () => {
    const at = typed(picker);
    if (!at) return pin.remove();
    pin.setLatLng(at).addTo(map);
    if (!map.getBounds().contains(at)) map.panTo(at);
  };
  const pick = (/** @type {{lat: number, lng: number}} */ { lat, lng }) => {
    input("[name=lat]", picker).value = lat.toFixed(PLACES);
    input("[name=lng]", picker).value = lng.toFixed(PLACES);
    input("[name=pasted]", picker).value = "";
    /** @type {HTMLSelectElement} */ (one("[name=datum]", picker)).value = "wgs84"; // this map's own
    follow();
  };
  map.on("click", (/** @type {any} */ event) => pick(event.latlng.wrap()));
  pin.on("dragend", () => pick(pin.getLatLng().wrap()));
  picker.addEventListener("change", (event) => {
    if (/** @type {HTMLInputElement} */ (event.target).matches("[name=lat], [name=lng]")) follow();
  });

  const at = typed(picker);
  map.setView(at ?? [35, 110], at ? NEAR : 4);
  const outline = await drawOutline(L, map);
  if (!at && outline?.isValid()) map.fitBounds(outline, { padding: [8, 8] });
  follow();
}

for (const picker of document.querySelectorAll("[data-point-picker]")) {
  if (picker instanceof HTMLElement) draw(picker).catch(() => (one("[data-map]", picker).hidden = true));
}
