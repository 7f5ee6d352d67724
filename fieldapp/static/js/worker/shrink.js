/**
 * The image worker: {bytes, type} in; {bytes, type, width, height, thumb} or {failed} out. It makes the 2048 px JPEG and a
 * 320 px thumbnail, and trusts no canvas: too large an area is silently blank on some phones, and JPEG may come out as PNG.
 * On any doubt it fails, and the camera's own bytes go up instead.
 */

const EDGE = 2048;
const THUMB_EDGE = 320;
const QUALITY = 0.82;
const THUMB_QUALITY = 0.7;
/** iOS draws nothing above this many pixels. */
const MOST_AREA = 16_777_216;
const LEAST_BYTES = 10 * 1024;
const SAMPLE_EDGE = 16;

self.onmessage = async ({ data }) => {
  const made = await shrink(data.bytes, data.type).catch((error) => ({
    failed: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  }));
  const transfer = "failed" in made ? [] : [made.bytes, ...(made.thumb ? [made.thumb] : [])];
  self.postMessage(made, { transfer });
};

/**
 * @param {ArrayBuffer} bytes
 * @param {string} type
 */
async function shrink(bytes, type) {
  const picture = await decode(bytes, type);
  try {
    const small = await encode(picture, EDGE, QUALITY);
    const thumb = await verifiedThumb(picture, small.bytes);
    // Already small: a second encoding would only cost quality, and the first is the better evidence.
    const asIs = type === "image/jpeg" && small.scale === 1 && bytes.byteLength <= small.bytes.byteLength;
    return {
      bytes: asIs ? bytes : small.bytes,
      type: "image/jpeg",
      width: small.width,
      height: small.height,
      thumb,
    };
  } finally {
    picture.close();
  }
}

/**
 * The orientation is applied here, once. A very large picture is scaled while it is decoded.
 * @param {ArrayBuffer} bytes
 * @param {string} type
 */
async function decode(bytes, type) {
  const picture = await createImageBitmap(new Blob([bytes], { type }));
  const { width, height } = picture;
  if (width * height <= MOST_AREA) return picture;
  picture.close();
  const scale = Math.sqrt(MOST_AREA / (width * height)) * 0.999;
  return createImageBitmap(new Blob([bytes], { type }), {
    resizeWidth: Math.max(1, Math.floor(width * scale)),
    resizeHeight: Math.max(1, Math.floor(height * scale)),
    resizeQuality: "high",
  });
}

/**
 * @param {ImageBitmap} picture
 * @param {number} edge
 * @param {number} quality
 */
async function encode(picture, edge, quality) {
  const scale = Math.min(1, edge / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  // A transparent PNG would come out black.
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, width, height);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
  if (blob?.type !== "image/jpeg") throw new Error(`encoded as ${blob?.type ?? "nothing"}`);
  return { bytes: await blob.arrayBuffer(), width, height, scale };
}

/**
 * The result is read again and compared in a few points: blank where the original is not means a canvas that gave up.
 * The thumbnail is made of what was read again, which is quicker than from the camera's twelve megapixels.
 * @param {ImageBitmap} original
 * @param {ArrayBuffer} bytes
 */
async function verifiedThumb(original, bytes) {
  const again = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  try {
    const before = sample(original);
    const after = sample(again);
    if (isPlain(after) && !isPlain(before)) throw new Error("blank");
    if (bytes.byteLength <= LEAST_BYTES && !isPlain(before)) throw new Error("too small to be true");
    return (await encode(again, THUMB_EDGE, THUMB_QUALITY)).bytes;
  } finally {
    again.close();
  }
}

/** @param {ImageBitmap} picture */
function sample(picture) {
  const canvas = new OffscreenCanvas(SAMPLE_EDGE, SAMPLE_EDGE);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("no canvas");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, SAMPLE_EDGE, SAMPLE_EDGE);
  pen.drawImage(picture, 0, 0, SAMPLE_EDGE, SAMPLE_EDGE);
  return pen.getImageData(0, 0, SAMPLE_EDGE, SAMPLE_EDGE).data;
}

/**
 * One colour all over, give or take what JPEG does to it.
 * @param {Uint8ClampedArray} pixels
 */
function isPlain(pixels) {
  for (let channel = 0; channel < 3; channel += 1) {
    let least = 255;
    let most = 0;
    for (let at = channel; at < pixels.length; at += 4) {
      const value = pixels[at] ?? 0;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    if (most - least > 8) return false;
  }
  return true;
}
