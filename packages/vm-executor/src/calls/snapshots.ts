// Snapshots of a VM that runs. They lie inside the images of its disks, so that no chain of files grows and no base image is ever written
// to. Those with memory are libvirt's own; of disks alone, QEMU makes them in one transaction while the guest runs on.
import { CkeError } from "@cke/foundation";
import { isLibvirtError } from "@cke/libvirt";
import type { SnapshotCall, VmSnapshotInit } from "@cke/protocol";
import { readMetadata } from "../domain/metadata.ts";
import { type CallParts, mustBeHere } from "./call-parts.ts";
import { whileQuiet } from "./quiescence.ts";
import {
  readBlockDevices,
  readSnapshot,
  snapshotXml,
  type WritableNode,
  withoutMemoryLimits,
} from "./snapshot-texts.ts";

export const snapshotActions = ["create", "list", "revert", "delete"] as const;
const mostSnapshots = 64;

/** Answers a SnapshotCall: the snapshots that are there afterwards, and what was done. Throws CkeError. */
export async function snapshot(
  call: SnapshotCall,
  parts: CallParts,
): Promise<{ readonly snapshots: readonly VmSnapshotInit[]; readonly text: string }> {
  const text = await act(call, parts);
  return { snapshots: await list(parts), text };
}

async function act(call: SnapshotCall, parts: CallParts): Promise<string> {
  const { action, name } = call;
  if (action === "list") return "";
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name))
    throw new CkeError(
      "invalid_argument",
      "snapshot.name: letters, digits, dots, hyphens and underscores are allowed, at most 63",
    );
  await mustBeHere(parts.vm);
  switch (action) {
    case "create":
      return await create(call, parts);
    case "revert":
      return await revert(name, parts);
    case "delete":
      return await remove(name, parts);
    default:
      throw new CkeError(
        "invalid_argument",
        `snapshot.action: allowed is ${snapshotActions.join(", ")}, not ${JSON.stringify(action.slice(0, 50))}`,
      );
  }
}

async function list({ hypervisor, domain, signal }: CallParts): Promise<readonly VmSnapshotInit[]> {
  const { snapshots } = hypervisor;
  const known = new Map<string, VmSnapshotInit>();
  const current = await snapshots.current(domain, { signal });
  for (const ref of await snapshots.list(domain, { signal }))
    known.set(ref.name, { ...readSnapshot(await snapshots.xml(ref, { signal })), current: ref.name === current?.name });
  for (const { snapshots: inImage } of await writableNodes({ hypervisor, domain, signal }))
    for (const one of inImage) {
      const sizeMib = Math.round(one.memoryBytes / 2 ** 20);
      const before = known.get(one.name);
      if (before === undefined)
        known.set(one.name, {
          name: one.name,
          createdAtMs: one.createdAtMs,
          memory: false,
          state: "disk-snapshot",
          sizeMib,
        });
      else if (sizeMib > 0) known.set(one.name, { ...before, sizeMib });
    }
  return [...known.values()].toSorted((a, b) => (a.createdAtMs ?? 0) - (b.createdAtMs ?? 0)).slice(0, mostSnapshots);
}

async function create({ name, memory, quiesce, description }: SnapshotCall, parts: CallParts): Promise<string> {
  const { hypervisor, domain, signal } = parts;
  const present = await list(parts);
  if (present.some((one) => one.name === name))
    throw new CkeError("already_exists", `there is a snapshot ${name} already`);
  if (present.length >= mostSnapshots)
    throw new CkeError("resource_exhausted", `a VM has at most ${mostSnapshots} snapshots: delete one first`);
  const nodes = await writableNodes(parts);
  const raw = nodes.filter(({ qcow2 }) => !qcow2).map(({ disk, node }) => disk || node);
  if (raw.length > 0)
    throw new CkeError(
      "failed_precondition",
      `snapshots need disks of format qcow2, and these have another one: ${raw.join(", ")}`,
    );
  if (nodes.length === 0) throw new CkeError("failed_precondition", "the VM has no disk that it writes to");
  if (memory) {
    if (quiesce)
      throw new CkeError(
        "invalid_argument",
        "snapshot.quiesce: with memory the guest needs no quiescing; leave one of them out",
      );
    await hypervisor.snapshots.create(domain, snapshotXml(name, description), { signal });
    return `snapshot ${name} was made of disks and memory`;
  }
  const take = async () => {
    const actions = nodes.map(({ node }) => ({
      type: "blockdev-snapshot-internal-sync",
      data: { device: node, name },
    }));
    await monitor({ execute: "transaction", arguments: { actions } }, parts);
  };
  await (quiesce ? whileQuiet(parts, take) : take());
  return `snapshot ${name} was made of the disks${quiesce ? ", which the guest had made consistent" : ""}`;
}

