// Events from libvirt's messages. virDomainEventType and the details of each; virDomainEventID.
import type { DomainEvent, DomainEventKind, LifecycleEvent } from "../../api/events.ts";
import type { Domain as WireDomain } from "../../generated/records.ts";
import * as remote from "../../generated/remote.ts";
import type { EventMessage } from "../../wire/procedure.ts";
import { XdrReader } from "../../wire/xdr-reader.ts";
import { domainOf } from "./domain-values.ts";
import { blockJobType, jobStats } from "./job-values.ts";

type Reading = (payload: Buffer) => DomainEvent | undefined;

function reading<Fields extends { readonly domain: WireDomain }>(
  message: EventMessage<Fields>,
  make: (fields: Fields, domain: DomainEvent["domain"]) => DomainEvent | undefined,
): readonly [number: number, Reading] {
  return [
    message.number,
    (payload) => {
      const input = new XdrReader(payload);
      const fields = message.read(input);
      input.end();
      return make(fields, domainOf(fields.domain));
    },
  ];
}

/** virDomainEventWatchdogAction. */
const watchdogActions = ["none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi"] as const;
/** virDomainEventIOErrorAction. */
const ioErrorActions = ["none", "pause", "report"] as const;
/** virConnectDomainEventBlockJobStatus. */
const blockJobStates = ["completed", "failed", "cancelled", "ready"] as const;
const agentStates = ["unknown", "connected", "disconnected"] as const;
const agentReasons = ["unknown", "domain-started", "channel"] as const;

const readings: ReadonlyMap<number, Reading> = new Map([
  reading(remote.domainEventCallbackLifecycle, ({ event, detail }, domain) => {
    const lifecycle = lifecycleOf(event, detail);
    return lifecycle && { kind: "lifecycle", domain, ...lifecycle };
  }),
  reading(remote.domainEventCallbackReboot, (_fields, domain) => ({ kind: "reboot", domain })),
  reading(remote.domainEventCallbackWatchdog, ({ action }, domain) => ({
    kind: "watchdog",
    domain,
    action: watchdogActions[action] ?? "unknown",
  })),
  reading(remote.domainEventCallbackIoErrorReason, ({ srcPath, alias, action, reason }, domain) => ({
    kind: "io-error",
    domain,
    path: srcPath,
    device: alias,
    action: ioErrorActions[action] ?? "unknown",
    reason,
  })),
  reading(remote.domainEventBlockJob2, ({ dst, type, status }, domain) => ({
    kind: "block-job",
    domain,
    disk: dst,
    type: blockJobType(type),
    status: blockJobStates[status] ?? "unknown",
  })),
  reading(remote.domainEventCallbackBalloonChange, ({ actual }, domain) => ({
    kind: "balloon",
    domain,
    memoryKib: actual,
  })),
  reading(remote.domainEventCallbackDeviceAdded, ({ alias }, domain) => ({ kind: "device-added", domain, alias })),
  reading(remote.domainEventCallbackDeviceRemoved, ({ alias }, domain) => ({ kind: "device-removed", domain, alias })),
  reading(remote.domainEventCallbackDeviceRemovalFailed, ({ alias }, domain) => ({
    kind: "device-removal-failed",
    domain,
    alias,
  })),
  reading(remote.domainEventCallbackAgentLifecycle, ({ state, reason }, domain) => ({
    kind: "agent",
    domain,
    state: agentStates[state] ?? "unknown",
    reason: agentReasons[reason] ?? "unknown",
  })),
  reading(remote.domainEventCallbackJobCompleted, ({ params }, domain) => ({
    kind: "job-completed",
    domain,
    stats: jobStats("completed", params),
  })),
  reading(remote.domainEventBlockThreshold, ({ dev, path, threshold, excess }, domain) => ({
    kind: "block-threshold",
    domain,
    device: dev,
    path,
    threshold,
    excess,
  })),
]);

/** virDomainEventID of each kind. */
export const eventIds: Readonly<Record<DomainEventKind, number>> = {
  lifecycle: 0,
  reboot: 1,
  watchdog: 3,
  "io-error": 6,
  balloon: 13,
  "device-removed": 15,
  "block-job": 16,
  agent: 18,
  "device-added": 19,
  "job-completed": 21,
  "device-removal-failed": 22,
  "block-threshold": 24,
};

export const eventKinds: readonly DomainEventKind[] = [
  "lifecycle",
  "reboot",
  "watchdog",
  "io-error",
  "block-job",
  "balloon",
  "device-added",
  "device-removed",
  "device-removal-failed",
  "agent",
  "job-completed",
  "block-threshold",
];

/** Undefined for a message that this package has no event for. Throws when it is malformed. */
export const readEvent = (procedure: number, payload: Buffer): DomainEvent | undefined =>
  readings.get(procedure)?.(payload);

/** Undefined for an event of a later libvirt. */
export function lifecycleOf(event: number, detail: number): LifecycleEvent | undefined {
  switch (event) {
    case 0:
      return {
        event: "defined",
        detail: (["added", "updated", "renamed", "from-snapshot"] as const)[detail] ?? "unknown",
      };
    case 1:
      return { event: "undefined", detail: (["removed", "renamed"] as const)[detail] ?? "unknown" };
    case 2:
      return {
        event: "started",
        detail: (["booted", "migrated", "restored", "from-snapshot", "wakeup"] as const)[detail] ?? "unknown",
      };
    case 3:
      return { event: "suspended", detail: suspendedDetails[detail] ?? "unknown" };
    case 4:
      return { event: "resumed", detail: resumedDetails[detail] ?? "unknown" };
    case 5:
      return { event: "stopped", detail: stoppedDetails[detail] ?? "unknown" };
    case 6:
      return { event: "shutdown", detail: (["finished", "guest", "host"] as const)[detail] ?? "unknown" };
    case 7:
      return { event: "pm-suspended", detail: (["memory", "disk"] as const)[detail] ?? "unknown" };
    case 8:
      return { event: "crashed", detail: (["panicked", "crash-loaded"] as const)[detail] ?? "unknown" };
    default:
      return undefined;
  }
}

const suspendedDetails = [
  "paused",
  "migrated",
  "io-error",
  "watchdog",
  "restored",
  "from-snapshot",
  "api-error",
  "post-copy",
  "post-copy-failed",
] as const;
const resumedDetails = ["unpaused", "migrated", "from-snapshot", "post-copy", "post-copy-failed"] as const;
const stoppedDetails = ["shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from-snapshot"] as const;
