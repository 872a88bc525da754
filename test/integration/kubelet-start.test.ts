// The script that starts the kubelet in a KubeNode, over files in place of the node's.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("../../images/kube-node/rootfs/usr/local/bin/kubelet", import.meta.url));
const dropin = "run/cke/kubelet.conf.d/10-reserved.conf";
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cke-kubelet-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
/** The files of a machine with this memory (KiB) and these CPUs ("0-3"). */
function machine(memory: number, cpus: string): void {
  put("proc/meminfo", `MemTotal:       ${memory} kB\nMemFree:         1000 kB\n`);
  put("sys/devices/system/cpu/online", `${cpus}\n`);
}
function start(allocatable: { readonly cpuMillis?: number; readonly memoryKib?: number }, ...args: string[]): string {
  const { cpuMillis, memoryKib } = allocatable;
  return execFileSync(script, args, {
    encoding: "utf8",
    stdio: "pipe",
    env: {
      PATH: process.env.PATH,
      CKE_ROOT: root,
      CKE_KUBELET: "/bin/echo",
      ...(cpuMillis === undefined ? {} : { ALLOCATABLE_CPU_MILLIS: String(cpuMillis) }),
      ...(memoryKib === undefined ? {} : { ALLOCATABLE_MEMORY_KIB: String(memoryKib) }),
    },
  });
}
const reserved = () => /systemReserved: (.*)/.exec(readFileSync(join(root, dropin), "utf8"))?.[1];
const GiB = 1024 * 1024;

describe("what is reserved is what the node has less what pods may have", () => {
  test.each([
    ["a part of a large host", 24 * GiB, "0-7", 1_500, 2 * GiB, '{cpu: "6500m", memory: "23068672Ki"}'],
    ["all of it", 4 * GiB, "0-3", 4_000, 4 * GiB, '{cpu: "0m", memory: "0Ki"}'],
    ["more than there is: what there is", 2 * GiB, "0-1", 4_000, 4 * GiB, '{cpu: "0m", memory: "0Ki"}'],
    ["CPUs with gaps", 4 * GiB, "0,2-3,9", 1_000, GiB, `{cpu: "3000m", memory: "${3 * GiB}Ki"}`],
    ["one CPU", GiB, "0", 300, GiB / 2, '{cpu: "700m", memory: "524288Ki"}'],
  ])("%s", (_words, memory, cpus, cpuMillis, memoryKib, expected) => {
    machine(memory, cpus);
    expect(start({ cpuMillis, memoryKib }, "--config=/a", "--b")).toBe("--config=/a --b\n");
    expect(reserved()).toBe(expected);
  });

  test("CPUs are counted where they have no online file", () => {
    machine(GiB, "0");
    rmSync(join(root, "sys/devices/system/cpu/online"));
    for (const cpu of ["cpu0", "cpu1", "cpu11"]) mkdirSync(join(root, "sys/devices/system/cpu", cpu));
    mkdirSync(join(root, "sys/devices/system/cpu/cpufreq"));
    start({ cpuMillis: 1_000, memoryKib: GiB });
    expect(reserved()).toBe('{cpu: "2000m", memory: "0Ki"}');
  });

  test("a node that cannot be looked at starts no kubelet that offers too much, and says why", () => {
    put("proc/meminfo", "");
    put("sys/devices/system/cpu/online", "0-1\n");
    expect(() => start({ cpuMillis: 1_000, memoryKib: GiB })).toThrow(/memory \(0 KiB\) or CPUs \(2\) cannot be found/);
  });
});

test("a cluster of an earlier rendering gets its kubelet as it was, with nothing of another start", () => {
  machine(GiB, "0-1");
  start({ cpuMillis: 1_000, memoryKib: GiB });
  expect(start({}, "--x")).toBe("--x\n");
  expect(existsSync(join(root, dropin))).toBe(false);
});
