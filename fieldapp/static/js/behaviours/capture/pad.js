/** A point on the pad to a point on the ground and back. Metres on a plane: the pad shows a few hundred of them. */

const M_PER_DEGREE = 111_320;

/**
 * @param {{lat: number, lng: number}} centre
 * @param {number} east  metres
 * @param {number} north  metres
 * @returns {{lat: number, lng: number}}
 */
export function moved(centre, east, north) {
  const lat = centre.lat + north / M_PER_DEGREE;
  const lng = centre.lng + east / (M_PER_DEGREE * Math.cos((centre.lat * Math.PI) / 180));
  return { lat: Math.round(lat * 1e6) / 1e6, lng: Math.round(lng * 1e6) / 1e6 };
}

/**
 * @param {{lat: number, lng: number}} centre
 * @param {{lat: number, lng: number}} point
 * @returns {{east: number, north: number}}
 */
export function offset(centre, point) {
  return {
    east: (point.lng - centre.lng) * M_PER_DEGREE * Math.cos((centre.lat * Math.PI) / 180),
    north: (point.lat - centre.lat) * M_PER_DEGREE,
  };
}

/**
 * Typed coordinates; null where they are none.
 * @param {string} lat
 * @param {string} lng
 * @returns {{lat: number, lng: number}|null}
 */
export function typed(lat, lng) {
  const point = { lat: Number(lat.trim().replace(",", ".")), lng: Number(lng.trim().replace(",", ".")) };
  const given = lat.trim() !== "" && lng.trim() !== "";
  return given && Math.abs(point.lat) <= 90 && Math.abs(point.lng) <= 180 ? point : null;
}
