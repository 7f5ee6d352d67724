/* global VERSION, PRE */
// The worker: /sw.js puts VERSION and PRE (what the shell needs) in front of these lines.
// It opens the shell without a network and stays out of everything else: it never sees a write (but for pictures that
// another app hands over, docs/decisions/0029), never touches IndexedDB, and never takes over while a form may be open.

const PREFIX = "fieldapp-shell-";
const CACHE = PREFIX + VERSION;
const PATIENCE = 3000;
const LATEST = 60_000; // a page that came late is not yesterday's
const TRIES = 3;
const PAUSE = 2000;
const SILENCE = 90_000; // the browser gives up an installation after five minutes, however much has come
const HANDED = "fieldapp-handed"; // not a shell's: no deploy sweeps it
const MOST_HANDED = 5; // times that wait, whoever sent them
const MOST_PICTURES = 20; // of a record (outbox/photo_list.js)
const MOST_BYTES = 64 * 1024 * 1024; // of a picture, as the server takes it (photos/body.py)
const MOST_WAITING = 256 * 1024 * 1024; // of all that waits: another site may post as well, and a visit must find room
const MOST_TEXT = 20_000;
const SHELL = ["/capture", "/outbox", "/offline"];
const FORMS = ["/login", "/visits/new"];
const TREE = PRE.find(isFixed).split("/", 3).join("/") + "/"; // /s/<version>/, as every page of this version names it

// The first rule that fits decides.
const RULES = [
  ["pictures from another app", (req, url) => req.method === "POST" && url.origin === location.origin && url.pathname === "/share", (event) => handed(event)],
  ["writes", (req) => req.method !== "GET", null],
  ["other origins", (_, url) => url.origin !== location.origin, null],
  ["shell pages", (req, url) => isPage(req) && SHELL.includes(url.pathname), (event, url) => kept(event, url.pathname)],
  ["the form's later parts", (_, url) => url.pathname === "/capture/more", (event, url) => laterParts(event, url)],
  ["assets", (_, url) => url.pathname.startsWith("/s/"), (event) => asset(event)],
  ["forms", (req, url) => isPage(req) && FORMS.includes(url.pathname), (event) => form(event)],
  ["the door, forms, files", (_, url) => /^\/(api|login|logout|visits\/new|sw\.js|manifest|healthz|readyz|photos)\b/.test(url.pathname), null],
  ["fragments", (req) => req.headers.has("HX-Request"), (event) => fragment(event)],
  ["other pages", (req) => isPage(req), (event, url) => page(event, url)],
];

function isPage(req) {
  return req.mode === "navigate" || req.headers.has("HX-History-Restore-Request");
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET") late.clear(); // it may sign out, or change what a page says
  const rule = RULES.find(([, fits]) => fits(event.request, url));
  const answer = rule?.[2];
  if (answer) event.respondWith(answer(event, url));
});

async function kept(event, path) {
  event.waitUntil(Promise.resolve(event.preloadResponse).catch(() => undefined)); // asked for in vain, but let it end
  const cache = await caches.open(CACHE);
  return (await cache.match(path, { ignoreVary: true })) ?? fetch(event.request);
}

// A page of the version before, open while this one took over, is given the folds that its own modules know.
async function laterParts(event, url) {
  const tree = `/s/${url.searchParams.get("of") ?? ""}`;
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  for (const name of [CACHE, ...others.reverse()]) {
    const found = await (await caches.open(name)).match(url.pathname, { ignoreVary: true });
    if (found && (await found.clone().text()).includes(tree)) return found;
  }
  return fetch(event.request);
}

// An open page of the version before may still ask for its own modules, so the other cache is looked through as well.
async function asset(event) {
  const cache = await caches.open(CACHE);
  const found = (await cache.match(event.request, { ignoreVary: true })) ?? (await caches.match(event.request, { ignoreVary: true }));
  return found ?? fetch(event.request);
}

async function fragment(event) {
  try {
    return await fetch(event.request);
  } catch {
    // 204 leaves the page as it is (htmx does not swap); the body must be null or the constructor throws.
    return new Response(null, { status: 204, headers: { "HX-Trigger": "app:offline" } });
  }
}

// A silent server is worse than none: after three seconds the shell is shown, whatever the network still hopes for. What it
// brings later is told to that page and given to whoever asks again, or nobody on a slow network would ever see more.
const late = new Map(); // address → the answer that is still to come, or has come

async function page(event, url) {
  const fresh = fromNetwork(event);
  const network = late.has(url.href) ? Promise.any([late.get(url.href), fresh]) : fresh;
  late.delete(url.href);
  event.waitUntil(network.catch(() => undefined));
  const over = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const answer = await Promise.race([network.catch(() => undefined), over]);
  if (answer) return answer;
  const shell = await (await caches.open(CACHE)).match("/offline", { ignoreVary: true });
  if (!shell) return network;
  const whole = network.then(readWhole);
  late.set(url.href, whole);
  event.waitUntil(whole.then(() => tell(event.resultingClientId, url), () => forget(url, whole)));
  return shell;
}

// What is read of an answer later than its own event may never come to its end. An error, or a way elsewhere, is no page.
async function readWhole(answer) {
  if (!answer.ok) throw new Error(`no page: ${answer.status}`);
  return new Response(await answer.blob(), answer);
}

async function tell(client, url) {
  const whole = late.get(url.href);
  setTimeout(() => forget(url, whole), LATEST);
  (await self.clients.get(client))?.postMessage("come");
}

