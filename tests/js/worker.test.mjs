// The worker's installation on a bad network: /sw.js as a browser runs it, with a cache and a network made for the story.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SOURCE = readFileSync(new URL("../../fieldapp/static/js/worker/sw.js", import.meta.url), "utf-8");
const PRE = ["/capture", "/s/v1/a.js", "/s/v1/b.js"];
const HERE = "https://field.example";

/** A browser in which workers of several versions are installed, one after the other.
 * `broken` says what fails how often, `texts` with what the page's address answers first, `silent` what says nothing at all. */
function browser(broken = {}, texts = [], silent = {}) {
  const kept = new Map(); // cache name → addresses
  const asked = [];
  const patience = []; // what happens when somebody has waited for long
  const cacheOf = (name) => {
    if (!kept.has(name)) kept.set(name, new Set());
    const held = kept.get(name);
    return {
      keys: async () => [...held].map((path) => ({ url: HERE + path })),
      put: async (url) => void held.add(url),
    };
  };
  const fetch = async (url, { cache, signal }) => {
    asked.push(`${cache} ${url}`);
    if (broken[url]-- > 0) throw new TypeError("Failed to fetch");
    if (silent[url]-- > 0) {
      return new Promise((_, fail) => {
        signal.addEventListener("abort", () => fail(signal.reason));
        setImmediate(() => patience.splice(0).forEach((over) => over()));
      });
    }
    const text = (url.startsWith("/s/") ? null : texts.shift()) ?? '<script src="/s/v1/a.js">';
    return { ok: true, clone: () => ({ text: async () => text }) };
  };
  const caches = {
    open: async (name) => cacheOf(name),
    keys: async () => [...kept.keys()],
    delete: async (name) => kept.delete(name),
  };
  let claims = 0;
  const worker = (version, { preload } = {}) => {
    const listeners = new Map();
    const self = {
      addEventListener: (type, listener) => listeners.set(type, listener),
      registration: { navigationPreload: preload },
      clients: { claim: async () => void (claims += 1) },
    };
    vm.runInNewContext(`const VERSION = "${version}"; const PRE = ${JSON.stringify(PRE)};\n${SOURCE}`, {
      self, caches, fetch, URL, location: new URL(HERE), AbortController, clearTimeout: () => undefined,
      setTimeout: (done, ms) => (ms > 60_000 ? patience.push(done) : setImmediate(done)),
    });
    return async (type, more = {}) => {
      let done = null;
      listeners.get(type)({ ...more, waitUntil: (promise) => (done = promise) });
      await done;
    };
  };
  return { worker, kept: (version) => [...(kept.get(`fieldapp-shell-${version}`) ?? [])].sort(), asked, claims: () => claims };
}

test("a request that fails once costs the shell nothing, and none of the others is made again", async () => {
  const phone = browser({ "/s/v1/a.js": 1 });
  await phone.worker("v1")("install");
  assert.deepEqual(phone.kept("v1"), PRE);
  assert.deepEqual(phone.asked, ["reload /capture", "default /s/v1/a.js", "default /s/v1/b.js", "default /s/v1/a.js"]);
});

test("a connection that dies without a word holds the installation for a minute and a half, not for good", async () => {
  const phone = browser({}, [], { "/s/v1/b.js": 1 });
  await phone.worker("v1")("install");
  assert.deepEqual(phone.kept("v1"), PRE);
  assert.deepEqual(phone.asked.filter((each) => each.endsWith("b.js")), Array(2).fill("default /s/v1/b.js"));
});

test("where one address never answers nothing is installed; the next page goes on from there, and asks for the pages anew", async () => {
  const phone = browser({ "/s/v1/b.js": 3 });
  await assert.rejects(phone.worker("v1")("install"), /not kept: \/s\/v1\/b\.js$/);
  phone.asked.length = 0;
  await phone.worker("v1")("install");
  assert.deepEqual(phone.asked, ["reload /capture", "default /s/v1/b.js"]);
  assert.deepEqual(phone.kept("v1"), PRE);
});

test("a page of the version that was deployed meanwhile, or of a hotel's network, is asked for again", async () => {
  const phone = browser({}, ['<script src="/s/v2/a.js">', "<h1>Room number?</h1>"]);
  await phone.worker("v1")("install");
  assert.deepEqual(phone.asked.filter((each) => each.includes("/capture")), Array(3).fill("reload /capture"));
  assert.deepEqual(phone.kept("v1"), PRE);
  const deployed = browser({}, Array(3).fill('<script src="/s/v2/a.js">'));
  await assert.rejects(deployed.worker("v1")("install"), /not kept: \/capture$/);
});

test("the first worker takes its pages though another version has failed before it, and though there is no preloading", async () => {
  const phone = browser({ "/s/v1/b.js": 3 });
  await assert.rejects(phone.worker("v1")("install"));
  const preload = { enable: async () => Promise.reject(new Error("InvalidStateError")) };
  const second = phone.worker("v2", { preload });
  await second("install");
  await second("activate");
  assert.equal(phone.claims(), 1);
});

test("a page that was being loaded at that moment asks for itself", async () => {
  const phone = browser();
  const worker = phone.worker("v1");
  await worker("install");
  await worker("activate");
  await worker("message", { data: "claim" });
  assert.equal(phone.claims(), 2);
});

