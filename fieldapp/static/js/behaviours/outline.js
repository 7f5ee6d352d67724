/** The zone's own outline, drawn under whatever a map shows. */
import { get } from "../outbox/http.js";

/** How each GeoJSON `kind` is drawn: Leaflet path options. @type {Record<string, object>} */
const KINDS = {
  sea: { weight: 0, fillColor: "#d3e6ee", fillOpacity: 1 },
  land: { weight: 0, fillColor: "#f3f1ea", fillOpacity: 1 },
  area: { color: "#7d979c", weight: 1, dashArray: "2 4", fill: false },
  green: { weight: 0, fillColor: "#d7e6cf", fillOpacity: 1 },
  plot: { color: "#b9b2a0", weight: 1, fillColor: "#e7e1d2", fillOpacity: 1 },
  water: { color: "#a9cbd8", weight: 4, fill: false },
  road: { color: "#ffffff", weight: 5, fill: false },
  rail: { color: "#8f8f8f", weight: 2, dashArray: "6 4", fill: false },
  coast: { color: "#7fa8b8", weight: 2, fill: false },
  boundary: { color: "#0b6f75", weight: 2, dashArray: "8 5", fill: false },
};
const OTHER = { color: "#9aa7ab", weight: 1, fill: false };

/**
 * @param {any} L
 * @param {any} map
 * @returns {Promise<any>} its bounds; null where there is none
 */
export async function drawOutline(L, map) {
  const answer = await get("/map/basemap.json", {});
  if (answer.status !== 200) return null;
  map.createPane("outline").style.zIndex = "150";
  const layer = L.geoJSON(answer.json, {
    pane: "outline",
    interactive: false,
    style: (/** @type {any} */ feature) => KINDS[feature.properties?.kind] ?? OTHER,
    pointToLayer: () => L.layerGroup(),
  });
  layer.addTo(map);
  return layer.getBounds();
}
