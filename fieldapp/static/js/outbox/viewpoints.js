/**
 * Pictures of one place again and again: what this phone still has of a project's viewpoints.
 * @import { Ctx, Id, OutboxRecord, Photo } from "./types.js"
 */
import { photosOf } from "./photos.js";

/**
 * The last picture of each viewpoint of a project, newest first; those without a small version are no help.
 * @param {Ctx} ctx
 * @param {Id} owner
 * @param {Id} project
 * @returns {Promise<Photo[]>}
 */
export async function lastAt(ctx, owner, project) {
  if (!project) return [];
  const records = /** @type {OutboxRecord[]} */ (await ctx.store.list("records", "owner", owner));
  const there = records.filter(({ type, form, edit }) => type === "visit" && (edit?.form ?? form)["project"] === project);
  const photos = (await Promise.all(there.map((record) => photosOf(ctx, { ...record, ...record.edit, id: record.id })))).flat();
  /** @type {Map<string, Photo>} */
  const last = new Map();
  for (const photo of photos.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    if (photo.viewpoint && photo.thumb) last.set(photo.viewpoint, photo);
  }
  return [...last.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}
