/**
 * The draft of a call: its own record, so that a visit that was under way waits untouched.
 * @import { Call } from "./noted_call.js"
 * @import { Ctx } from "./types.js"
 */
import { beginDraft, releaseLease } from "./drafts.js";
import { read } from "./reference.js";

export const CALL = "phone_follow_up";
const BEGUN_LATE = 60_000;

/**
 * The draft of this call; once there, it is never written again from here.
 * @param {Ctx} ctx
 * @param {Call} call
 * @param {(project: any) => string} titleOf
 * @returns {Promise<void>}
 */
export async function callDraft(ctx, call, titleOf) {
  if (await ctx.store.get("records", call.id)) return;
  const [projects, contacts] = await Promise.all(["projects", "contacts"].map((name) => read(ctx, name).catch(() => null)));
  const project = (projects ?? []).find((/** @type {any} */ each) => each.id === call.project);
  const contact = (contacts ?? []).find((/** @type {any} */ each) => each.id === call.contact);
  const met = { name: contact?.name ?? call.name, title: contact?.title ?? "", ...(call.contact ? { contact: call.contact } : {}) };
  await beginDraft(ctx, {
    id: call.id,
    owner: call.owner,
    title: project ? titleOf(project) : "",
    // Written only now, though the call was earlier: the page was gone before it could be.
    ...(ctx.clock.now() - call.at > BEGUN_LATE ? { occurred: { said: "time", at: ctx.clock.isoLocal(call.at) } } : {}),
    form: {
      kind: CALL,
      project: call.project || null,
      met: met.name ? [met] : [],
      issue_events: [],
      ...(call.follow_up ? { follow_up: call.follow_up } : {}),
    },
  });
  await releaseLease(ctx, call.id);
}
