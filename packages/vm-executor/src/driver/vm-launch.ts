// Puts the parts of a launched VM together: its way to libvirt, its ports, and what Mesos is told of it.
import type { TaskUpdate } from "@cke/executor-core";
import type { VmDefinition, VmTask } from "@cke/protocol";
import { VirtualMachine } from "../guest/virtual-machine.ts";
import type { VmFailure } from "../guest/vm-failure.ts";
import type { VmParts } from "../guest/vm-parts.ts";
import { directoriesFor, placeOf } from "../host/vm-directories.ts";
import { HypervisorLink } from "../hypervisor/hypervisor-link.ts";
import { parseLibvirtUri } from "../hypervisor/libvirt-uri.ts";
import type { Account } from "../limits/accounted-resources.ts";
import type { ReportStep } from "../reports/launch-step.ts";
import { VmReporter } from "../reports/vm-reporter.ts";
import type { VmWithTask } from "../shutdown/vm-end.ts";
import type { VmContext } from "./vm-context.ts";
import type { VmDriverOptions } from "./vm-driver-options.ts";

const defaultDomainLogs = "/var/log/libvirt/qemu";

export interface VmLaunchHooks {
  over(vm: VmWithTask, failure: VmFailure | undefined, words: string): void;
}

export interface VmToLaunch {
  readonly task: VmTask;
  readonly definition: VmDefinition;
  /** What Mesos accounts for the task. */
  readonly account: Account;
}

export interface LaunchedParts extends VmWithTask {
  readonly reporter: VmReporter;
  readonly vmParts: VmParts;
  /** Directory below which all data of VMs is. */
  readonly data: string;
}

/** The VM of a task, not started yet. Throws CkeError for a URI or a directory that is none. */
export function createVm(
  taskId: string,
  { task, definition, account }: VmToLaunch,
  context: VmContext,
  options: VmDriverOptions,
  hooks: VmLaunchHooks,
): LaunchedParts {
  const { clock, host, connect } = options;
  const { executor, logger, log, secrets } = context;
  const directories = directoriesFor(options.directories, task.dataPath);
  const place = placeOf(task, directories);
  const ports = options.ports(task, directories);
  const address = parseLibvirtUri(options.libvirtUri === "" ? task.libvirtUri : options.libvirtUri);
  const onAway = (sinceMs: number, why: string) => machine.away(sinceMs, why);
  const link = new HypervisorLink({ address, connect, clock, logger, onAway });
  const update = (report: TaskUpdate) => executor.update(taskId, report);
  const reporter = new VmReporter({ clock, update, facts: () => machine.facts });
  let step: ReportStep = "libvirt";
  const vmParts: VmParts = {
    ...ports,
    link,
    host,
    clock,
    logger,
    fetchSecrets: (names, signal) => secrets.fetch(names, signal),
    tell: (level, words) => log.tell(level, words),
  };
  const machine = new VirtualMachine({ task, place, executorId: executor.executorId, account }, definition, vmParts, {
    progress: (next, detail) => {
      step = next;
      reporter.progress(next, detail);
    },
    began: (words) => reporter.began(words),
    running: (healthy, words, cause) => reporter.running(healthy, words, cause),
    changed: () => reporter.changed(),
    over: (failure, words) => hooks.over(vm, failure, words),
  });
  const tell = (words: string) => log.tell("warning", words);
  const domainLogDirectory = options.domainLogDirectory || task.logPath || defaultDomainLogs;
  const parts = { ...ports, host, clock, tell };
  const vm = {
    taskId,
    machine,
    place,
    parts,
    domainLogDirectory,
    step: () => step,
    reporter,
    vmParts,
    data: directories.data,
  };
  return vm;
}
