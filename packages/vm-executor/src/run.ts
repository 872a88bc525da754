// Puts the parts of the executor of virtual machines together, and runs it.
import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { runExecutor } from "@cke/executor-core";
import { type Clock, createLogger, type Logger, messageOf, systemClock } from "@cke/foundation";
import { nameProcess } from "@cke/foundation/process-name";
import { VmDisks } from "./disks/vm-disks.ts";
import { VmDriver } from "./driver/vm-driver.ts";
import type { VmDriverOptions } from "./driver/vm-driver-options.ts";
import { localVmHost } from "./host/local-vm-host.ts";
import {
  type DirectorySettings,
  dataDirectories,
  directoriesFor,
  imageDirectory,
  placeOf,
  readIdentity,
  type VmDirectories,
} from "./host/vm-directories.ts";
import type { ConnectHypervisor } from "./hypervisor/hypervisor.ts";
import { HypervisorLink } from "./hypervisor/hypervisor-link.ts";
import { parseLibvirtUri } from "./hypervisor/libvirt-uri.ts";
import { ImageCache } from "./images/image-cache.ts";
import { ImageStore } from "./images/image-store.ts";
import { hostNetworks } from "./network/index.ts";
import { QemuImg } from "./qemu-img/qemu-img.ts";
import { VmSeeds } from "./seed/vm-seeds.ts";
import { cleanUp, parseCleanupTarget } from "./shutdown/cleanup.ts";

type Variables = Readonly<Record<string, string | undefined>>;

const program = "cke-vm-exec";
const cleanupPatienceMs = 10_000;

/** Loaded with the first connection: an executor that fails before needs no libvirt. */
const connect: ConnectHypervisor = async (socketPath, options) =>
  await (await import("@cke/libvirt")).connectLibvirt(socketPath, options);

/** Disks, seeds and networks of this host. */
export function localPorts(clock: Clock, logger: Logger): VmDriverOptions["ports"] {
  return ({ imagePath, diskPaths }, directories) => {
    const qemuImg = new QemuImg();
    const cache = new ImageCache(imageDirectory(directories));
    const images = new ImageStore({ cache, qemuImg, imagePath, clock, logger });
    return {
      disks: new VmDisks({ images, qemuImg, host: hostname(), diskPaths }),
      seeds: new VmSeeds(clock),
      networks: hostNetworks(join(directories.run, "networks")),
    };
  };
}

/** Resolves to the exit code. */
export async function runVmExecutor(variables: Variables): Promise<number> {
  const directories = directoriesOf(variables);
  const libvirtUri = variables.CKE_LIBVIRT_URI ?? "";
  try {
    directoriesFor(directories, "");
    parseLibvirtUri(libvirtUri);
  } catch (error) {
    process.stderr.write(`${program}: ${messageOf(error)}\n`);
    return 2;
  }
  return await runExecutor({
    program,
    variables,
    createDriver: ({ environment, clock, logger }) =>
      new VmDriver({
        host: localVmHost(clock),
        connect,
        ports: localPorts(clock, logger),
        directories,
        libvirtUri,
        domainLogDirectory: variables.CKE_DOMAIN_LOG_DIR ?? "",
        clock,
        logger,
        shutdownGraceMs: environment.shutdownGracePeriodMs,
      }),
  });
}

/** `-cleanup`: resolves to the exit code. */
export async function runCleanup(target: string, variables: Variables): Promise<number> {
  nameProcess(program);
  const fail = (words: string, code: number) => {
    process.stderr.write(`${program}: ${words}\n`);
    return code;
  };
  const parsed = parseCleanupTarget(target);
  if (parsed === undefined) return fail(`-cleanup takes <vm> or <vm>@<instance>, not "${target}"`, 2);
  const clock = systemClock;
  const logger = createLogger({ context: { component: program } });
  try {
    const directories = directoriesFor(directoriesOf(variables), "");
    const address = parseLibvirtUri(variables.CKE_LIBVIRT_URI ?? "");
    const link = new HypervisorLink({ address, connect, clock, logger, onAway: () => {} });
    const wait = (words: string) => logger.info(words);
    const hypervisor = await link.open(cleanupPatienceMs, wait, new AbortController().signal);
    const removal = {
      ...localPorts(clock, logger)({ imagePath: "", diskPaths: [] }, directories),
      host: localVmHost(clock),
      clock,
      tell: (words: string) => logger.warning(words),
    };
    const result = await cleanUp(parsed, {
      hypervisor,
      removal,
      clock,
      logger,
      directories: await identities(directories),
      placeOf: (vm, data) => placeOf(vm, data === "" ? directories : directoriesFor({ ...directories, data }, "")),
    });
    await link.close();
    if (result.kind === "several") {
      const list = result.choices.map((choice) => `  ${choice}`).join("\n");
      return fail(
        `several virtual machines of this name have been on this host; nothing is removed. Say which one with @<instance>:\n${list}`,
        2,
      );
    }
    process.stdout.write(`removed ${result.domains} domains and ${result.directories} data directories\n`);
    if (result.directories === 0)
      process.stdout.write(
        `nothing of it is below ${dataDirectories(directories)}; where the scheduler has -vm_data_path, set CKE_VM_DIR to that directory\n`,
      );
    return 0;
  } catch (error) {
    return fail(`the clean-up failed: ${messageOf(error)}`, 1);
  }
}

const directoriesOf = (variables: Variables): DirectorySettings => ({
  data: variables.CKE_VM_DIR ?? "",
  run: variables.CKE_RUN_DIR || "/run/cke",
});

async function identities(directories: VmDirectories) {
  const top = dataDirectories(directories);
  const names = await readdir(top).catch(() => []);
  const read = await Promise.all(names.map((name) => readIdentity(join(top, name))));
  return read.filter((one) => one !== undefined);
}
