// A driver on fakes: what every test of the driver starts from.
import { RecordingContext } from "@cke/executor-core/testing/recording-context";
import { type Clock, silentLogger, systemClock } from "@cke/foundation";
import type { VmReport } from "@cke/protocol";
import { VmDriver } from "../driver/vm-driver.ts";
import { FakeHypervisor } from "./fake-hypervisor.ts";
import { FakePorts } from "./fake-ports.ts";
import { MemoryVmHost } from "./memory-vm-host.ts";
import { launchVm, removalOrder, taskId, vmReport } from "./vm-tasks.ts";

export interface SetUpOptions {
  readonly hypervisor?: FakeHypervisor;
  readonly host?: MemoryVmHost;
  readonly ports?: FakePorts;
  readonly clock?: Clock;
  readonly orderMs?: number;
  readonly shutdownGraceMs?: number;
  readonly executorId?: string;
  /** Attempts to connect that fail before the first that does not. */
  readonly unreachable?: () => Error | undefined;
}

/** Time in which a second is a millisecond, so that no pause is waited for. */
export const hastyClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * 1_000,
  sleep: (ms, signal) => systemClock.sleep(ms / 1_000, signal),
  after: (ms, callback, options) => systemClock.after(ms / 1_000, callback, options),
};

export function setUp(options: SetUpOptions = {}) {
  const hypervisor = options.hypervisor ?? new FakeHypervisor();
  const host = options.host ?? new MemoryVmHost();
  const ports = options.ports ?? new FakePorts();
  const context = new RecordingContext({ executorId: options.executorId ?? "cke.vm1.vm1.1" });
  const driver = new VmDriver({
    host,
    connect: async (_socketPath, { onState }) => {
      const failure = options.unreachable?.();
      if (failure !== undefined) throw failure;
      hypervisor.onState = onState;
      hypervisor.state = "connected";
      return hypervisor;
    },
    ports: () => ports,
    directories: { data: "/var/lib/cke", run: "/run/cke" },
    libvirtUri: "",
    domainLogDirectory: "/var/log/libvirt/qemu",
    clock: options.clock ?? hastyClock,
    logger: silentLogger,
    shutdownGraceMs: options.shutdownGraceMs ?? 15_000,
    orderMs: options.orderMs ?? 30_000,
  });
  driver.start(context);
  const last = () => context.of(taskId).at(-1);
  const until = (done: () => boolean) => context.until(done);
  const report = (): VmReport | undefined => vmReport(last()?.data);
  return {
    hypervisor,
    host,
    ports,
    context,
    driver,
    last,
    report,
    until,
    running: () => until(() => last()?.state === "TASK_RUNNING"),
    ended: () => context.until(({ ended }) => ended),
    /** As the scheduler deletes a VM. */
    remove: () => {
      driver.message(removalOrder(context.executorId));
      driver.kill(launchVm(), {});
    },
  };
}
