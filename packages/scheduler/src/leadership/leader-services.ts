// What the REST API uses of a leader: one service for each subject. All of them belong to one term.
import type { WorkloadChannels } from "../channel/workload-channels.ts";
import type { MasterConnections } from "../kubernetes/access/master-connections.ts";
import type { FloatingService } from "../kubernetes/floating/floating-service.ts";
import type { ProcessFileReads, SandboxFileReads } from "../kubernetes/process-files/process-file-reads.ts";
import type { ClusterService } from "../kubernetes/views/cluster-service.ts";
import type { NodeService } from "../kubernetes/views/node-service.ts";
import type { ProcessService } from "../kubernetes/views/process-service.ts";
import type { VmControl } from "../vm/views/vm-control-service.ts";
import type { VmService } from "../vm/views/vm-service.ts";

export interface LeaderServices {
  readonly service: ClusterService;
  readonly channels: WorkloadChannels;
  readonly masters: MasterConnections;
  readonly files: ProcessFileReads;
  readonly sandboxFiles: SandboxFileReads;
  readonly processes: ProcessService;
  readonly nodes: NodeService;
  readonly floating: FloatingService;
  readonly vms: VmService;
  readonly vmControl: VmControl;
}