test("a page of the version before gets the folds of its own version from the worker of the next one", async () => {
  const folds = { "fieldapp-shell-w1": "<i src=/s/aaa/x.js>one", "fieldapp-shell-w2": "<i src=/s/bbb/x.js>two" };
  const response = (text) => ({ text: async () => text, clone: () => response(text) });
  const caches = { keys: async () => Object.keys(folds), open: async (name) => ({ match: async () => folds[name] && response(folds[name]) }) };
  let listener = null;
  const self = { addEventListener: (type, heard) => type === "fetch" && (listener = heard) };
  const fetch = async () => response("from the network");
  vm.runInNewContext(`const VERSION = "w2"; const PRE = ["/s/bbb/x.js"];\n${SOURCE}`, { self, caches, fetch, URL, location: new URL(HERE), setTimeout });
  const get = async (query) => {
    let answer = null;
    listener({ request: { url: `${HERE}/capture/more${query}`, method: "GET", mode: "cors", headers: new Map() }, respondWith: (given) => (answer = given) });
    return (await (await answer).text()).split(">").at(-1);
  };
  assert.deepEqual([await get("?of=aaa"), await get("?of=bbb"), await get(""), await get("?of=ccc")], ["one", "two", "two", "from the network"]);
});

test("a form comes from the network, however late, or the shell says that there is none; its writes are left alone", async () => {
  let network = async () => "the form";
  const listeners = new Map();
  const caches = { open: async () => ({ match: async (path) => `kept ${path}` }) };
  const self = { addEventListener: (type, listener) => listeners.set(type, listener) };
  const never = () => assert.fail("a form is waited for");
  vm.runInNewContext(`const VERSION = "v1"; const PRE = ${JSON.stringify(PRE)};\n${SOURCE}`, {
    self, caches, fetch: () => network(), URL, location: new URL(HERE), setTimeout: never,
  });
  const ask = (path, { method = "GET", preloaded = undefined } = {}) => {
    let answer = "untouched";
    const request = { url: HERE + path, method, mode: "navigate", headers: new Map() };
    listeners.get("fetch")({ request, preloadResponse: preloaded, waitUntil: () => undefined, respondWith: (given) => (answer = given) });
    return answer;
  };
  for (const path of ["/login?next=/issues", "/visits/new"]) {
    network = async () => "the form";
    assert.equal(await ask(path), "the form");
    assert.equal(await ask(path, { preloaded: Promise.resolve("asked for ahead") }), "asked for ahead");
    assert.equal(ask(path, { method: "POST" }), "untouched");
    network = async () => Promise.reject(new TypeError("Failed to fetch"));
    assert.equal(await ask(path), "kept /offline");
    assert.equal(await ask(path, { preloaded: Promise.reject(new TypeError("no network")) }), "kept /offline");
  }
  assert.deepEqual(["/login/second", "/logout", "/api/v1/reference"].map((path) => ask(path)), Array(3).fill("untouched"));
});

/** A page of this address is asked for; `network` is what the office will say. */
function slowPage() {
  const listeners = new Map();
  const told = [];
  const later = []; // what a clock does when its time is over
  const self = {
    addEventListener: (type, listener) => listeners.set(type, listener),
    clients: { get: async (id) => ({ postMessage: (what) => told.push(`${id} ${what}`) }) },
  };
  const caches = { open: async () => ({ match: async () => ({ shell: true }) }) };
  const answers = [];
  const fetch = () => new Promise((resolve) => answers.push(resolve));
  vm.runInNewContext(`const VERSION = "v1"; const PRE = ${JSON.stringify(PRE)};\n${SOURCE}`, {
    self, caches, fetch, URL, Response, location: new URL(HERE), setTimeout: (over) => later.push(over),
  });
  const ask = (client, method = "GET") => {
    let answer = null;
    const request = { url: `${HERE}/projects/7`, method, mode: "navigate", headers: new Map() };
    const hold = (promise) => void promise;
    listeners.get("fetch")({ request, resultingClientId: client, waitUntil: hold, respondWith: (given) => (answer = given) });
    return answer;
  };
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setImmediate(done)); // a body is read in some
  };
  const wait = async () => {
    await settle();
    later.splice(0).forEach((over) => over());
    await settle();
  };
  return { ask, wait, settle, told, brings: (at, status, page) => answers[at](new Response(page, { status })) };
}

test("what a slow network brings after the shell is told to that page, and shown when it asks again", async () => {
  const phone = slowPage();
  const first = phone.ask("one");
  await phone.wait();
  assert.deepEqual(await first, { shell: true });
  phone.brings(0, 200, "the project");
  await phone.settle();
  assert.deepEqual(phone.told, ["one come"]);
  assert.equal(await (await phone.ask("two")).text(), "the project");
  const third = phone.ask("three"); // given once only
  await phone.settle();
  phone.brings(2, 200, "the project today");
  assert.equal(await (await third).text(), "the project today");
});

test("what came late is kept for a minute, told of no failing server, and forgotten with any write", async () => {
  const phone = slowPage();
  const answered = async (at, status) => {
    const shown = phone.ask("page");
    await phone.wait();
    assert.deepEqual(await shown, { shell: true });
    phone.brings(at, status, "late");
    await phone.settle();
  };
  await answered(0, 502);
  assert.deepEqual(phone.told, []);
  await answered(1, 200);
  phone.ask("page", "POST");
  await answered(2, 200); // not what was there before the write
  await phone.wait(); // a minute
  await answered(3, 200);
  assert.deepEqual(phone.told, Array(3).fill("page come"));
});
