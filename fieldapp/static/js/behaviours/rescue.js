/** A file of one's own records: the answer to every fault not foreseen. Nothing is removed by it. */
export { exportForm, exportRecords } from "../outbox/exporter.js";

/**
 * Through the phone's share sheet where it takes files, else as a download.
 * @param {{name: string, bytes: ArrayBuffer}} made
 * @returns {Promise<string|null>}  null = the officer closed the share sheet
 */
export async function saveAsFile({ name, bytes }) {
  const file = new File([bytes], name, { type: "application/json" });
  if (matchMedia("(pointer: coarse)").matches && navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file] });
      return name;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return null;
    }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return name;
}
