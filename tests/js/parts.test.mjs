// The small parts: ids, clock, hashes, EXIF, the wire, the vendored files.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { isoLocal } from "../../fieldapp/static/js/outbox/clock.js";
import { readExif } from "../../fieldapp/static/js/outbox/exif.js";
import { base64, fromBase64, sha256Hex } from "../../fieldapp/static/js/outbox/hash.js";
import { http } from "../../fieldapp/static/js/outbox/http.js";
import { uuid7 } from "../../fieldapp/static/js/outbox/ids.js";
import { openChannel } from "../../fieldapp/static/js/outbox/state.js";
import { MORNING, frozenClock, picture, seeded } from "./phone.mjs";

test("ids are UUIDv7: version, variant, time in front, no two alike", () => {
  const clock = frozenClock(0x0123456789ab);
  const random = seeded(3);
  const made = new Set(Array.from({ length: 1000 }, () => uuid7(clock, random)));
  assert.equal(made.size, 1000);
  for (const id of made) assert.match(id, /^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("times keep the phone's own offset", () => {
  assert.equal(isoLocal(MORNING, 480), "2026-11-20T09:41:00.000+08:00");
  assert.equal(isoLocal(MORNING, -210), "2026-11-19T22:11:00.000-03:30");
  assert.equal(Date.parse(isoLocal(MORNING, 345)), MORNING);
});

test("hashes and base64 agree with Node's own, for large buffers too", async () => {
  const bytes = picture(200_001);
  assert.equal(await sha256Hex(bytes), createHash("sha256").update(Buffer.from(bytes)).digest("hex"));
  assert.equal(base64(bytes), Buffer.from(bytes).toString("base64"));
  assert.deepEqual(Buffer.from(fromBase64(base64(bytes))), Buffer.from(bytes));
});

// ---- EXIF ----

/** A JPEG whose only segment is EXIF with these directories. */
function jpeg({ little = false, main = [], exif = [], gps = [] }) {
  const bytes = new Uint8Array(2000);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xffd8ffe1);
  view.setUint16(4, 1990);
  view.setUint32(6, 0x45786966);
  const at = 12;
  view.setUint16(at, little ? 0x4949 : 0x4d4d);
  view.setUint16(at + 2, 42, little);
  view.setUint32(at + 4, 8, little);
  let free = 600;
  const write = (start, entries) => {
    view.setUint16(at + start, entries.length, little);
    entries.forEach(([tag, type, value], index) => {
      const entry = at + start + 2 + index * 12;
      view.setUint16(entry, tag, little);
      view.setUint16(entry + 2, type, little);
      view.setUint32(entry + 4, value.length, little);
      const size = { 2: 1, 3: 2, 4: 4, 5: 8 }[type];
      let place = entry + 8;
      if (size * value.length > 4) {
        view.setUint32(entry + 8, free, little);
        place = at + free;
        free += size * value.length;
      }
      [...value].forEach((one, n) => {
        if (type === 2) view.setUint8(place + n, one.charCodeAt(0));
        if (type === 3) view.setUint16(place + n * 2, one, little);
        if (type === 4) view.setUint32(place + n * 4, one, little);
        if (type === 5) {
          view.setUint32(place + n * 8, one[0], little);
          view.setUint32(place + n * 8 + 4, one[1], little);
        }
      });
    });
  };
  write(8, [...main, [0x8769, 4, [200]], [0x8825, 4, [400]]]);
  write(200, exif);
  write(400, gps);
  return bytes.buffer;
}

for (const little of [true, false]) {
  test(`EXIF of a camera, ${little ? "Intel" : "Motorola"} order: time, make, orientation and position as claimed`, () => {
    const { taken_at, claimed } = readExif(jpeg({
      little,
      main: [[0x010f, 2, "Huayi\0"], [0x0110, 2, "P-1\0"], [0x0112, 3, [6]]],
      exif: [[0x9003, 2, "2026:11:20 09:40:12\0"], [0x9011, 2, "+08:00\0"]],
      gps: [[1, 2, "N\0"], [2, 5, [[31, 1], [18, 1], [3600, 100]]], [3, 2, "W\0"], [4, 5, [[120, 1], [36, 1], [0, 1]]]],
    }));
    assert.equal(taken_at, "2026-11-20T09:40:12+08:00");
    assert.deepEqual(claimed, { make: "Huayi", model: "P-1", orientation: 6, date_time_original: "2026:11:20 09:40:12", offset_time_original: "+08:00", lat: 31.31, lng: -120.6 });
  });
}

test("without the camera's own offset no time is claimed; half a position is none", () => {
  const { taken_at, claimed } = readExif(jpeg({ exif: [[0x9003, 2, "2026:11:20 09:40:12\0"]], gps: [[2, 5, [[31, 1], [18, 0], [0, 1]]], [4, 5, [[120, 1], [36, 1], [0, 1]]]] }));
  assert.equal(taken_at, null);
  assert.deepEqual(claimed, { date_time_original: "2026:11:20 09:40:12" });
});

test("odd files have no claims and never throw", () => {
  const nothing = { taken_at: null, claimed: {} };
  assert.deepEqual(readExif(new ArrayBuffer(0)), nothing);
  assert.deepEqual(readExif(picture(5000)), nothing);
  const whole = jpeg({ exif: [[0x9003, 2, "2026:11:20 09:40:12\0"], [0x9011, 2, "+08:00\0"]] });
  for (let length = 0; length < 700; length += 1) readExif(whole.slice(0, length));
  const { float } = seeded(11);
  for (let n = 0; n < 500; n += 1) {
    const broken = new Uint8Array(whole.slice(0));
    for (let k = 0; k < 20; k += 1) broken[6 + Math.floor(float() * 600)] = Math.floor(float() * 256);
    assert.ok(readExif(broken.buffer).claimed);
  }
});

// ---- the wire ----

async function served(handle, work) {
  const server = createServer(handle);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await work(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("an answer has status, headers in lower case and its JSON", async () => {
  await served(
    (request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        response.writeHead(request.method === "PUT" ? 201 : 404, { "Content-Type": "application/problem+json", "Upload-Offset": "3" });
        response.end(JSON.stringify({ got: Buffer.concat(parts).toString(), method: request.method }));
      });
    },
    async (base) => {
      const put = await http.put(`${base}/x`, new TextEncoder().encode("abc").buffer);
      assert.deepEqual([put.status, put.headers["upload-offset"], put.json, put.networkError], [201, "3", { got: "abc", method: "PUT" }, false]);
      assert.equal((await http.get(base)).status, 404);
      assert.equal((await http.head(base)).json, null);
      assert.equal((await http.post(base, "p")).json.method, "POST");
      assert.equal((await http.patch(base, "p")).json.method, "PATCH");
    },
  );
});

test("a redirect, a closed door and a silent server are all no answer", async () => {
  await served((request, response) => response.writeHead(302, { Location: "/login" }).end(), async (base) => {
    assert.equal((await http.get(base)).networkError, true);
  });
  await served((request) => request.socket.destroy(), async (base) => {
    assert.equal((await http.get(base)).networkError, true);
  });
  await served(() => {}, async (base) => {
    assert.equal((await http.get(base, { timeout: 20 })).networkError, true);
  });
});

test("a portal's HTML, and JSON that is none, are no JSON", async () => {
  await served((request, response) => response.writeHead(200, { "Content-Type": request.url === "/html" ? "text/html" : "application/json" }).end("<html>"), async (base) => {
    assert.deepEqual([(await http.get(`${base}/html`)).json, (await http.get(`${base}/json`)).json], [null, null]);
  });
});

test("news reach this tab and the others, and stop when asked", async () => {
  const [here, there] = [openChannel("t"), openChannel("t")];
  const heard = [];
  const far = new Promise((resolve) => there.subscribe(resolve));
  const stop = here.subscribe((news) => heard.push(news.kind));
  here.announce({ kind: "records" });
  assert.equal((await far).kind, "records");
  stop();
  here.announce({ kind: "user" });
  assert.deepEqual(heard, ["records"]);
  here.close();
  there.close();
});

// ---- vendored files ----

test("each vendored file is the one that the README names", () => {
  const folder = new URL("../../fieldapp/static/vendor/", import.meta.url);
  const readme = readFileSync(new URL("README.md", folder), "utf8");
  const named = new Map([...readme.matchAll(/^\| `([^`]+)` .* `([0-9a-f]{64})` \|$/gm)].map((row) => [row[1], row[2]]));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|css|png)$/.test(entry.name))
    .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.split("/vendor/")[1].replace(/^\/+/, ""));
  assert.deepEqual(files.sort(), [...named.keys()].sort());
  for (const [file, hash] of named) {
    assert.equal(createHash("sha256").update(readFileSync(new URL(file, folder))).digest("hex"), hash, file);
  }
});
