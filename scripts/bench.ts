// `pnpm bench [executables] [bring-up] [operate] [channel] [libvirt] [vm] [scale]`: measures and prints tables. The exit code is 1 when a budget
// is exceeded.
import { loadavg } from "node:os";
import { benchBringUp } from "./bench/bring-up.ts";
import { benchChannel } from "./bench/channel.ts";
import { benchExecutables } from "./bench/executables.ts";
import { benchLibvirt } from "./bench/libvirt.ts";
import { benchOperate } from "./bench/operate.ts";
import { benchScale } from "./bench/scale.ts";
import { benchVm } from "./bench/vm.ts";

const benches: Readonly<Record<string, () => Promise<string[]>>> = {
  executables: benchExecutables,
  "bring-up": () => benchBringUp(),
  operate: benchOperate,
  channel: benchChannel,
  libvirt: benchLibvirt,
  vm: () => benchVm(),
  scale: benchScale,
};
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  console.error(`unknown bench ${unknown.join(", ")}: one of ${Object.keys(benches).join(", ")}`);
  process.exit(2);
}
const over: string[] = [];
const failed: string[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(
    `\n${name} (load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(" ")})`,
  );
  try {
    over.push(...(await bench()));
  } catch (error) {
    failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
for (const line of over) console.error(`over budget: ${line}`);
for (const line of failed) console.error(`could not be measured: ${line}\n\`make bench\` installs what is missing`);
process.exitCode = over.length === 0 && failed.length === 0 ? 0 : 1;
