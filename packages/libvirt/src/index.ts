// libvirt's remote procedure calls over its UNIX socket.
export * from "./api/block-jobs.ts";
export * from "./api/call.ts";
export * from "./api/consoles.ts";
export * from "./api/daemon/filters.ts";
export * from "./api/daemon/host.ts";
export * from "./api/daemon/volumes.ts";
export * from "./api/devices.ts";
export * from "./api/disks.ts";
export * from "./api/domain.ts";
export * from "./api/events.ts";
export * from "./api/guest.ts";
export * from "./api/migration.ts";
export * from "./api/saved-state.ts";
export * from "./api/sizing.ts";
export * from "./api/snapshots.ts";
export { connectLibvirt } from "./connect.ts";
export type { ConnectionState, Libvirt, LibvirtOptions } from "./libvirt.ts";
export * from "./wire/libvirt-error.ts";
