/**
 * A small reader of what a camera wrote: shrinking would erase it, so it travels as a claim. Its position is a bonus for
 * review, never evidence, and its absence means nothing (Android strips it).
 * @typedef {{taken_at: string|null, claimed: Record<string, any>}} Exif
 */

const TAGS = { make: 0x010f, model: 0x0110, orientation: 0x0112, exif: 0x8769, gps: 0x8825 };
const EXIF_TAGS = { original: 0x9003, offset_original: 0x9011 };
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const MOST_ENTRIES = 512;
const MOST_TEXT = 200;

/**
 * Never throws: an odd file is a file without claims.
 * @param {ArrayBuffer} bytes
 * @returns {Exif}
 */
export function readExif(bytes) {
  try {
    const start = tiffStart(new DataView(bytes));
    return start === null ? { taken_at: null, claimed: {} } : readTiff(new DataView(bytes, start));
  } catch {
    return { taken_at: null, claimed: {} };
  }
}

/**
 * Walks the segments of a JPEG to APP1 "Exif".
 * @param {DataView} view
 * @returns {number|null}
 */
function tiffStart(view) {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  let at = 2;
  while (at + 4 <= view.byteLength) {
    const marker = view.getUint16(at);
    if (marker < 0xff01 || marker === 0xffda) return null;
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return at + 10;
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/**
 * @param {DataView} view
 * @returns {Exif}
 */
function readTiff(view) {
  const little = view.getUint16(0) === 0x4949;
  const main = readDirectory(view, view.getUint32(4, little), little);
  const sub = pointed(view, main.get(TAGS.exif), little);
  const gps = pointed(view, main.get(TAGS.gps), little);
  const original = text(sub.get(EXIF_TAGS.original));
  const offset = text(sub.get(EXIF_TAGS.offset_original));
  const taken = isoTime(original, offset);
  const claimed = {
    make: text(main.get(TAGS.make)),
    model: text(main.get(TAGS.model)),
    orientation: number(main.get(TAGS.orientation)),
    date_time_original: original,
    offset_time_original: offset,
    ...position(gps),
  };
  const known = Object.entries(claimed).filter(([, value]) => value !== null);
  return { taken_at: taken, claimed: Object.fromEntries(known) };
}

/** @typedef {string|number[]} Value */

/**
 * @param {DataView} view
 * @param {Value|undefined} pointer
 * @param {boolean} little
 */
function pointed(view, pointer, little) {
  const at = number(pointer);
  return at === null ? new Map() : readDirectory(view, at, little);
}

/**
 * @param {DataView} view
 * @param {number} start
 * @param {boolean} little
 * @returns {Map<number, Value>}
 */
function readDirectory(view, start, little) {
  /** @type {Map<number, Value>} */
  const found = new Map();
  const entries = Math.min(view.getUint16(start, little), MOST_ENTRIES);
  for (let i = 0; i < entries; i += 1) {
    const at = start + 2 + i * 12;
    if (at + 12 > view.byteLength) break;
    const value = readValue(view, at, little);
    if (value !== null) found.set(view.getUint16(at, little), value);
  }
  return found;
}

/**
 * @param {DataView} view
 * @param {number} at
 * @param {boolean} little
 * @returns {Value|null}
 */
function readValue(view, at, little) {
  const type = view.getUint16(at + 2, little);
  const count = view.getUint32(at + 4, little);
  const size = (SIZES[type] ?? 0) * count;
  const from = size <= 4 ? at + 8 : view.getUint32(at + 8, little);
  if (size === 0 || count > 1000 || from + size > view.byteLength) return null;
  if (type === 2) return ascii(view, from, count);
  /** @type {number[]} */
  const numbers = [];
  for (let i = 0; i < count; i += 1) {
    if (type === 3) numbers.push(view.getUint16(from + i * 2, little));
    else if (type === 4) numbers.push(view.getUint32(from + i * 4, little));
    else if (type === 5) {
      numbers.push(view.getUint32(from + i * 8, little) / view.getUint32(from + i * 8 + 4, little));
    } else return null;
  }
  return numbers;
}

/**
 * @param {DataView} view
 * @param {number} from
 * @param {number} count
 */
function ascii(view, from, count) {
  let out = "";
  for (let i = 0; i < count; i += 1) {
    const code = view.getUint8(from + i);
    if (code === 0) break;
    if (code >= 32 && code < 127) out += String.fromCharCode(code);
  }
  return out.trim();
}

/** @param {Value|undefined} value */
function text(value) {
  return typeof value === "string" && value ? value.slice(0, MOST_TEXT) : null;
}

/** @param {Value|undefined} value */
function number(value) {
  const first = Array.isArray(value) ? value[0] : undefined;
  return first !== undefined && Number.isFinite(first) ? first : null;
}

/**
 * Without the camera's own offset the zone is unknown, and a guess would be a claim of ours.
 * @param {string|null} original  "2026:11:20 09:41:00"
 * @param {string|null} offset  "+08:00"
 */
function isoTime(original, offset) {
  const match = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(original ?? "");
  if (!match || !/^[+-]\d\d:\d\d$/.test(offset ?? "")) return null;
  const iso = `${match[1]}-${match[2]}-${match[3]}T${match[4]}${offset}`;
  return Number.isNaN(Date.parse(iso)) ? null : iso;
}

/** @param {Map<number, Value>} gps */
function position(gps) {
  const lat = degrees(gps.get(2), gps.get(1), "S");
  const lng = degrees(gps.get(4), gps.get(3), "W");
  return lat === null || lng === null || Math.abs(lat) > 90 || Math.abs(lng) > 180 ? {} : { lat, lng };
}

/**
 * @param {Value|undefined} parts
 * @param {Value|undefined} ref
 * @param {string} negative
 */
function degrees(parts, ref, negative) {
  if (!Array.isArray(parts) || parts.length !== 3) return null;
  const [deg = NaN, min = NaN, sec = NaN] = parts;
  const value = deg + min / 60 + sec / 3600;
  if (!Number.isFinite(value)) return null;
  return Number((ref === negative ? -value : value).toFixed(7));
}
