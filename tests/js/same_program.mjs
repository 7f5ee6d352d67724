// Exits 0 when the modules of each pair are the same tokens in the same order, comments apart.
import { readFileSync } from "node:fs";
import { tokenizer } from "acorn";

const tokens = (path) =>
  [...tokenizer(readFileSync(path, "utf-8"), { ecmaVersion: "latest", sourceType: "module" })].map(({ type, value }) => `${type.label} ${value}`);
const paths = process.argv.slice(2);
for (let i = 0; i < paths.length; i += 2) {
  const [before, after] = paths.slice(i, i + 2).map(tokens);
  const at = before.findIndex((token, n) => token !== after[n]);
  if (at === -1 && before.length === after.length) continue;
  console.error(`${paths[i]} differs at token ${at}: ${before.slice(at, at + 5)} / ${after.slice(at, at + 5)}`);
  process.exitCode = 1;
}
