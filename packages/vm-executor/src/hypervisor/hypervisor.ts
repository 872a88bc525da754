// The part of libvirt that a VM's executor uses: `Libvirt` of @cke/libvirt has all of it.
import type {
  ConnectionState,
  Consoles,
  Devices,
  Disks,
  Domains,
  Events,
  Guest,
  Host,
  Libvirt,
  Migration,
  MigrationSteps,
  Sizing,
  Snapshots,
} from "@cke/libvirt";

export interface Hypervisor {
  readonly state: ConnectionState;
  readonly domains: Pick<
    Domains,
    | "list"
    | "byUuid"
    | "byName"
    | "define"
    | "undefine"
    | "start"
    | "destroy"
    | "shutdown"
    | "reboot"
    | "reset"
    | "suspend"
    | "resume"
    | "state"
    | "xml"
    | "metadata"
    | "setMetadata"
    | "isPersistent"
  >;
  readonly devices: Pick<Devices, "attach" | "detachAlias" | "update">;
  readonly sizing: Pick<
    Sizing,
    "setVcpus" | "setMemory" | "memoryStats" | "setSchedulerParameters" | "setMemoryParameters"
  >;
  readonly disks: Pick<Disks, "resize" | "errors" | "setIoTune">;
  readonly snapshots: Pick<Snapshots, "create" | "list" | "byName" | "current" | "xml" | "revert" | "delete">;
  readonly guest: Pick<
    Guest,
    "agentCommand" | "monitorCommand" | "freeze" | "thaw" | "interfaces" | "setResponseTimeout"
  >;
  readonly migration: Pick<Migration, "jobStats" | "abortJob">;
  readonly migrationSteps: MigrationSteps;
  readonly consoles: Pick<Consoles, "screenshot">;
  readonly host: Pick<Host, "capabilities" | "hypervisorVersion">;
  readonly events: Events;
  readonly whenConnected: Libvirt["whenConnected"];
  readonly close: Libvirt["close"];
}

/** Connects once; see ConnectLibvirt. */
export type ConnectHypervisor = (
  socketPath: string,
  options: {
    readonly uri: string;
    readonly onState: (state: ConnectionState, why: string) => void;
    readonly signal: AbortSignal;
  },
) => Promise<Hypervisor>;
