// The kill switch (FIELDAPP_WORKER=no): this worker removes the caches and itself. IndexedDB is not touched.
self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave() {
  const ours = (await caches.keys()).filter((name) => name.startsWith("fieldapp-shell-"));
  await Promise.all(ours.map((name) => caches.delete(name)));
  await self.registration.unregister();
}
