/**
 * Keeps the best position while the browser sends better, worse and failed ones in any order (offline-engineering 6).
 * @typedef {{lat: number, lng: number, accuracy_m: number, altitude_m: number|null, at: number}} Fix
 * @typedef {{fix: Fix|null, error: string}} Best
 */

const STALE = 120_000;
export const GOOD_ENOUGH = 10;
export const WATCH_FOR = 60_000;

/**
 * @param {{coords: {latitude: number, longitude: number, accuracy: number, altitude?: number|null}, timestamp: number}} heard
 * @returns {Fix}
 */
export function fixOf({ coords, timestamp }) {
  return {
    lat: coords.latitude,
    lng: coords.longitude,
    accuracy_m: Math.round(coords.accuracy * 10) / 10,
    altitude_m: coords.altitude ?? null,
    at: timestamp,
  };
}

/**
 * A finer fix wins; a coarser one only over one that is two minutes old, when the officer has walked on.
 * @param {Best} best
 * @param {Fix} fix
 * @returns {Best}
 */
export function heard(best, fix) {
  const old = best.fix !== null && fix.at - best.fix.at > STALE;
  const better = best.fix === null || old || fix.accuracy_m <= best.fix.accuracy_m;
  return { fix: better ? fix : best.fix, error: "" };
}

/**
 * An error between two fixes changes nothing but the word; what was heard stays.
 * @param {Best} best
 * @param {number} code  of GeolocationPositionError
 * @returns {Best}
 */
export function failed(best, code) {
  const error = { 1: "denied", 2: "unavailable", 3: "timeout" }[code] ?? "unavailable";
  return { fix: best.fix, error };
}

/**
 * The Position of a visit's body.
 * @param {Fix} fix
 * @param {number} now
 */
export function positionOf(fix, now) {
  const { at, ...raw } = fix;
  return {
    lat: fix.lat,
    lng: fix.lng,
    accuracy_m: fix.accuracy_m,
    altitude_m: fix.altitude_m,
    age_ms: Math.max(0, Math.round(now - at)),
    source: "gps",
    crs: "wgs84",
    raw: { ...raw, at },
  };
}
