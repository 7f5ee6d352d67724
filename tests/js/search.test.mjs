// Finding a project with one thumb, among ten thousand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracyWord, distanceM } from "../../fieldapp/static/js/outbox/geo.js";
import { searchProjects } from "../../fieldapp/static/js/outbox/search.js";

const project = (id, name, more = {}) => ({ id, name, initials: "", enterprise: null, phase: "", lat: null, lng: null, mine: false, ...more });
const ids = (found) => found.map((one) => one.id);
const HERE = { lat: 31.3, lng: 120.6 };
const ZONE = [
  project("a", "东湖半导体厂房", { initials: "dhbdtcf", enterprise: { name: "东湖微电子", initials: "dhwdz" }, phase: "一期" }),
  project("b", "东湖二号仓库", { initials: "dhehck", enterprise: { name: "顺达物流", initials: "sdwl" }, phase: "二期" }),
  project("c", "南桥东湖路改造", { initials: "nqdhlgz", enterprise: { name: "南桥城建", initials: "nqcj" } }),
  project("d", "青禾食品车间", { initials: "qhspcj", enterprise: { name: "东湖食品", initials: "dhsp" }, lat: 31.301, lng: 120.601, mine: true }),
  project("e", "Lakeside Lab", { initials: "ll", lat: 31.31, lng: 120.61 }),
];

test("a name that begins so comes before one that contains it, before an enterprise of that name", () => {
  assert.deepEqual(ids(searchProjects(ZONE, "东湖")), ["b", "a", "c", "d"].sort((x, y) => rank(x) - rank(y)));
  function rank(id) {
    return { a: 1, b: 0, c: 2, d: 3 }[id];
  }
});

test("first letters of the pinyin find it, in capitals and full width too", () => {
  for (const typed of ["dhbd", "DHBD", "ｄｈｂｄ"]) assert.deepEqual(ids(searchProjects(ZONE, typed)), ["a"]);
});

test("by the enterprise, by its letters, by the phase; every word has to match", () => {
  assert.deepEqual(ids(searchProjects(ZONE, "顺达")), ["b"]);
  assert.deepEqual(ids(searchProjects(ZONE, "sdwl")), ["b"]);
  assert.deepEqual(ids(searchProjects(ZONE, "东湖 二期")), ["b"]);
  assert.deepEqual(ids(searchProjects(ZONE, "东湖 三期")), []);
  assert.deepEqual(ids(searchProjects(ZONE, "lab")), ["e"]);
});

test("among equals the recent one, then mine, then the nearer", () => {
  const twins = ["1", "2", "3", "4"].map((id) => project(id, "同名项目"));
  assert.deepEqual(ids(searchProjects(twins, "同名", { recent: ["3"] })), ["3", "1", "2", "4"]);
  twins[3].mine = true;
  assert.deepEqual(ids(searchProjects(twins, "同名", { recent: ["3"] })), ["3", "4", "1", "2"]);
  const near = [project("far", "同名", { lat: 31.9, lng: 120.9 }), project("near", "同名", { lat: 31.301, lng: 120.6 })];
  assert.deepEqual(ids(searchProjects(near, "同名", { near: HERE })), ["near", "far"]);
});

test("nothing typed: the recent ones in their order, then the nearest, then mine, then by name", () => {
  const list = [...ZONE, project("m", "Mine without a point", { mine: true })];
  assert.deepEqual(ids(searchProjects(list, " ", { near: HERE, recent: ["c", "a"] })), ["c", "a", "d", "e", "m", ...ids([ZONE[1]])]);
  const found = searchProjects(ZONE, "", { near: HERE }).find((one) => one.id === "d");
  assert.ok(Math.abs(found.distance_m - distanceM(HERE, found)) < 1e-9);
  assert.equal(searchProjects(ZONE, "")[0].distance_m, null);
});

test("ten thousand projects: the right one first, fifty at most", () => {
  const zone = Array.from({ length: 10_000 }, (_, n) =>
    project(`p${n}`, `园区项目第${n}号`, { initials: `yqxmd${n}h`, enterprise: { name: `企业${n % 900}`, initials: `qy${n % 900}` }, lat: 31 + (n % 100) / 100, lng: 120 + n / 10_000 }),
  );
  assert.equal(searchProjects(zone, "第4711号", { near: HERE })[0].id, "p4711");
  assert.equal(searchProjects(zone, "yqxmd4711h")[0].id, "p4711");
  assert.equal(searchProjects(zone, "园区").length, 50);
  assert.equal(searchProjects(zone, "", { near: HERE }).length, 50);
  assert.deepEqual(searchProjects(zone, "没有这个"), []);
});

test("a list that has been replaced is searched anew", () => {
  assert.equal(searchProjects([project("x", "旧名")], "新名").length, 0);
  assert.equal(searchProjects([project("x", "新名")], "新名").length, 1);
});

test("distances are right to half a percent, and accuracy has four words", () => {
  const east = distanceM({ lat: 31.3, lng: 120.6 }, { lat: 31.3, lng: 120.61 });
  assert.ok(Math.abs(east - 951.9) < 5, String(east)); // geopy's geodesic says 951.9
  const north = distanceM({ lat: 31.3, lng: 120.6 }, { lat: 31.31, lng: 120.6 });
  assert.ok(Math.abs(north - 1108.7) < 6, String(north));
  assert.equal(distanceM(HERE, HERE), 0);
  assert.ok(distanceM({ lat: 0, lng: 0 }, { lat: 0, lng: 180 }) > 20_000_000);
  assert.deepEqual([0, 15, 15.1, 50, 51, 200, 201].map(accuracyWord), ["precise", "precise", "usable", "usable", "poor", "poor", "unreliable"]);
});
