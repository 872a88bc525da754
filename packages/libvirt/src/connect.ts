// Puts the parts of a connection together.
import { CkeError } from "@cke/foundation/cke-error";
import { BlockJobCalls } from "./client/block-jobs.ts";
import { ConsoleCalls } from "./client/consoles.ts";
import { FilterCalls } from "./client/daemon/filters.ts";
import { HostCalls } from "./client/daemon/host.ts";
import { VolumeCalls } from "./client/daemon/volumes.ts";
import { DeviceCalls } from "./client/devices.ts";
import { DiskCalls } from "./client/disks.ts";
import { DomainCalls } from "./client/domains.ts";
import { EventHub } from "./client/events.ts";
import { GuestCalls } from "./client/guest.ts";
import { MigrationCalls } from "./client/migration.ts";
import { MigrationStepCalls } from "./client/migration-steps.ts";
import { SavedStateCalls } from "./client/saved-state.ts";
import { SizingCalls } from "./client/sizing.ts";
import { SnapshotCalls } from "./client/snapshots.ts";
import type { Libvirt, LibvirtOptions } from "./libvirt.ts";
import type { Caller } from "./rpc/caller.ts";
import { Session, type SessionOptions } from "./rpc/session.ts";
import { openStream } from "./rpc/stream.ts";

const defaults = {
  uri: "qemu:///system",
  keepalive: { intervalMs: 5_000, count: 5 },
  reconnect: { baseMs: 100, maxMs: 5_000 },
};

/**
 * Connects to the daemon at a UNIX socket. It resolves when the daemon has opened the driver that `uri` names, and rejects, without
 * trying again, when that fails. Afterwards it reconnects by itself until it is closed.
 */
export async function connectLibvirt(socketPath: string, options: LibvirtOptions = {}): Promise<Libvirt> {
  const { uri, keepalive, reconnect } = { ...defaults, ...options };
  for (const [name, value] of Object.entries({ ...keepalive, ...reconnect }))
    if (!(value > 0)) throw new CkeError("libvirt_argument", `libvirt: ${name} must be above 0`, { status: 400 });
  const sessionOptions: SessionOptions = { path: socketPath, uri, keepalive, reconnect, onState: options.onState };
  let session: Session | undefined;
  const connected = (): Session => {
    if (session === undefined) throw new Error("libvirt: a call before the connection");
    return session;
  };
  const caller: Caller = {
    call: (procedure, args, signal) => connected().call(procedure, args, signal),
    stream: (procedure, args, way, signal) => openStream({ path: socketPath, uri }, procedure, args, way, signal),
  };
  const events = new EventHub(caller);
  const handlers = {
    message: events.receive.bind(events),
    prepare: events.prepare.bind(events),
    mended: events.gap.bind(events),
  };
  session = await Session.open(sessionOptions, handlers, options.signal);
  const opened = session;
  return {
    domains: new DomainCalls(caller),
    devices: new DeviceCalls(caller),
    sizing: new SizingCalls(caller),
    disks: new DiskCalls(caller),
    blockJobs: new BlockJobCalls(caller),
    snapshots: new SnapshotCalls(caller),
    savedState: new SavedStateCalls(caller),
    migration: new MigrationCalls(caller),
    migrationSteps: new MigrationStepCalls(caller),
    guest: new GuestCalls(caller),
    consoles: new ConsoleCalls(caller),
    host: new HostCalls(caller),
    filters: new FilterCalls(caller),
    volumes: new VolumeCalls(caller),
    events,
    get state() {
      return opened.state;
    },
    whenConnected: ({ signal } = {}) => opened.whenConnected(signal),
    close: async () => opened.close(),
  };
}
