/** A pin by hand without a map: rings around the project, a tap, the arrow keys, or typed coordinates. */
import { copy, fill, input, on } from "../dom.js";
import { say } from "../words.js";
import { moved, offset, typed } from "./pad.js";

const SVG = "http://www.w3.org/2000/svg";
const HALF = 150; // half of the pad's viewBox

/**
 * @param {HTMLElement} holder
 * @param {{centre: {lat: number, lng: number}|null, at: {lat: number, lng: number}|null, set: (point: {lat: number, lng: number}) => void}} pin
 */
export function showPad(holder, pin) {
  const pad = copy("pad");
  const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (pad.querySelector("svg")));
  const lat = input("[data-lat]", pad);
  const lng = input("[data-lng]", pad);
  const centre = pin.centre;
  let metresPerUnit = 2;
  let at = pin.at ? { lat: pin.at.lat, lng: pin.at.lng } : null;
  if (centre && at) {
    const { east, north } = offset(centre, at);
    while (Math.max(Math.abs(east), Math.abs(north)) > HALF * metresPerUnit && metresPerUnit < 64) metresPerUnit *= 2;
  }
  svg.toggleAttribute("hidden", !centre);

  const draw = () => {
    const rings = /** @type {SVGGElement} */ (svg.querySelector("[data-rings]"));
    rings.replaceChildren(
      ...[50, 100, 150].map((r) => {
        const ring = document.createElementNS(SVG, "circle");
        ring.setAttribute("r", String(r - 2));
        return ring;
      }),
    );
    fill(pad, { scale: centre ? say("pad-scale", { m: [50, 100, 150].map((r) => r * metresPerUnit).join(" · ") }) : "" });
    const needle = /** @type {SVGElement} */ (svg.querySelector("[data-needle]"));
    needle.toggleAttribute("hidden", !at || !centre);
    if (at && centre) {
      const { east, north } = offset(centre, at);
      needle.setAttribute("transform", `translate(${east / metresPerUnit} ${-north / metresPerUnit})`);
    }
    if (at && document.activeElement !== lat && document.activeElement !== lng) {
      lat.value = at.lat.toFixed(6);
      lng.value = at.lng.toFixed(6);
    }
  };

  /** @param {number} x @param {number} y  in units of the pad */
  const put = (x, y) => {
    if (!centre) return;
    at = moved(centre, x * metresPerUnit, -y * metresPerUnit);
    pin.set(at);
    draw();
  };

  svg.addEventListener("click", (event) => {
    const box = svg.getBoundingClientRect();
    put(((event.clientX - box.left) / box.width - 0.5) * 2 * HALF, ((event.clientY - box.top) / box.height - 0.5) * 2 * HALF);
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [0, -5], ArrowDown: [0, 5], ArrowLeft: [-5, 0], ArrowRight: [5, 0] }[event.key];
    if (!step || !centre) return;
    event.preventDefault();
    const now = at ? offset(centre, at) : { east: 0, north: 0 };
    put(now.east / metresPerUnit + (step[0] ?? 0), -now.north / metresPerUnit + (step[1] ?? 0));
  });
  on(pad, "click", "[data-zoom]", (button) => {
    metresPerUnit = Math.min(64, Math.max(0.25, metresPerUnit * Number(button.dataset["zoom"])));
    draw();
  });
  pad.addEventListener("change", (event) => {
    if (event.target !== lat && event.target !== lng) return;
    const point = typed(lat.value, lng.value);
    const given = lat.value.trim() !== "" && lng.value.trim() !== "";
    fill(pad, { bad: given && !point ? say("pad-bad") : "" });
    for (const box of [lat, lng]) box.setAttribute("aria-invalid", String(given && !point));
    if (!point) return;
    at = point;
    pin.set(point);
    draw();
  });

  fill(pad, { bad: "" });
  draw();
  holder.replaceChildren(pad);
  holder.hidden = false;
  (centre ? svg : lat).focus();
}
