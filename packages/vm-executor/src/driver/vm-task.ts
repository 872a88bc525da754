// Reads TaskInfo.data, and says what is wrong with it. Pure.
import { messageOf } from "@cke/foundation";
import { VmDefinition, VmState, VmTask } from "@cke/protocol";
import type { WantedState } from "../changes/state-follower.ts";

export type ReadVmTask =
  | { readonly kind: "vm"; readonly task: VmTask; readonly definition: VmDefinition }
  | { readonly kind: "unreadable"; readonly problem: string };

/** Names become parts of paths, device names and aliases of libvirt. */
const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?$/;
const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function readVmTask(data: Uint8Array): ReadVmTask {
  let task: VmTask;
  try {
    task = VmTask.decode(data);
  } catch (error) {
    return { kind: "unreadable", problem: `TaskInfo.data is not readable: ${messageOf(error)}` };
  }
  // What comes only to remove or to end it needs no definition.
  const startsNothing = task.removeOnKill || task.endOnKill;
  const definition = task.definition ?? (startsNothing ? VmDefinition.create({}) : undefined);
  const problem =
    definition === undefined
      ? "TaskInfo.data holds no virtual machine: scheduler and executor are of different versions"
      : (identityProblem(task) ?? (startsNothing ? undefined : definitionProblem(definition)));
  if (problem !== undefined || definition === undefined) return { kind: "unreadable", problem: problem ?? "" };
  const copyProblem = copyProblemOf(task);
  if (copyProblem !== undefined) return { kind: "unreadable", problem: copyProblem };
  return { kind: "vm", task, definition };
}

/** Undefined when it cannot be read; `problem` says why. */
export function readVmState(state: Uint8Array): WantedState | { readonly problem: string } {
  try {
    const { version, definition, paused } = VmState.decode(state);
    if (version === "" || definition === undefined) return { problem: "it has no version or no definition" };
    const problem = definitionProblem(definition);
    return problem === undefined ? { version, definition, paused } : { problem };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function identityProblem({ vm, uuid, instance, frameworkId }: VmTask): string | undefined {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/.test(vm))
    return `vm: ${JSON.stringify(vm.slice(0, 80))} is no name (letters, digits, dots, hyphens, at most 64)`;
  if (!uuidPattern.test(uuid)) return `uuid: ${JSON.stringify(uuid.slice(0, 80))} is no UUID in lower case`;
  if (instance === "") return "instance: it is needed, because it says which VM of this name it is";
  if (frameworkId === "") return "framework_id: it is needed, because VMs of other frameworks are left alone";
  return undefined;
}

/** Its uuid becomes a part of a path, and so do the names of its disks. */
function copyProblemOf({ copyOf, uuid }: VmTask): string | undefined {
  if (copyOf === undefined) return undefined;
  if (!uuidPattern.test(copyOf.uuid) || copyOf.uuid === uuid)
    return `copy_of.uuid: ${JSON.stringify(copyOf.uuid.slice(0, 80))} is no UUID of another VM`;
  const bad = copyOf.disks.find(({ name, format }) => !namePattern.test(name) || !["qcow2", "raw"].includes(format));
  return bad === undefined ? undefined : `copy_of.disks: ${JSON.stringify(bad.name.slice(0, 80))} is no disk`;
}

function definitionProblem({ cpu, memory, disks, nics }: VmDefinition): string | undefined {
  if ((cpu?.count ?? 0) < 1) return "definition.cpu.count: at least 1 is needed";
  if ((memory?.mib ?? 0) < 1) return "definition.memory.mib: at least 1 is needed";
  if (disks.length > 32) return "definition.disks: at most 32 are allowed";
  if (nics.length > 16) return "definition.nics: at most 16 are allowed";
  const named = (what: string, names: readonly string[]) => {
    const bad = names.find((name) => !namePattern.test(name));
    if (bad !== undefined)
      return `definition.${what}: ${JSON.stringify(bad.slice(0, 80))} is no name (letters, digits, hyphens and underscores, at most 64)`;
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    return twice === undefined ? undefined : `definition.${what}: there are two of the name ${twice}`;
  };
  return (
    named(
      "disks",
      disks.map(({ name }) => name),
    ) ??
    named(
      "nics",
      nics.map(({ name }) => name),
    )
  );
}
