/**
 * The visit's position: warms up while the officer types, keeps the best of what it hears, never makes anyone wait.
 * @import { OpenVisit } from "./visit.js"
 */
import { accuracyWord, distanceM } from "../../outbox/geo.js";
import { fill, on, one } from "../dom.js";
import { say, sayDistance } from "../words.js";
import { failed, fixOf, GOOD_ENOUGH, heard, positionOf, WATCH_FOR } from "./fix.js";
import { bring } from "./more.js";
import { isOld } from "./when.js";

/**
 * @param {{visit: () => OpenVisit, changed: () => void, later: () => boolean, wanted: () => boolean, project: () => {lat?: number|null, lng?: number|null}|null}} page
 */
export function setUpPlace(page) {
  const step = one('[data-step="position"]');
  const ring = one("[data-accuracy]", step);
  const pad = one("[data-pad]", step);
  /** @type {import("./fix.js").Best} */
  let best = { fix: null, error: "" };
  let watch = 0;
  let timer = 0;
  let denied = false;

  const form = () => page.visit().form;
  const site = () => {
    const project = page.project();
    return project?.lat != null && project.lng != null ? { lat: project.lat, lng: project.lng } : null;
  };

  const stop = () => {
    if (watch) navigator.geolocation.clearWatch(watch);
    clearTimeout(timer);
    watch = 0;
  };

  const start = () => {
    stop();
    if (!navigator.geolocation) return;
    watch = navigator.geolocation.watchPosition(
      (position) => {
        best = heard(best, fixOf(position));
        denied = false;
        take();
        if (best.fix && best.fix.accuracy_m <= GOOD_ENOUGH) stop();
        show();
      },
      (error) => {
        best = failed(best, error.code);
        denied = best.error === "denied";
        if (denied) stop();
        if (!form()["position"]) form()["position_absent"] = best.error;
        page.changed();
        show();
      },
      { enableHighAccuracy: true, maximumAge: 0, timeout: 20_000 },
    );
    timer = Number(setTimeout(() => (stop(), show()), WATCH_FOR));
    show();
  };

  /** A pin by hand is the officer's word; only another tap on "use my position" replaces it. */
  const take = () => {
    if (!best.fix || page.later() || form()["position"]?.source === "manual") return;
    form()["position"] = positionOf(best.fix, page.visit().ctx.clock.now());
    form()["position_absent"] = "";
    page.changed();
  };

  const show = () => {
    const position = form()["position"] ?? null;
    const later = page.later();
    const manual = position?.source === "manual";
    const word = manual ? (position.raw?.from === "project" ? "project" : "manual") : position ? accuracyWord(position.accuracy_m) : "none";
    ring.dataset["state"] = manual ? "precise" : word;
    one("[data-metres]", ring).textContent = position && !manual ? say("metres", { m: Math.round(position.accuracy_m) }) : "–";
    one("[data-word]", ring).textContent = say(`accuracy-${word}`);
    const there = site();
    const far = position && there ? say("position-far", { far: sayDistance(distanceM(position, there)) }) : "";
    const going = watch ? say(position ? "position-improving" : "position-searching") : "";
    const trouble = !position && best.error && !later ? say(`position-${best.error}`) : "";
    const ask = !position && !watch && !trouble && !later ? say("position-ask") : "";
    one("[data-say]", ring).textContent = [far, trouble || going || ask].filter(Boolean).join(" · ");
    const locate = one("[data-locate]", step);
    locate.hidden = later || !navigator.geolocation || (watch !== 0 && !manual);
    fill(locate, { locate: say(position && !manual ? "position-again" : "position-use") });
    one("[data-at-project]", step).hidden = !there || (!later && !denied && !best.error) || word === "project";
    one("[data-unplace]", step).hidden = !position;
    one("[data-position-absent]", step).hidden = position !== null || watch !== 0 || later;
  };

  /** @param {{lat: number, lng: number}} point @param {string} from */
  const set = (point, from) => {
    stop();
    form()["position"] = { ...point, accuracy_m: null, altitude_m: null, age_ms: null, source: "manual", crs: "wgs84", raw: { from } };
    form()["position_absent"] = "";
    page.changed();
    show();
  };

  on(step, "click", "[data-locate]", () => {
    best = { fix: null, error: "" };
    form()["position"] = null;
    start();
  });
  on(step, "click", "[data-at-project]", () => {
    const there = site();
    if (there) set(there, "project");
  });
  on(step, "click", "[data-unplace]", () => {
    stop();
    form()["position"] = null;
    form()["position_absent"] = "not_asked";
    pad.hidden = true;
    page.changed();
    show();
  });
  on(step, "click", "[data-pin]", async () => {
    if (!pad.hidden) return void (pad.hidden = true);
    const [{ showPad }] = await Promise.all([import("./pin.js"), bring("pin")]);
    const centre = site() ?? form()["position"] ?? best.fix;
    showPad(pad, { centre, at: form()["position"] ?? null, set: (point) => set(point, "pin") });
  });

  return {
    show,
    stop,
    /** Warms up by itself only where the browser need not ask, and not for a draft of a while ago: one is elsewhere now. */
    async warmUp() {
      if (page.later() || isOld(page.visit().recordedAt, page.visit().ctx.clock.now()) || !page.wanted() || form()["position"] || watch) return;
      const allowed = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
      if (allowed?.state === "granted") start();
      if (allowed?.state === "denied") [best, denied] = [failed(best, 1), true];
      show();
    },
    /** The time of the visit changed: a later entry keeps no fix. */
    timeChanged() {
      if (page.later()) {
        stop();
        if (form()["position"]?.source === "gps") form()["position"] = null;
        best = { fix: null, error: "" };
        if (!form()["position"]) form()["position_absent"] = "later_entry";
      } else if (form()["position_absent"] === "later_entry") {
        form()["position_absent"] = "";
        void this.warmUp();
      }
      show();
    },
    /** The age of the fix is counted at the save. */
    beforeSave() {
      const position = form()["position"];
      if (position?.source === "gps" && best.fix) form()["position"] = positionOf(best.fix, page.visit().ctx.clock.now());
      if (position && "source" in position === false) form()["position"] = null;
      stop();
    },
  };
}
