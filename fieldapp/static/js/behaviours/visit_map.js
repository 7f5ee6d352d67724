/**
 * The map beside the list. The list is there first and shows the same set; the map is what this module adds.
 * Clusters come from the server by cell, so a phone never draws more than a few hundred markers.
 */
import { get } from "../outbox/http.js";
import { on, one } from "./dom.js";
import { drawOutline } from "./outline.js";

const L = /** @type {any} */ (window).L;
const page = one("[data-visit-map]");
const query = page.dataset["query"] ?? "";
/** @type {Record<string, string>} */
const TONES = { fresh: "ok", known: "soon", neglected: "over" };

/** @param {string} className @param {Record<string, string>} data @param {string} text @param {number} size */
function icon(className, data, text, size) {
  const mark = document.createElement("span");
  mark.className = className;
  mark.textContent = text;
  Object.assign(mark.dataset, data);
  return L.divIcon({ html: mark, className: "", iconSize: [size, size] });
}

/** @param {any} map */
async function drawProjects(map) {
  const answer = await get("/map/projects.json", {});
  if (answer.status !== 200) return [];
  for (const project of answer.json.projects) {
    const tone = TONES[project.tone] ?? "";
    const marker = L.marker([project.lat, project.lng], { icon: icon("pin", { tone }, "", 18), title: project.title, zIndexOffset: -500 });
    const link = document.createElement("a");
    link.href = `/projects/${project.id}`;
    link.textContent = project.title;
    marker.bindPopup(link).addTo(map);
  }
  return answer.json.projects.map((/** @type {any} */ project) => [project.lat, project.lng]);
}

/** @param {any} map @param {any} layer */
async function drawCells(map, layer) {
  const b = map.getBounds();
  const bbox = [b.getSouth(), b.getWest(), b.getNorth(), b.getEast()].map((n) => n.toFixed(5)).join(",");
  const answer = await get(`/map/cells.json?${query}${query ? "&" : ""}z=${map.getZoom()}&bbox=${bbox}`, {});
  if (answer.status !== 200) return fail();
  layer.clearLayers();
  for (const cell of answer.json.cells) drawCell(map, layer, cell);
}

/** @param {any} map @param {any} layer @param {{lat: number, lng: number, n: number, hollow: boolean, visit: string|null}} cell */
function drawCell(map, layer, cell) {
  const many = (page.dataset["wordsVisits"] ?? "").replace("{n}", String(cell.n));
  const title = cell.hollow ? `${many} · ${page.dataset["wordsByProject"]}` : many;
  const size = cell.n < 10 ? "small" : cell.n < 100 ? "" : "big";
  const mark = cell.visit
    ? icon("pin", cell.hollow ? { hollow: "" } : {}, "", 18)
    : icon("cluster", size ? { size } : {}, String(cell.n), size === "big" ? 50 : size ? 34 : 40);
  const marker = L.marker([cell.lat, cell.lng], { icon: mark, title, alt: title });
  marker.on("click", () => {
    if (cell.visit) location.assign(`/visits/${cell.visit}`);
    else map.setView([cell.lat, cell.lng], Math.min(map.getZoom() + 2, 19));
  });
  layer.addLayer(marker);
}

function fail() {
  const say = one("[data-map-failed]");
  say.textContent = page.dataset["wordsFailed"] ?? "";
  say.hidden = false;
}

/** @param {any} map */
function addTiles(map) {
  for (const url of [page.dataset["tileUrl"], page.dataset["tileLabels"]]) {
    if (url) L.tileLayer(url, { maxZoom: 18, attribution: page.dataset["tileSay"], referrerPolicy: "no-referrer" }).addTo(map);
  }
}

async function start() {
  const place = one("[data-map]");
  place.hidden = false;
  one("[data-legend]").hidden = false;
  const map = L.map(place, { zoomControl: true, attributionControl: Boolean(page.dataset["tileSay"]), maxZoom: 19 });
  map.attributionControl?.setPrefix(false);
  L.control.scale({ imperial: false }).addTo(map);
  addTiles(map);
  const [outline, projects] = await Promise.all([drawOutline(L, map), drawProjects(map)]);
  const bounds = outline?.isValid() ? outline : L.latLngBounds(projects);
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [8, 8], maxZoom: 16 });
  else map.setView([35, 110], 4);
  const visits = L.layerGroup().addTo(map);
  map.on("moveend", () => void drawCells(map, visits));
  await drawCells(map, visits);
}

page.dataset["lively"] = ""; // a changed filter shows at once, so its button may go
on(page, "change", "[data-filters] select, [data-filters] input", (field) => {
  /** @type {HTMLSelectElement|HTMLInputElement} */ (field).form?.requestSubmit();
});
if (L) start().catch(fail);
else fail();
