/** Leaflet, fetched when a map is drawn and not before. */

/** @param {string} url @returns {Promise<void>} */
const script = (url) =>
  new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = url;
    tag.onload = () => resolve();
    tag.onerror = () => reject(new Error("the map's script did not come"));
    document.head.append(tag);
  });

/** @param {string} url */
function sheet(url) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = url;
  document.head.prepend(link); // before ours, which mends some of it
}

/**
 * Where its files are is said by the page.
 * @param {DOMStringMap} data
 * @returns {Promise<any>}
 */
export async function leaflet(data) {
  sheet(data["leafletCss"] ?? "");
  await script(data["leaflet"] ?? "");
  return /** @type {any} */ (window).L;
}