function forget(url, whole) {
  if (late.get(url.href) === whole) late.delete(url.href);
}

// A form comes from the office or not at all: none is kept, none is given up while it may still come, however late. Only in the
// place of the browser's own page of failure stands the shell, which says so and leads on to /capture.
async function form(event) {
  try {
    return await fromNetwork(event);
  } catch (failure) {
    const shell = await (await caches.open(CACHE)).match("/offline", { ignoreVary: true });
    if (shell) return shell;
    throw failure;
  }
}

async function fromNetwork(event) {
  return (await event.preloadResponse) ?? fetch(event.request);
}

// No page is open yet that could take them, and the server must not: they are kept until the capture page has them as photos
// of a draft (behaviours/capture/shared.js). What says that there is something comes last, so that nothing is found half kept.
async function handed(event) {
  const kept = await keepHanded(event.request).catch(() => "failed");
  return Response.redirect(`/capture?shared=${kept}`, 303);
}

async function keepHanded(request) {
  const form = await request.formData();
  const pictures = form.getAll("photos").filter((file) => file instanceof File && file.size > 0 && file.type.startsWith("image/"));
  const text = ["title", "text", "url"].map((name) => form.get(name)).filter((part) => typeof part === "string" && part.trim() !== "").join("\n");
  if (pictures.length === 0 && text === "") return "nothing";
  const cache = await caches.open(HANDED);
  const before = (await cache.keys()).filter(({ url }) => url.endsWith("/all")).length;
  const taken = pictures.slice(0, MOST_PICTURES);
  const bytes = taken.reduce((sum, { size }) => sum + size, 0);
  if (before >= MOST_HANDED || pictures.some(({ size }) => size > MOST_BYTES) || bytes > (await roomFor(cache))) return "too-much";
  const place = `/share/${Date.now()}`;
  const all = { n: taken.length, left: pictures.length - taken.length, text: text.slice(0, MOST_TEXT) };
  try {
    for (const [at, file] of taken.entries()) {
      const headers = { "Content-Type": file.type, "Fieldapp-Taken": String(file.lastModified), "Fieldapp-Size": String(file.size) };
      await cache.put(`${place}/${at}`, new Response(await file.arrayBuffer(), { headers }));
    }
    await cache.put(`${place}/all`, new Response(JSON.stringify(all)));
  } catch (problem) {
    for (const at of taken.keys()) await cache.delete(`${place}/${at}`);
    throw problem;
  }
  return "kept";
}

// Never more than half of what is free.
async function roomFor(cache) {
  let waiting = 0;
  for (const { url } of await cache.keys()) waiting += Number((await cache.match(url))?.headers.get("Fieldapp-Size") ?? 0);
  const { quota, usage = 0 } = (await self.navigator?.storage?.estimate?.().catch(() => null)) ?? {};
  return Math.min(MOST_WAITING - waiting, quota ? (quota - usage) / 2 : Infinity);
}

self.addEventListener("install", (event) => event.waitUntil(precache()));

// One request that fails costs none of the others: what has come stays, for the next installation too if this one fails.
async function precache() {
  const cache = await caches.open(CACHE);
  const had = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  let missing = PRE.filter((url) => !isFixed(url) || !had.has(url));
  for (let left = TRIES; missing.length > 0; left -= 1) {
    if (left < TRIES) await new Promise((resolve) => setTimeout(resolve, PAUSE));
    const asked = await Promise.allSettled(missing.map((url) => keep(cache, url)));
    missing = missing.filter((_, at) => asked[at]?.status === "rejected");
    if (missing.length > 0 && left === 1) throw new Error(`not kept: ${missing.join(" ")}`);
  }
}

// An address with a version never means two things, so what the page has just loaded need not come again.
function isFixed(url) {
  return url.startsWith("/s/");
}

// A connection that dies without a word would hold the whole installation. Not every 200 is our page: the next version's
// names modules that are not kept, and a hotel's login page answers too.
async function keep(cache, url) {
  const patience = new AbortController();
  const over = setTimeout(() => patience.abort(), SILENCE);
  try {
    const answer = await fetch(url, { signal: patience.signal, cache: isFixed(url) ? "default" : "reload" });
    const ours = answer.ok && (isFixed(url) || (await answer.clone().text()).includes(TREE));
    if (!ours) throw new Error(`not this version's: ${url}`);
    await cache.put(url, answer);
  } finally {
    clearTimeout(over);
  }
}

self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function activate() {
  await self.registration.navigationPreload?.enable().catch(() => undefined); // pages come without it, too
  const ours = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  // Cache names keep the order in which they were made. The last two stay for pages still open: of the version before,
  // and of one that was installed meanwhile and never took over.
  await Promise.all(ours.slice(0, -2).map((name) => caches.delete(name)));
  await self.clients.claim(); // only pages without a worker: those of the version before have just been given this one
}

self.addEventListener("message", (event) => {
  // A page asks for this only when no form is dirty and nothing is being sent (behaviours/update.js).
  if (event.data === "take-over") self.skipWaiting();
  // A page that was still being loaded at the activation has been overlooked, and says so itself.
  if (event.data === "claim") event.waitUntil(self.clients.claim());
  if (event.data === "version") event.source?.postMessage({ version: VERSION });
});

// Background sync only wakes a page: what is sent, and how, stays in one place (outbox/sender.js).
self.addEventListener("sync", (event) => event.waitUntil(wake()));

async function wake() {
  for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage("wake");
}
