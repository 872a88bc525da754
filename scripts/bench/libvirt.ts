// `pnpm bench libvirt`: what a call of a libvirt daemon costs, beside virsh at the same daemon in the same run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connectLibvirt, type Domain, type Libvirt } from "@cke/libvirt";
import { LibvirtServer } from "@cke/test-servers";
import { median, table } from "./measurement/table.ts";

const barMs = 0.4;
const calls = 2_000;
const processes = 15;

const tiny = `<domain type='qemu'>
  <name>bench</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices>
</domain>`;

/** Prints the table; lines that are over budget. */
export async function benchLibvirt(): Promise<string[]> {
  const server = await LibvirtServer.start();
  try {
    const libvirt = await connectLibvirt(server.socketPath);
    const domain = await libvirt.domains.create(tiny, { paused: true });
    const rows = await measure(libvirt, domain, server);
    await libvirt.domains.destroy(domain);
    await libvirt.close();
    console.log(table([["figure", "median ms", "bar"], ...rows.map(([name, ms, bar]) => [name, ms.toFixed(2), bar])]));
    return rows.flatMap(([name, ms, bar]) =>
      bar !== "" && ms > Number(bar) ? [`${name}: ${ms.toFixed(2)} ms, the bar is ${bar} ms`] : [],
    );
  } finally {
    await server.stop();
  }
}

type Row = readonly [name: string, ms: number, bar: string];

async function measure({ host, domains }: Libvirt, domain: Domain, server: LibvirtServer): Promise<readonly Row[]> {
  const state = () => domains.state(domain);
  await each(200, state); // until the code is warm
  const bar = barMs.toFixed(1);
  return [
    ["version of the daemon", await each(calls, () => host.libvirtVersion()), bar],
    ["state of a domain", await each(calls, state), bar],
    ["XML of a running domain", await each(calls, () => domains.xml(domain)), ""],
    ["state, five calls at once: each", (await each(calls / 5, () => Promise.all(five(state)))) / 5, bar],
    ["virsh, one process for all: state of a domain", await virshShell(server, 500), ""],
    [
      "virsh, a process for each: state of a domain",
      await each(processes, () => virsh(server, ["domstate", "bench"])),
      "",
    ],
  ];
}

const five = <T>(call: () => T): T[] => Array.from({ length: 5 }, call);

/** Median milliseconds of a call, one after the other. */
async function each(count: number, call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const began = performance.now();
    await call();
    times.push(performance.now() - began);
  }
  return median(times);
}

/** Runs one virsh; its standard input is `input`. */
async function virsh(server: LibvirtServer, args: readonly string[], input = ""): Promise<void> {
  const child = spawn("virsh", ["-q", "-c", `qemu:///system?socket=${server.socketPath}`, ...args], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  child.stdin.end(input);
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`virsh ${args.join(" ")} ended with ${code}`);
}

/** Milliseconds of a command in a virsh that runs many, without its start. */
async function virshShell(server: LibvirtServer, commands: number): Promise<number> {
  const timed = async (count: number) => {
    const began = performance.now();
    await virsh(server, [], "domstate bench\n".repeat(count));
    return performance.now() - began;
  };
  const start = await timed(1);
  return ((await timed(commands + 1)) - start) / commands;
}
