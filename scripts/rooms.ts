// `node scripts/rooms.ts [package…]`: prints every breach of the rules of rooms (a room is a folder), in the whole tree
// or in some packages: import cycles between files and between rooms, forbidden imports, package entries that are not
// listed, rooms and files that are too large. It changes nothing. `pnpm check` fails for each of them.
import { fileURLToPath } from "node:url";
import { packageNames, roomBreaches, roomRules } from "./rooms/breaches.ts";
import { readEntries, readSources } from "./rooms/source-tree.ts";

const top = fileURLToPath(new URL("..", import.meta.url));
const sources = readSources(top);
const entries = readEntries(top);
const wanted = process.argv.slice(2);
const names = packageNames(sources);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(", ")}; known are ${names.join(", ")}`);
  process.exit(64);
}
const counts: string[] = [];
for (const name of wanted.length > 0 ? wanted : names) {
  const found = roomBreaches(name, sources, entries);
  for (const rule of roomRules) for (const breach of found[rule]) console.log(`${name}, ${rule}: ${breach}`);
  const cells = roomRules.map((rule) => `${rule} ${found[rule].length}`);
  counts.push(name.padEnd(22) + cells.map((cell) => cell.padEnd(16)).join(""));
}
console.log(`\n${counts.join("\n")}`);
