/** What the form says where something cannot be had or kept; what is typed stays. */
import { fill, one } from "../dom.js";
import { toast } from "../toast.js";
import { say } from "../words.js";
import { closed } from "./page.js";

const TROUBLES = new Map([["quota", "quota"], ["too-large", "large"], ["open-elsewhere", "lost"], ["gone", "lost"], ["being-sent", "lost"]]);

/** @param {any} problem */
export function showTrouble(problem) {
  const code = String(problem?.code ?? "store");
  if (code === "already-received") return closed(code);
  const box = one("[data-trouble]");
  fill(box, { trouble: say(`trouble-${TROUBLES.get(code) ?? "store"}`) });
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
}

/** A part of the form that neither the network nor the worker brought: the next tap asks again. @param {() => void} again */
export const notHere = (again) => (/** @type {unknown} */ problem) => {
  again();
  toast(say("no-network"));
  throw problem;
};
