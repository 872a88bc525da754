// Which simulated executor an agent starts: that of the program which the scheduler has named.
import { type ExecutorHost, promptExecutor, type SimulatedExecutor } from "@cke/mesos-local/simulation";
import { sleeperProgram } from "@cke/scheduler/workload/testing/sleeper-kind";
import type { VmWorld } from "./container.ts";
import { DiskMover } from "./disk-mover.ts";
import { type ExecutorWorld, KubeNodeExecutor } from "./kube-node-executor.ts";
import { VmExecutor } from "./vm-executor.ts";

const sleeper = promptExecutor({ runAfterMs: 500, killAfterMs: 200 });

export const simulatedExecutors =
  (world: ExecutorWorld & VmWorld) =>
  (host: ExecutorHost): SimulatedExecutor => {
    switch (host.executor.command?.value) {
      case `./${sleeperProgram}`:
        return sleeper(host);
      case "./cke-vm-exec":
        return /^cke-vm\.[^.]+\.(source|destination)\./.test(host.executor.executor_id.value)
          ? new DiskMover(host, world)
          : new VmExecutor(host, world);
      default:
        return new KubeNodeExecutor(host, world);
    }
  };