async function revert(name: string, parts: CallParts): Promise<string> {
  const { vm, hypervisor, domain } = parts;
  const ref = await hypervisor.snapshots.byName(domain, name);
  if (ref !== undefined) {
    const description = await hypervisor.snapshots.xml(ref);
    const startable = withoutMemoryLimits(description);
    const { nics } = readMetadata(/<metadata>.*?<\/metadata>/s.exec(description)?.[0])?.definition ?? { nics: [] };
    await vm.machine.stopped.whileReverted({
      nics,
      ready: async () => {
        if (startable !== description) await hypervisor.snapshots.create(domain, startable, { redefine: true });
      },
      revert: async () => await hypervisor.snapshots.revert(ref),
    });
    return `the VM is as it was at snapshot ${name}, with its memory`;
  }
  const nodes = await writableNodes(parts);
  const having = nodes.filter(({ snapshots }) => snapshots.some((one) => one.name === name));
  if (having.length === 0) throw notFound(name);
  if (having.length < nodes.length) {
    const without = nodes.filter((node) => !having.includes(node)).map(({ disk, node }) => disk || node);
    throw new CkeError(
      "failed_precondition",
      `snapshot ${name} is older than these disks: ${without.join(", ")}; detach them first`,
    );
  }
  const disks =
    vm.machine.guest?.metadata.definition.disks.filter((disk) => having.some((node) => node.disk === disk.name)) ?? [];
  const paths = disks.map((disk) => vm.parts.disks.locate(disk, vm.place).path);
  await vm.machine.stopped.whileStopped(async () => await vm.parts.host.revertDisks(vm.place, paths, name));
  return `the VM's disks are as they were at snapshot ${name}, and its guest was started again`;
}

async function remove(name: string, parts: CallParts): Promise<string> {
  const { hypervisor, domain, signal } = parts;
  const ref = await hypervisor.snapshots.byName(domain, name, { signal });
  if (ref !== undefined) {
    await hypervisor.snapshots.delete(ref, { signal });
    return `snapshot ${name} was deleted`;
  }
  const having = (await writableNodes(parts)).filter(({ snapshots }) => snapshots.some((one) => one.name === name));
  if (having.length === 0) throw notFound(name);
  for (const { node } of having)
    await monitor({ execute: "blockdev-snapshot-delete-internal-sync", arguments: { device: node, name } }, parts);
  return `snapshot ${name} was deleted`;
}

const notFound = (name: string) => new CkeError("not_found", `the VM has no snapshot ${name}`);

async function writableNodes(
  parts: Pick<CallParts, "hypervisor" | "domain" | "signal">,
): Promise<readonly WritableNode[]> {
  return readBlockDevices(await monitor({ execute: "query-block" }, parts));
}

/** The answer of QEMU's monitor. libvirt passes its errors on as an answer. */
async function monitor(
  command: object,
  { hypervisor, domain, signal }: Pick<CallParts, "hypervisor" | "domain" | "signal">,
): Promise<string> {
  const answer = await hypervisor.guest.monitorCommand(domain, JSON.stringify(command), { signal });
  const [, words] = /"error"\s*:\s*\{[^}]*"desc"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(answer) ?? [];
  if (words !== undefined && !answer.includes('"return"'))
    throw new CkeError("failed_precondition", `QEMU refuses: ${words}`);
  return answer;
}

/** libvirt's refusal as an answer to a call. */
export function asCallFailure(error: unknown): unknown {
  return isLibvirtError(error) ? new CkeError("failed_precondition", error.message, { cause: error }) : error;
}
