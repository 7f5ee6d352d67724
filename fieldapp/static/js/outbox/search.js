/**
 * @typedef {{id: string, name: string, phase?: string, initials?: string, enterprise?: {id?: string, name?: string, initials?: string}|null, stage?: string, lat?: number|null, lng?: number|null, area?: string, mine?: boolean, last_contact_at?: string|null}} Project
 */
/** At most 50, best first. Empty query: recent, then nearest, then mine.
 * @template {Project} P
 * @param {P[]} projects @param {string} query @param {{near?: {lat: number, lng: number}|null, recent?: string[]}} [here] @returns {(P & {distance_m: number|null})[]} */
export function searchProjects(projects, query, here = {}) { throw new Error("being written"); }
