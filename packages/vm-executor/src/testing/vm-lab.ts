// A private libvirt daemon, directories and the tiny guest, for tests of the whole executor.

import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { RecordingContext } from "@cke/executor-core/testing/recording-context";
import { silentLogger, systemClock } from "@cke/foundation";
import { connectLibvirt } from "@cke/libvirt";
import { VmDefinition, type VmDefinitionInit, VmTask, type VmTaskInit } from "@cke/protocol";
import { guestCommandLine, LibvirtServer } from "@cke/test-servers";
import { VmDriver } from "../driver/vm-driver.ts";
import { localVmHost } from "../host/local-vm-host.ts";
import type { VmDirectories } from "../host/vm-directories.ts";
import { commandRunner } from "../network/command-runner.ts";
import { HostNetworks } from "../network/host-networks.ts";
import { NetworkRecords } from "../network/network-records.ts";
import type { Networks } from "../ports/networks.ts";
import { localPorts } from "../run.ts";
import { launched, removalOrder, unitReport, vmReport } from "./vm-tasks.ts";

const builder = fileURLToPath(new URL("../../../../scripts/guests/tiny", import.meta.url));

/** Why tests with guests cannot run here; undefined when they can. */
export const missingForGuests = (): string | undefined => LibvirtServer.missing();

/** One for each test file: processes of guests are found by it on the whole machine, and files run at the same time. */
export const labUuid = randomUUID();
export const labTaskId = "vm-task";

export class VmLab {
  readonly server: LibvirtServer;
  readonly directories: VmDirectories;
  readonly guest: string;
  readonly #top: string;
  readonly #drivers: { readonly driver: VmDriver; readonly context: RecordingContext }[] = [];

  private constructor(server: LibvirtServer, guest: string, top: string) {
    this.server = server;
    this.guest = guest;
    this.#top = top;
    this.directories = { data: join(top, "data"), run: join(top, "run") };
  }

  /** `controlGroups`: guests get some of their own, so that they can be limited. */
  static async open({ controlGroups = false } = {}): Promise<VmLab> {
    const { stdout } = await promisify(execFile)(builder, { timeout: 600_000 });
    // Short: paths of sockets have at most 107 bytes.
    const top = mkdtempSync("/tmp/cke-vm-");
    return new VmLab(await LibvirtServer.start({ ownNetwork: true, controlGroups }), stdout.trim(), top);
  }

  get libvirtUri(): string {
    return `qemu:///system?socket=${this.server.socketPath}`;
  }

  /** A guest that boots in seconds from its kernel, and has a disk. */
  definition(init: VmDefinitionInit = {}): VmDefinition {
    return VmDefinition.create({
      cpu: { count: 1 },
      memory: { mib: 128 },
      boot: {
        type: "kernel",
        kernel: `file://${this.guest}/vmlinuz`,
        initrd: `file://${this.guest}/initrd.gz`,
        commandLine: guestCommandLine,
      },
      disks: [{ name: "system", role: "system", sizeMib: 16, format: "qcow2", bus: "virtio", cache: "writeback" }],
      ...init,
    });
  }

  task(init: VmTaskInit = {}): VmTask {
    return VmTask.create({
      vm: "vm1",
      uuid: labUuid,
      instance: "i1",
      incarnation: "1",
      frameworkId: "framework-1",
      imagePath: this.guest,
      diskPaths: [this.#top],
      definition: this.definition(),
      labels: { "cke.workload-kind": "vm", "cke.unit": "vm1" },
      ...init,
    });
  }

  /** A new executor in this process. */
  executor(incarnation = "1") {
    const context = new RecordingContext({
      executorId: `cke.vm1.vm1.${incarnation}`,
      frameworkId: "framework-1",
      patienceMs: 1_100_000,
    });
    const driver = new VmDriver({
      host: localVmHost(systemClock),
      connect: connectLibvirt,
      ports: (task, directories) => ({
        ...localPorts(systemClock, silentLogger)(task, directories),
        networks: this.#networks(),
      }),
      directories: this.directories,
      libvirtUri: this.libvirtUri,
      domainLogDirectory: join(this.server.logDirectory, "qemu"),
      clock: systemClock,
      logger: silentLogger,
      shutdownGraceMs: 30_000,
      orderMs: 50,
    });
    driver.start(context);
    this.#drivers.push({ driver, context });
    const last = () => context.of(labTaskId).at(-1);
    const task = launched(new Uint8Array(), labTaskId);
    return {
      driver,
      context,
      last,
      launch: (init: VmTaskInit = {}) =>
        driver.launch(launched(VmTask.encode(this.task({ incarnation, ...init })), labTaskId)),
      kill: (graceMs = 30_000) => driver.kill(task, { graceMs }),
      order: () => driver.message(removalOrder(context.executorId)),
      report: () => vmReport(last()?.data),
      unit: () => unitReport(last()?.data),
      until: (done: () => boolean) => context.until(done),
      running: async () => {
        await context.until(() => last()?.state === "TASK_RUNNING" || context.ended);
        if (last()?.state !== "TASK_RUNNING") throw new Error(`the VM does not run: ${last()?.message}`);
      },
      ended: () => context.until(({ ended }) => ended),
    };
  }

  /** Where the daemon has its network. */
  #networks(): Networks {
    const run = commandRunner(["nsenter", `--net=${this.server.networkNamespace}`]);
    return new HostNetworks({ run, records: new NetworkRecords(join(this.directories.run, "networks")) });
  }

  /** What the guest has written to its serial console. */
  console(): string {
    try {
      return readFileSync(join(this.directories.data, "vms", labUuid, "console.log"), "utf8");
    } catch {
      return "";
    }
  }

  /** Names of domains, and of what lies in the directories of VMs. */
  async leftovers(): Promise<readonly string[]> {
    const libvirt = await connectLibvirt(this.server.socketPath);
    const domains = (await libvirt.domains.list()).map(({ name }) => name);
    await libvirt.close();
    const list = (path: string) => {
      try {
        return readdirSync(path);
      } catch {
        return [];
      }
    };
    return [...domains, ...list(join(this.directories.data, "vms")), ...list(join(this.directories.run, "vm"))];
  }

  /** Ends every executor and guest of a test, and removes what they have left. */
  async clear(): Promise<void> {
    for (const { driver } of this.#drivers.splice(0)) await driver.detach();
    const libvirt = await connectLibvirt(this.server.socketPath);
    for (const domain of await libvirt.domains.list()) {
      if (domain.id !== undefined) await libvirt.domains.destroy(domain).catch(() => {});
      await libvirt.domains
        .undefine(domain, { nvram: "remove", snapshotsMetadata: true, managedSave: true })
        .catch(() => {});
    }
    await libvirt.close();
    rmSync(join(this.directories.data, "vms"), { recursive: true, force: true });
    rmSync(this.directories.run, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await this.server.stop();
    rmSync(this.#top, { recursive: true, force: true });
  }
}
