/** Distances and words about positions. Points are WGS-84 degrees. */

const EARTH_M = 6_371_008.8;

/**
 * Metres along a great circle: within 0.5 % of the geodesic that the server stores, enough to sort and to show.
 * @param {{lat: number, lng: number}} a
 * @param {{lat: number, lng: number}} b
 * @returns {number}
 */
export function distanceM(a, b) {
  const rad = Math.PI / 180;
  const sinLat = Math.sin(((b.lat - a.lat) * rad) / 2);
  const sinLng = Math.sin(((b.lng - a.lng) * rad) / 2);
  const h = sinLat * sinLat + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * sinLng * sinLng;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/**
 * @param {number} metres
 * @returns {"precise"|"usable"|"poor"|"unreliable"}
 */
export function accuracyWord(metres) {
  if (metres <= 15) return "precise";
  if (metres <= 50) return "usable";
  if (metres <= 200) return "poor";
  return "unreliable";
}
