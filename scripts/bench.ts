// `pnpm bench [executables] [bring-up] [channel] [scale]`: measures and prints tables. The exit code is 1 when a budget
// is exceeded.
import { loadavg } from "node:os";
import { benchBringUp } from "./bench/bring-up.ts";
import { benchChannel } from "./bench/channel.ts";
import { benchExecutables } from "./bench/executables.ts";
import { benchScale } from "./bench/scale.ts";

const benches: Readonly<Record<string, () => Promise<string[]>>> = {
  executables: benchExecutables,
  "bring-up": () => benchBringUp(),
  channel: benchChannel,
  scale: benchScale,
};
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  console.error(`unknown bench ${unknown.join(", ")}: one of ${Object.keys(benches).join(", ")}`);
  process.exit(2);
}
const over: string[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(
    `\n${name} (load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(" ")})`,
  );
  over.push(...(await bench()));
}
for (const line of over) console.error(`over budget: ${line}`);
process.exitCode = over.length === 0 ? 0 : 1;
