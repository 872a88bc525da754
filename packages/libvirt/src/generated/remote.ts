// Generated from packages/libvirt/description/libvirt.rpc by scripts/generate-libvirt.ts: do not edit.
import type { TypedParam } from "../wire/typed-param.ts";
import { type EventMessage, type NoFields, type Procedure } from "../wire/procedure.ts";
import { readDomain, readDomainDiskError, readDomainFsinfo, readDomainInterface, readDomainMemoryStat, readDomainSnapshot, readNwfilter, readStoragePool, readStorageVol, type Domain, type DomainDiskError, type DomainFsinfo, type DomainInterface, type DomainMemoryStat, type DomainSnapshot, type Nwfilter, type StoragePool, type StorageVol, writeDomain, writeDomainSnapshot, writeNwfilter, writeStoragePool, writeStorageVol } from "./records.ts";

export const remoteProgram = 0x20008086;

/** virConnectOpen, since 0.0.3. */
export const connectOpen: Procedure<{ readonly name: string | undefined; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 1, name: "virConnectOpen", since: "0.0.3", slow: false,
  write: (value, output) => { output.optional(value.name, (item) => output.string(item, "name")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virConnectClose, since 0.0.3. */
export const connectClose: Procedure<NoFields, NoFields> = {
  program: 0x20008086, version: 1, number: 2, name: "virConnectClose", since: "0.0.3", slow: false,
  write: () => {},
  read: () => ({}),
};

/** virConnectGetVersion, since 0.0.3. */
export const connectGetVersion: Procedure<NoFields, { readonly hvVer: number }> = {
  program: 0x20008086, version: 1, number: 4, name: "virConnectGetVersion", since: "0.0.3", slow: false,
  write: () => {},
  read: (input) => ({ hvVer: input.uhyper("hvVer") }),
};

/** virNodeGetInfo, since 0.1.0. */
export const nodeGetInfo: Procedure<NoFields, { readonly model: string; readonly memory: number; readonly cpus: number; readonly mhz: number; readonly nodes: number; readonly sockets: number; readonly cores: number; readonly threads: number }> = {
  program: 0x20008086, version: 1, number: 6, name: "virNodeGetInfo", since: "0.1.0", slow: false,
  write: () => {},
  read: (input) => ({ model: input.chars(32, "model"), memory: input.uhyper("memory"), cpus: input.int("cpus"), mhz: input.int("mhz"), nodes: input.int("nodes"), sockets: input.int("sockets"), cores: input.int("cores"), threads: input.int("threads") }),
};

/** virConnectGetCapabilities, since 0.2.1. */
export const connectGetCapabilities: Procedure<NoFields, { readonly capabilities: string }> = {
  program: 0x20008086, version: 1, number: 7, name: "virConnectGetCapabilities", since: "0.2.1", slow: false,
  write: () => {},
  read: (input) => ({ capabilities: input.string("capabilities") }),
};

/** virDomainCreateXML, since 0.5.0. */
export const domainCreateXml: Procedure<{ readonly xml: string; readonly flags: number }, { readonly domain: Domain }> = {
  program: 0x20008086, version: 1, number: 10, name: "virDomainCreateXML", since: "0.5.0", slow: true,
  write: (value, output) => { output.string(value.xml, "xml"); output.uint(value.flags, "flags"); },
  read: (input) => ({ domain: readDomain(input) }),
};

/** virDomainGetXMLDesc, since 0.0.3. */
export const domainGetXmlDesc: Procedure<{ readonly domain: Domain; readonly flags: number }, { readonly xml: string }> = {
  program: 0x20008086, version: 1, number: 14, name: "virDomainGetXMLDesc", since: "0.0.3", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: (input) => ({ xml: input.string("xml") }),
};

/** virDomainGetAutostart, since 0.2.1. */
export const domainGetAutostart: Procedure<{ readonly domain: Domain }, { readonly autostart: number }> = {
  program: 0x20008086, version: 1, number: 15, name: "virDomainGetAutostart", since: "0.2.1", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); },
  read: (input) => ({ autostart: input.int("autostart") }),
};

/** virDomainGetInfo, since 0.0.3. */
export const domainGetInfo: Procedure<{ readonly domain: Domain }, { readonly state: number; readonly maxMem: number; readonly memory: number; readonly nrVirtCpu: number; readonly cpuTime: number }> = {
  program: 0x20008086, version: 1, number: 16, name: "virDomainGetInfo", since: "0.0.3", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); },
  read: (input) => ({ state: input.uint("state"), maxMem: input.uhyper("maxMem"), memory: input.uhyper("memory"), nrVirtCpu: input.uint("nrVirtCpu"), cpuTime: input.uhyper("cpuTime") }),
};

/** virDomainLookupByName, since 0.0.3. */
export const domainLookupByName: Procedure<{ readonly name: string }, { readonly domain: Domain }> = {
  program: 0x20008086, version: 1, number: 23, name: "virDomainLookupByName", since: "0.0.3", slow: false,
  write: (value, output) => { output.string(value.name, "name"); },
  read: (input) => ({ domain: readDomain(input) }),
};

/** virDomainLookupByUUID, since 0.0.5. */
export const domainLookupByUuid: Procedure<{ readonly uuid: string }, { readonly domain: Domain }> = {
  program: 0x20008086, version: 1, number: 24, name: "virDomainLookupByUUID", since: "0.0.5", slow: false,
  write: (value, output) => { output.uuid(value.uuid, "uuid"); },
  read: (input) => ({ domain: readDomain(input) }),
};

/** virDomainReboot, since 0.1.0. */
export const domainReboot: Procedure<{ readonly domain: Domain; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 27, name: "virDomainReboot", since: "0.1.0", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainResume, since 0.0.3. */
export const domainResume: Procedure<{ readonly domain: Domain }, NoFields> = {
  program: 0x20008086, version: 1, number: 28, name: "virDomainResume", since: "0.0.3", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); },
  read: () => ({}),
};

/** virDomainSetAutostart, since 0.2.1. */
export const domainSetAutostart: Procedure<{ readonly domain: Domain; readonly autostart: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 29, name: "virDomainSetAutostart", since: "0.2.1", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.int(value.autostart, "autostart"); },
  read: () => ({}),
};

/** virDomainSuspend, since 0.0.3. */
export const domainSuspend: Procedure<{ readonly domain: Domain }, NoFields> = {
  program: 0x20008086, version: 1, number: 34, name: "virDomainSuspend", since: "0.0.3", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); },
  read: () => ({}),
};

/** virDomainGetSchedulerType, since 0.2.3. */
export const domainGetSchedulerType: Procedure<{ readonly domain: Domain }, { readonly type: string; readonly nparams: number }> = {
  program: 0x20008086, version: 1, number: 56, name: "virDomainGetSchedulerType", since: "0.2.3", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); },
  read: (input) => ({ type: input.string("type"), nparams: input.int("nparams") }),
};

/** virConnectGetHostname, since 0.3.0. */
export const connectGetHostname: Procedure<NoFields, { readonly hostname: string }> = {
  program: 0x20008086, version: 1, number: 59, name: "virConnectGetHostname", since: "0.3.0", slow: false,
  write: () => {},
  read: (input) => ({ hostname: input.string("hostname") }),
};

/** virConnectOpen, since 0.3.2. */
export const connectSupportsFeature: Procedure<{ readonly feature: number }, { readonly supported: number }> = {
  program: 0x20008086, version: 1, number: 60, name: "virConnectOpen", since: "0.3.2", slow: false,
  write: (value, output) => { output.int(value.feature, "feature"); },
  read: (input) => ({ supported: input.int("supported") }),
};

/** virDomainInterfaceStats, since 0.3.2. */
export const domainInterfaceStats: Procedure<{ readonly domain: Domain; readonly device: string }, { readonly rxBytes: number; readonly rxPackets: number; readonly rxErrs: number; readonly rxDrop: number; readonly txBytes: number; readonly txPackets: number; readonly txErrs: number; readonly txDrop: number }> = {
  program: 0x20008086, version: 1, number: 65, name: "virDomainInterfaceStats", since: "0.3.2", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.device, "device"); },
  read: (input) => ({ rxBytes: input.hyper("rxBytes"), rxPackets: input.hyper("rxPackets"), rxErrs: input.hyper("rxErrs"), rxDrop: input.hyper("rxDrop"), txBytes: input.hyper("txBytes"), txPackets: input.hyper("txPackets"), txErrs: input.hyper("txErrs"), txDrop: input.hyper("txDrop") }),
};

/** virConnectOpenAuth, since 0.3.0. */
export const authList: Procedure<NoFields, { readonly types: readonly number[] }> = {
  program: 0x20008086, version: 1, number: 66, name: "virConnectOpenAuth", since: "0.3.0", slow: false,
  write: () => {},
  read: (input) => ({ types: input.list(20, "types", () => input.int("types")) }),
};

/** virStoragePoolCreateXML, since 0.4.1. */
export const storagePoolCreateXml: Procedure<{ readonly xml: string; readonly flags: number }, { readonly pool: StoragePool }> = {
  program: 0x20008086, version: 1, number: 76, name: "virStoragePoolCreateXML", since: "0.4.1", slow: true,
  write: (value, output) => { output.string(value.xml, "xml"); output.uint(value.flags, "flags"); },
  read: (input) => ({ pool: readStoragePool(input) }),
};

/** virStoragePoolDestroy, since 0.4.1. */
export const storagePoolDestroy: Procedure<{ readonly pool: StoragePool }, NoFields> = {
  program: 0x20008086, version: 1, number: 80, name: "virStoragePoolDestroy", since: "0.4.1", slow: true,
  write: (value, output) => { writeStoragePool(output, value.pool); },
  read: () => ({}),
};

/** virStoragePoolRefresh, since 0.4.1. */
export const storagePoolRefresh: Procedure<{ readonly pool: StoragePool; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 83, name: "virStoragePoolRefresh", since: "0.4.1", slow: true,
  write: (value, output) => { writeStoragePool(output, value.pool); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virStoragePoolLookupByName, since 0.4.1. */
export const storagePoolLookupByName: Procedure<{ readonly name: string }, { readonly pool: StoragePool }> = {
  program: 0x20008086, version: 1, number: 84, name: "virStoragePoolLookupByName", since: "0.4.1", slow: false,
  write: (value, output) => { output.string(value.name, "name"); },
  read: (input) => ({ pool: readStoragePool(input) }),
};

/** virStorageVolCreateXML, since 0.4.1. */
export const storageVolCreateXml: Procedure<{ readonly pool: StoragePool; readonly xml: string; readonly flags: number }, { readonly volume: StorageVol }> = {
  program: 0x20008086, version: 1, number: 93, name: "virStorageVolCreateXML", since: "0.4.1", slow: true,
  write: (value, output) => { writeStoragePool(output, value.pool); output.string(value.xml, "xml"); output.uint(value.flags, "flags"); },
  read: (input) => ({ volume: readStorageVol(input) }),
};

/** virStorageVolDelete, since 0.4.1. */
export const storageVolDelete: Procedure<{ readonly volume: StorageVol; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 94, name: "virStorageVolDelete", since: "0.4.1", slow: true,
  write: (value, output) => { writeStorageVol(output, value.volume); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virStorageVolLookupByPath, since 0.4.1. */
export const storageVolLookupByPath: Procedure<{ readonly path: string }, { readonly volume: StorageVol }> = {
  program: 0x20008086, version: 1, number: 97, name: "virStorageVolLookupByPath", since: "0.4.1", slow: false,
  write: (value, output) => { output.string(value.path, "path"); },
  read: (input) => ({ volume: readStorageVol(input) }),
};

/** virStorageVolGetInfo, since 0.4.1. */
export const storageVolGetInfo: Procedure<{ readonly volume: StorageVol }, { readonly type: number; readonly capacity: number; readonly allocation: number }> = {
  program: 0x20008086, version: 1, number: 98, name: "virStorageVolGetInfo", since: "0.4.1", slow: false,
  write: (value, output) => { writeStorageVol(output, value.volume); },
  read: (input) => ({ type: input.int("type"), capacity: input.uhyper("capacity"), allocation: input.uhyper("allocation") }),
};

/** virNodeGetFreeMemory, since 0.3.3. */
export const nodeGetFreeMemory: Procedure<NoFields, { readonly freeMem: number }> = {
  program: 0x20008086, version: 1, number: 102, name: "virNodeGetFreeMemory", since: "0.3.3", slow: false,
  write: () => {},
  read: (input) => ({ freeMem: input.uhyper("freeMem") }),
};

/** virConnectGetURI, since 0.3.0. */
export const connectGetUri: Procedure<NoFields, { readonly uri: string }> = {
  program: 0x20008086, version: 1, number: 110, name: "virConnectGetURI", since: "0.3.0", slow: false,
  write: () => {},
  read: (input) => ({ uri: input.string("uri") }),
};

/** virDomainIsPersistent, since 0.7.3. */
export const domainIsPersistent: Procedure<{ readonly domain: Domain }, { readonly persistent: number }> = {
  program: 0x20008086, version: 1, number: 151, name: "virDomainIsPersistent", since: "0.7.3", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); },
  read: (input) => ({ persistent: input.int("persistent") }),
};

/** virConnectGetLibVersion, since 0.7.3. */
export const connectGetLibVersion: Procedure<NoFields, { readonly libVer: number }> = {
  program: 0x20008086, version: 1, number: 157, name: "virConnectGetLibVersion", since: "0.7.3", slow: false,
  write: () => {},
  read: (input) => ({ libVer: input.uhyper("libVer") }),
};

/** virDomainMemoryStats, since 0.7.5. */
export const domainMemoryStats: Procedure<{ readonly domain: Domain; readonly maxStats: number; readonly flags: number }, { readonly stats: readonly DomainMemoryStat[] }> = {
  program: 0x20008086, version: 1, number: 159, name: "virDomainMemoryStats", since: "0.7.5", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.maxStats, "maxStats"); output.uint(value.flags, "flags"); },
  read: (input) => ({ stats: input.list(1024, "stats", () => readDomainMemoryStat(input)) }),
};

/** virDomainAttachDeviceFlags, since 0.7.7. */
export const domainAttachDeviceFlags: Procedure<{ readonly domain: Domain; readonly xml: string; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 160, name: "virDomainAttachDeviceFlags", since: "0.7.7", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.xml, "xml"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainDetachDeviceFlags, since 0.7.7. */
export const domainDetachDeviceFlags: Procedure<{ readonly domain: Domain; readonly xml: string; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 161, name: "virDomainDetachDeviceFlags", since: "0.7.7", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.xml, "xml"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainAbortJob, since 0.7.7. */
export const domainAbortJob: Procedure<{ readonly domain: Domain }, NoFields> = {
  program: 0x20008086, version: 1, number: 164, name: "virDomainAbortJob", since: "0.7.7", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); },
  read: () => ({}),
};

/** virDomainMigrateSetMaxDowntime, since 0.8.0. */
export const domainMigrateSetMaxDowntime: Procedure<{ readonly domain: Domain; readonly downtime: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 166, name: "virDomainMigrateSetMaxDowntime", since: "0.8.0", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uhyper(value.downtime, "downtime"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainUpdateDeviceFlags, since 0.8.0. */
export const domainUpdateDeviceFlags: Procedure<{ readonly domain: Domain; readonly xml: string; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 174, name: "virDomainUpdateDeviceFlags", since: "0.8.0", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.xml, "xml"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virNWFilterLookupByName, since 0.8.0. */
export const nwfilterLookupByName: Procedure<{ readonly name: string }, { readonly nwfilter: Nwfilter }> = {
  program: 0x20008086, version: 1, number: 175, name: "virNWFilterLookupByName", since: "0.8.0", slow: false,
  write: (value, output) => { output.string(value.name, "name"); },
  read: (input) => ({ nwfilter: readNwfilter(input) }),
};

/** virNWFilterGetXMLDesc, since 0.8.0. */
export const nwfilterGetXmlDesc: Procedure<{ readonly nwfilter: Nwfilter; readonly flags: number }, { readonly xml: string }> = {
  program: 0x20008086, version: 1, number: 177, name: "virNWFilterGetXMLDesc", since: "0.8.0", slow: false,
  write: (value, output) => { writeNwfilter(output, value.nwfilter); output.uint(value.flags, "flags"); },
  read: (input) => ({ xml: input.string("xml") }),
};

/** virNWFilterDefineXML, since 0.8.0. */
export const nwfilterDefineXml: Procedure<{ readonly xml: string }, { readonly nwfilter: Nwfilter }> = {
  program: 0x20008086, version: 1, number: 180, name: "virNWFilterDefineXML", since: "0.8.0", slow: true,
  write: (value, output) => { output.string(value.xml, "xml"); },
  read: (input) => ({ nwfilter: readNwfilter(input) }),
};

/** virNWFilterUndefine, since 0.8.0. */
export const nwfilterUndefine: Procedure<{ readonly nwfilter: Nwfilter }, NoFields> = {
  program: 0x20008086, version: 1, number: 181, name: "virNWFilterUndefine", since: "0.8.0", slow: false,
  write: (value, output) => { writeNwfilter(output, value.nwfilter); },
  read: () => ({}),
};

/** virDomainManagedSave, since 0.8.0. */
export const domainManagedSave: Procedure<{ readonly domain: Domain; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 182, name: "virDomainManagedSave", since: "0.8.0", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainHasManagedSaveImage, since 0.8.0. */
export const domainHasManagedSaveImage: Procedure<{ readonly domain: Domain; readonly flags: number }, { readonly result: number }> = {
  program: 0x20008086, version: 1, number: 183, name: "virDomainHasManagedSaveImage", since: "0.8.0", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: (input) => ({ result: input.int("result") }),
};

/** virDomainManagedSaveRemove, since 0.8.0. */
export const domainManagedSaveRemove: Procedure<{ readonly domain: Domain; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 184, name: "virDomainManagedSaveRemove", since: "0.8.0", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainSnapshotCreateXML, since 0.8.0. */
export const domainSnapshotCreateXml: Procedure<{ readonly domain: Domain; readonly xml: string; readonly flags: number }, { readonly snapshot: DomainSnapshot }> = {
  program: 0x20008086, version: 1, number: 185, name: "virDomainSnapshotCreateXML", since: "0.8.0", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.xml, "xml"); output.uint(value.flags, "flags"); },
  read: (input) => ({ snapshot: readDomainSnapshot(input) }),
};

/** virDomainSnapshotGetXMLDesc, since 0.8.0. */
export const domainSnapshotGetXmlDesc: Procedure<{ readonly snapshot: DomainSnapshot; readonly flags: number }, { readonly xml: string }> = {
  program: 0x20008086, version: 1, number: 186, name: "virDomainSnapshotGetXMLDesc", since: "0.8.0", slow: false,
  write: (value, output) => { writeDomainSnapshot(output, value.snapshot); output.uint(value.flags, "flags"); },
  read: (input) => ({ xml: input.string("xml") }),
};

/** virDomainSnapshotLookupByName, since 0.8.0. */
export const domainSnapshotLookupByName: Procedure<{ readonly domain: Domain; readonly name: string; readonly flags: number }, { readonly snapshot: DomainSnapshot }> = {
  program: 0x20008086, version: 1, number: 189, name: "virDomainSnapshotLookupByName", since: "0.8.0", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.name, "name"); output.uint(value.flags, "flags"); },
  read: (input) => ({ snapshot: readDomainSnapshot(input) }),
};

/** virDomainSnapshotCurrent, since 0.8.0. */
export const domainSnapshotCurrent: Procedure<{ readonly domain: Domain; readonly flags: number }, { readonly snapshot: DomainSnapshot }> = {
  program: 0x20008086, version: 1, number: 191, name: "virDomainSnapshotCurrent", since: "0.8.0", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: (input) => ({ snapshot: readDomainSnapshot(input) }),
};

/** virDomainRevertToSnapshot, since 0.8.0. */
export const domainRevertToSnapshot: Procedure<{ readonly snapshot: DomainSnapshot; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 192, name: "virDomainRevertToSnapshot", since: "0.8.0", slow: true,
  write: (value, output) => { writeDomainSnapshot(output, value.snapshot); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainSnapshotDelete, since 0.8.0. */
export const domainSnapshotDelete: Procedure<{ readonly snapshot: DomainSnapshot; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 193, name: "virDomainSnapshotDelete", since: "0.8.0", slow: true,
  write: (value, output) => { writeDomainSnapshot(output, value.snapshot); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainGetBlockInfo, since 0.8.1. */
export const domainGetBlockInfo: Procedure<{ readonly domain: Domain; readonly path: string; readonly flags: number }, { readonly allocation: number; readonly capacity: number; readonly physical: number }> = {
  program: 0x20008086, version: 1, number: 194, name: "virDomainGetBlockInfo", since: "0.8.1", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.path, "path"); output.uint(value.flags, "flags"); },
  read: (input) => ({ allocation: input.uhyper("allocation"), capacity: input.uhyper("capacity"), physical: input.uhyper("physical") }),
};

/** virDomainCreateWithFlags, since 0.8.2. */
export const domainCreateWithFlags: Procedure<{ readonly domain: Domain; readonly flags: number }, { readonly domain: Domain }> = {
  program: 0x20008086, version: 1, number: 196, name: "virDomainCreateWithFlags", since: "0.8.2", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: (input) => ({ domain: readDomain(input) }),
};

/** virDomainSetMemoryParameters, since 0.8.5. */
export const domainSetMemoryParameters: Procedure<{ readonly domain: Domain; readonly params: readonly TypedParam[]; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 197, name: "virDomainSetMemoryParameters", since: "0.8.5", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.list(value.params, 16, "params", (item) => output.param(item, "params")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainGetMemoryParameters, since 0.8.5. */
export const domainGetMemoryParameters: Procedure<{ readonly domain: Domain; readonly nparams: number; readonly flags: number }, { readonly params: readonly TypedParam[]; readonly nparams: number }> = {
  program: 0x20008086, version: 1, number: 198, name: "virDomainGetMemoryParameters", since: "0.8.5", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.int(value.nparams, "nparams"); output.uint(value.flags, "flags"); },
  read: (input) => ({ params: input.list(16, "params", () => input.param("params")), nparams: input.int("nparams") }),
};

/** virDomainSetVcpusFlags, since 0.8.5. */
export const domainSetVcpusFlags: Procedure<{ readonly domain: Domain; readonly nvcpus: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 199, name: "virDomainSetVcpusFlags", since: "0.8.5", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.nvcpus, "nvcpus"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainGetVcpusFlags, since 0.8.5. */
export const domainGetVcpusFlags: Procedure<{ readonly domain: Domain; readonly flags: number }, { readonly num: number }> = {
  program: 0x20008086, version: 1, number: 200, name: "virDomainGetVcpusFlags", since: "0.8.5", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: (input) => ({ num: input.int("num") }),
};

/** virDomainOpenConsole, since 0.8.6. */
export const domainOpenConsole: Procedure<{ readonly domain: Domain; readonly devName: string | undefined; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 201, name: "virDomainOpenConsole", since: "0.8.6", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.optional(value.devName, (item) => output.string(item, "devName")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainSetMemoryFlags, since 0.9.0. */
export const domainSetMemoryFlags: Procedure<{ readonly domain: Domain; readonly memory: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 204, name: "virDomainSetMemoryFlags", since: "0.9.0", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uhyper(value.memory, "memory"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainMigrateSetMaxSpeed, since 0.9.0. */
export const domainMigrateSetMaxSpeed: Procedure<{ readonly domain: Domain; readonly bandwidth: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 207, name: "virDomainMigrateSetMaxSpeed", since: "0.9.0", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uhyper(value.bandwidth, "bandwidth"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virStorageVolUpload, since 0.9.0. */
export const storageVolUpload: Procedure<{ readonly volume: StorageVol; readonly offset: number; readonly length: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 208, name: "virStorageVolUpload", since: "0.9.0", slow: false,
  write: (value, output) => { writeStorageVol(output, value.volume); output.uhyper(value.offset, "offset"); output.uhyper(value.length, "length"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virStorageVolDownload, since 0.9.0. */
export const storageVolDownload: Procedure<{ readonly volume: StorageVol; readonly offset: number; readonly length: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 209, name: "virStorageVolDownload", since: "0.9.0", slow: false,
  write: (value, output) => { writeStorageVol(output, value.volume); output.uhyper(value.offset, "offset"); output.uhyper(value.length, "length"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainScreenshot, since 0.9.2. */
export const domainScreenshot: Procedure<{ readonly domain: Domain; readonly screen: number; readonly flags: number }, { readonly mime: string | undefined }> = {
  program: 0x20008086, version: 1, number: 211, name: "virDomainScreenshot", since: "0.9.2", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.screen, "screen"); output.uint(value.flags, "flags"); },
  read: (input) => ({ mime: input.optional("mime", () => input.string("mime")) }),
};

/** virDomainGetState, since 0.9.2. */
export const domainGetState: Procedure<{ readonly domain: Domain; readonly flags: number }, { readonly state: number; readonly reason: number }> = {
  program: 0x20008086, version: 1, number: 212, name: "virDomainGetState", since: "0.9.2", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: (input) => ({ state: input.int("state"), reason: input.int("reason") }),
};

/** virDomainSetSchedulerParametersFlags, since 0.9.2. */
export const domainSetSchedulerParametersFlags: Procedure<{ readonly domain: Domain; readonly params: readonly TypedParam[]; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 219, name: "virDomainSetSchedulerParametersFlags", since: "0.9.2", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.list(value.params, 16, "params", (item) => output.param(item, "params")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainGetSchedulerParametersFlags, since 0.9.2. */
export const domainGetSchedulerParametersFlags: Procedure<{ readonly domain: Domain; readonly nparams: number; readonly flags: number }, { readonly params: readonly TypedParam[] }> = {
  program: 0x20008086, version: 1, number: 223, name: "virDomainGetSchedulerParametersFlags", since: "0.9.2", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.int(value.nparams, "nparams"); output.uint(value.flags, "flags"); },
  read: (input) => ({ params: input.list(16, "params", () => input.param("params")) }),
};

/** virDomainSendKey, since 0.9.3. */
export const domainSendKey: Procedure<{ readonly domain: Domain; readonly codeset: number; readonly holdtime: number; readonly keycodes: readonly number[]; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 226, name: "virDomainSendKey", since: "0.9.3", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.codeset, "codeset"); output.uint(value.holdtime, "holdtime"); output.list(value.keycodes, 16, "keycodes", (item) => output.uint(item, "keycodes")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainUndefineFlags, since 0.9.4. */
export const domainUndefineFlags: Procedure<{ readonly domain: Domain; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 231, name: "virDomainUndefineFlags", since: "0.9.4", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainSaveFlags, since 0.9.4. */
export const domainSaveFlags: Procedure<{ readonly domain: Domain; readonly to: string; readonly dxml: string | undefined; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 232, name: "virDomainSaveFlags", since: "0.9.4", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.to, "to"); output.optional(value.dxml, (item) => output.string(item, "dxml")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainRestoreFlags, since 0.9.4. */
export const domainRestoreFlags: Procedure<{ readonly from: string; readonly dxml: string | undefined; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 233, name: "virDomainRestoreFlags", since: "0.9.4", slow: true,
  write: (value, output) => { output.string(value.from, "from"); output.optional(value.dxml, (item) => output.string(item, "dxml")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainDestroyFlags, since 0.9.4. */
export const domainDestroyFlags: Procedure<{ readonly domain: Domain; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 234, name: "virDomainDestroyFlags", since: "0.9.4", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainSaveImageGetXMLDesc, since 0.9.4. */
export const domainSaveImageGetXmlDesc: Procedure<{ readonly file: string; readonly flags: number }, { readonly xml: string }> = {
  program: 0x20008086, version: 1, number: 235, name: "virDomainSaveImageGetXMLDesc", since: "0.9.4", slow: false,
  write: (value, output) => { output.string(value.file, "file"); output.uint(value.flags, "flags"); },
  read: (input) => ({ xml: input.string("xml") }),
};

/** virDomainBlockJobAbort, since 0.9.4. */
export const domainBlockJobAbort: Procedure<{ readonly domain: Domain; readonly path: string; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 237, name: "virDomainBlockJobAbort", since: "0.9.4", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.path, "path"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainGetBlockJobInfo, since 0.9.4. */
export const domainGetBlockJobInfo: Procedure<{ readonly domain: Domain; readonly path: string; readonly flags: number }, { readonly found: number; readonly type: number; readonly bandwidth: number; readonly cur: number; readonly end: number }> = {
  program: 0x20008086, version: 1, number: 238, name: "virDomainGetBlockJobInfo", since: "0.9.4", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.path, "path"); output.uint(value.flags, "flags"); },
  read: (input) => ({ found: input.int("found"), type: input.int("type"), bandwidth: input.uhyper("bandwidth"), cur: input.uhyper("cur"), end: input.uhyper("end") }),
};

/** virDomainBlockPull, since 0.9.4. */
export const domainBlockPull: Procedure<{ readonly domain: Domain; readonly path: string; readonly bandwidth: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 240, name: "virDomainBlockPull", since: "0.9.4", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.path, "path"); output.uhyper(value.bandwidth, "bandwidth"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainBlockStatsFlags, since 0.9.5. */
export const domainBlockStatsFlags: Procedure<{ readonly domain: Domain; readonly path: string; readonly nparams: number; readonly flags: number }, { readonly params: readonly TypedParam[]; readonly nparams: number }> = {
  program: 0x20008086, version: 1, number: 243, name: "virDomainBlockStatsFlags", since: "0.9.5", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.path, "path"); output.int(value.nparams, "nparams"); output.uint(value.flags, "flags"); },
  read: (input) => ({ params: input.list(16, "params", () => input.param("params")), nparams: input.int("nparams") }),
};

/** virDomainReset, since 0.9.7. */
export const domainReset: Procedure<{ readonly domain: Domain; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 245, name: "virDomainReset", since: "0.9.7", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainBlockResize, since 0.9.8. */
export const domainBlockResize: Procedure<{ readonly domain: Domain; readonly disk: string; readonly size: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 251, name: "virDomainBlockResize", since: "0.9.8", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.disk, "disk"); output.uhyper(value.size, "size"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainSetBlockIoTune, since 0.9.8. */
export const domainSetBlockIoTune: Procedure<{ readonly domain: Domain; readonly disk: string; readonly params: readonly TypedParam[]; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 252, name: "virDomainSetBlockIoTune", since: "0.9.8", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.disk, "disk"); output.list(value.params, 32, "params", (item) => output.param(item, "params")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainGetBlockIoTune, since 0.9.8. */
export const domainGetBlockIoTune: Procedure<{ readonly domain: Domain; readonly disk: string | undefined; readonly nparams: number; readonly flags: number }, { readonly params: readonly TypedParam[]; readonly nparams: number }> = {
  program: 0x20008086, version: 1, number: 253, name: "virDomainGetBlockIoTune", since: "0.9.8", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.optional(value.disk, (item) => output.string(item, "disk")); output.int(value.nparams, "nparams"); output.uint(value.flags, "flags"); },
  read: (input) => ({ params: input.list(32, "params", () => input.param("params")), nparams: input.int("nparams") }),
};

/** virDomainShutdownFlags, since 0.9.10. */
export const domainShutdownFlags: Procedure<{ readonly domain: Domain; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 258, name: "virDomainShutdownFlags", since: "0.9.10", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainGetDiskErrors, since 0.9.10. */
export const domainGetDiskErrors: Procedure<{ readonly domain: Domain; readonly maxerrors: number; readonly flags: number }, { readonly errors: readonly DomainDiskError[]; readonly nerrors: number }> = {
  program: 0x20008086, version: 1, number: 263, name: "virDomainGetDiskErrors", since: "0.9.10", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.maxerrors, "maxerrors"); output.uint(value.flags, "flags"); },
  read: (input) => ({ errors: input.list(256, "errors", () => readDomainDiskError(input)), nerrors: input.int("nerrors") }),
};

/** virDomainSetMetadata, since 0.9.10. */
export const domainSetMetadata: Procedure<{ readonly domain: Domain; readonly type: number; readonly metadata: string | undefined; readonly key: string | undefined; readonly uri: string | undefined; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 264, name: "virDomainSetMetadata", since: "0.9.10", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.int(value.type, "type"); output.optional(value.metadata, (item) => output.string(item, "metadata")); output.optional(value.key, (item) => output.string(item, "key")); output.optional(value.uri, (item) => output.string(item, "uri")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainGetMetadata, since 0.9.10. */
export const domainGetMetadata: Procedure<{ readonly domain: Domain; readonly type: number; readonly uri: string | undefined; readonly flags: number }, { readonly metadata: string }> = {
  program: 0x20008086, version: 1, number: 265, name: "virDomainGetMetadata", since: "0.9.10", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.int(value.type, "type"); output.optional(value.uri, (item) => output.string(item, "uri")); output.uint(value.flags, "flags"); },
  read: (input) => ({ metadata: input.string("metadata") }),
};

/** virConnectListAllDomains, since 0.9.13. */
export const connectListAllDomains: Procedure<{ readonly needResults: number; readonly flags: number }, { readonly domains: readonly Domain[]; readonly ret: number }> = {
  program: 0x20008086, version: 1, number: 273, name: "virConnectListAllDomains", since: "0.9.13", slow: false,
  write: (value, output) => { output.int(value.needResults, "needResults"); output.uint(value.flags, "flags"); },
  read: (input) => ({ domains: input.list(16384, "domains", () => readDomain(input)), ret: input.uint("ret") }),
};

/** virDomainListAllSnapshots, since 0.9.13. */
export const domainListAllSnapshots: Procedure<{ readonly domain: Domain; readonly needResults: number; readonly flags: number }, { readonly snapshots: readonly DomainSnapshot[]; readonly ret: number }> = {
  program: 0x20008086, version: 1, number: 274, name: "virDomainListAllSnapshots", since: "0.9.13", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.int(value.needResults, "needResults"); output.uint(value.flags, "flags"); },
  read: (input) => ({ snapshots: input.list(16384, "snapshots", () => readDomainSnapshot(input)), ret: input.int("ret") }),
};

/** virDomainGetHostname, since 0.10.0. */
export const domainGetHostname: Procedure<{ readonly domain: Domain; readonly flags: number }, { readonly hostname: string }> = {
  program: 0x20008086, version: 1, number: 277, name: "virDomainGetHostname", since: "0.10.0", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: (input) => ({ hostname: input.string("hostname") }),
};

/** virStoragePoolListAllVolumes, since 0.10.2. */
export const storagePoolListAllVolumes: Procedure<{ readonly pool: StoragePool; readonly needResults: number; readonly flags: number }, { readonly vols: readonly StorageVol[]; readonly ret: number }> = {
  program: 0x20008086, version: 1, number: 282, name: "virStoragePoolListAllVolumes", since: "0.10.2", slow: false,
  write: (value, output) => { writeStoragePool(output, value.pool); output.int(value.needResults, "needResults"); output.uint(value.flags, "flags"); },
  read: (input) => ({ vols: input.list(16384, "vols", () => readStorageVol(input)), ret: input.uint("ret") }),
};

/** virConnectListAllNWFilters, since 0.10.2. */
export const connectListAllNwfilters: Procedure<{ readonly needResults: number; readonly flags: number }, { readonly filters: readonly Nwfilter[]; readonly ret: number }> = {
  program: 0x20008086, version: 1, number: 286, name: "virConnectListAllNWFilters", since: "0.10.2", slow: false,
  write: (value, output) => { output.int(value.needResults, "needResults"); output.uint(value.flags, "flags"); },
  read: (input) => ({ filters: input.list(16384, "filters", () => readNwfilter(input)), ret: input.uint("ret") }),
};

/** virDomainBlockCommit, since 0.10.2. */
export const domainBlockCommit: Procedure<{ readonly domain: Domain; readonly disk: string; readonly base: string | undefined; readonly top: string | undefined; readonly bandwidth: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 290, name: "virDomainBlockCommit", since: "0.10.2", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.disk, "disk"); output.optional(value.base, (item) => output.string(item, "base")); output.optional(value.top, (item) => output.string(item, "top")); output.uhyper(value.bandwidth, "bandwidth"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainFSTrim, since 1.0.1. */
export const domainFstrim: Procedure<{ readonly domain: Domain; readonly mountPoint: string | undefined; readonly minimum: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 294, name: "virDomainFSTrim", since: "1.0.1", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.optional(value.mountPoint, (item) => output.string(item, "mountPoint")); output.uhyper(value.minimum, "minimum"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainOpenChannel, since 1.0.2. */
export const domainOpenChannel: Procedure<{ readonly domain: Domain; readonly name: string | undefined; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 296, name: "virDomainOpenChannel", since: "1.0.2", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.optional(value.name, (item) => output.string(item, "name")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainGetJobStats, since 1.0.3. */
export const domainGetJobStats: Procedure<{ readonly domain: Domain; readonly flags: number }, { readonly type: number; readonly params: readonly TypedParam[] }> = {
  program: 0x20008086, version: 1, number: 298, name: "virDomainGetJobStats", since: "1.0.3", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: (input) => ({ type: input.int("type"), params: input.list(64, "params", () => input.param("params")) }),
};

/** virDomainMigrate3, since 1.1.0. */
export const domainMigrateBegin3Params: Procedure<{ readonly domain: Domain; readonly params: readonly TypedParam[]; readonly flags: number }, { readonly cookieOut: Uint8Array; readonly xml: string }> = {
  program: 0x20008086, version: 1, number: 302, name: "virDomainMigrate3", since: "1.1.0", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.list(value.params, 64, "params", (item) => output.param(item, "params")); output.uint(value.flags, "flags"); },
  read: (input) => ({ cookieOut: input.bytes(4194304, "cookieOut"), xml: input.string("xml") }),
};

/** virDomainMigrate3, since 1.1.0. */
export const domainMigratePrepare3Params: Procedure<{ readonly params: readonly TypedParam[]; readonly cookieIn: Uint8Array; readonly flags: number }, { readonly cookieOut: Uint8Array; readonly uriOut: string | undefined }> = {
  program: 0x20008086, version: 1, number: 303, name: "virDomainMigrate3", since: "1.1.0", slow: true,
  write: (value, output) => { output.list(value.params, 64, "params", (item) => output.param(item, "params")); output.bytes(value.cookieIn, 4194304, "cookieIn"); output.uint(value.flags, "flags"); },
  read: (input) => ({ cookieOut: input.bytes(4194304, "cookieOut"), uriOut: input.optional("uriOut", () => input.string("uriOut")) }),
};

/** virDomainMigrateToURI3, since 1.1.0. */
export const domainMigratePerform3Params: Procedure<{ readonly domain: Domain; readonly dconnuri: string | undefined; readonly params: readonly TypedParam[]; readonly cookieIn: Uint8Array; readonly flags: number }, { readonly cookieOut: Uint8Array }> = {
  program: 0x20008086, version: 1, number: 305, name: "virDomainMigrateToURI3", since: "1.1.0", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.optional(value.dconnuri, (item) => output.string(item, "dconnuri")); output.list(value.params, 64, "params", (item) => output.param(item, "params")); output.bytes(value.cookieIn, 4194304, "cookieIn"); output.uint(value.flags, "flags"); },
  read: (input) => ({ cookieOut: input.bytes(4194304, "cookieOut") }),
};

/** virDomainMigrate3, since 1.1.0. */
export const domainMigrateFinish3Params: Procedure<{ readonly params: readonly TypedParam[]; readonly cookieIn: Uint8Array; readonly flags: number; readonly cancelled: number }, { readonly domain: Domain; readonly cookieOut: Uint8Array }> = {
  program: 0x20008086, version: 1, number: 306, name: "virDomainMigrate3", since: "1.1.0", slow: true,
  write: (value, output) => { output.list(value.params, 64, "params", (item) => output.param(item, "params")); output.bytes(value.cookieIn, 4194304, "cookieIn"); output.uint(value.flags, "flags"); output.int(value.cancelled, "cancelled"); },
  read: (input) => ({ domain: readDomain(input), cookieOut: input.bytes(4194304, "cookieOut") }),
};

/** virDomainMigrate3, since 1.1.0. */
export const domainMigrateConfirm3Params: Procedure<{ readonly domain: Domain; readonly params: readonly TypedParam[]; readonly cookieIn: Uint8Array; readonly flags: number; readonly cancelled: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 307, name: "virDomainMigrate3", since: "1.1.0", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.list(value.params, 64, "params", (item) => output.param(item, "params")); output.bytes(value.cookieIn, 4194304, "cookieIn"); output.uint(value.flags, "flags"); output.int(value.cancelled, "cancelled"); },
  read: () => ({}),
};

/** virDomainSetMemoryStatsPeriod, since 1.1.1. */
export const domainSetMemoryStatsPeriod: Procedure<{ readonly domain: Domain; readonly period: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 308, name: "virDomainSetMemoryStatsPeriod", since: "1.1.1", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.int(value.period, "period"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virConnectDomainEventRegisterAny, since 1.1.2. */
export const connectDomainEventCallbackRegisterAny: Procedure<{ readonly eventId: number; readonly domain: Domain | undefined }, { readonly callbackId: number }> = {
  program: 0x20008086, version: 1, number: 316, name: "virConnectDomainEventRegisterAny", since: "1.1.2", slow: false,
  write: (value, output) => { output.int(value.eventId, "eventId"); output.optional(value.domain, (item) => writeDomain(output, item)); },
  read: (input) => ({ callbackId: input.int("callbackId") }),
};

/** virConnectDomainEventDeregisterAny, since 1.1.2. */
export const connectDomainEventCallbackDeregisterAny: Procedure<{ readonly callbackId: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 317, name: "virConnectDomainEventDeregisterAny", since: "1.1.2", slow: false,
  write: (value, output) => { output.int(value.callbackId, "callbackId"); },
  read: () => ({}),
};

/** virDomainCoreDumpWithFormat, since 1.2.3. */
export const domainCoreDumpWithFormat: Procedure<{ readonly domain: Domain; readonly to: string; readonly dumpformat: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 334, name: "virDomainCoreDumpWithFormat", since: "1.2.3", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.to, "to"); output.uint(value.dumpformat, "dumpformat"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainFSFreeze, since 1.2.5. */
export const domainFsfreeze: Procedure<{ readonly domain: Domain; readonly mountpoints: readonly string[]; readonly flags: number }, { readonly filesystems: number }> = {
  program: 0x20008086, version: 1, number: 335, name: "virDomainFSFreeze", since: "1.2.5", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.list(value.mountpoints, 256, "mountpoints", (item) => output.string(item, "mountpoints")); output.uint(value.flags, "flags"); },
  read: (input) => ({ filesystems: input.int("filesystems") }),
};

/** virDomainFSThaw, since 1.2.5. */
export const domainFsthaw: Procedure<{ readonly domain: Domain; readonly mountpoints: readonly string[]; readonly flags: number }, { readonly filesystems: number }> = {
  program: 0x20008086, version: 1, number: 336, name: "virDomainFSThaw", since: "1.2.5", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.list(value.mountpoints, 256, "mountpoints", (item) => output.string(item, "mountpoints")); output.uint(value.flags, "flags"); },
  read: (input) => ({ filesystems: input.int("filesystems") }),
};

/** virDomainGetTime, since 1.2.5. */
export const domainGetTime: Procedure<{ readonly domain: Domain; readonly flags: number }, { readonly seconds: number; readonly nseconds: number }> = {
  program: 0x20008086, version: 1, number: 337, name: "virDomainGetTime", since: "1.2.5", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: (input) => ({ seconds: input.hyper("seconds"), nseconds: input.uint("nseconds") }),
};

/** virDomainSetTime, since 1.2.5. */
export const domainSetTime: Procedure<{ readonly domain: Domain; readonly seconds: number; readonly nseconds: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 338, name: "virDomainSetTime", since: "1.2.5", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.hyper(value.seconds, "seconds"); output.uint(value.nseconds, "nseconds"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virConnectGetDomainCapabilities, since 1.2.7. */
export const connectGetDomainCapabilities: Procedure<{ readonly emulatorbin: string | undefined; readonly arch: string | undefined; readonly machine: string | undefined; readonly virttype: string | undefined; readonly flags: number }, { readonly capabilities: string }> = {
  program: 0x20008086, version: 1, number: 342, name: "virConnectGetDomainCapabilities", since: "1.2.7", slow: false,
  write: (value, output) => { output.optional(value.emulatorbin, (item) => output.string(item, "emulatorbin")); output.optional(value.arch, (item) => output.string(item, "arch")); output.optional(value.machine, (item) => output.string(item, "machine")); output.optional(value.virttype, (item) => output.string(item, "virttype")); output.uint(value.flags, "flags"); },
  read: (input) => ({ capabilities: input.string("capabilities") }),
};

/** virDomainBlockCopy, since 1.2.8. */
export const domainBlockCopy: Procedure<{ readonly domain: Domain; readonly path: string; readonly destxml: string; readonly params: readonly TypedParam[]; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 345, name: "virDomainBlockCopy", since: "1.2.8", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.path, "path"); output.string(value.destxml, "destxml"); output.list(value.params, 16, "params", (item) => output.param(item, "params")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainGetFSInfo, since 1.2.11. */
export const domainGetFsinfo: Procedure<{ readonly domain: Domain; readonly flags: number }, { readonly info: readonly DomainFsinfo[]; readonly ret: number }> = {
  program: 0x20008086, version: 1, number: 349, name: "virDomainGetFSInfo", since: "1.2.11", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: (input) => ({ info: input.list(256, "info", () => readDomainFsinfo(input)), ret: input.uint("ret") }),
};

/** virDomainDefineXMLFlags, since 1.2.12. */
export const domainDefineXmlFlags: Procedure<{ readonly xml: string; readonly flags: number }, { readonly domain: Domain }> = {
  program: 0x20008086, version: 1, number: 350, name: "virDomainDefineXMLFlags", since: "1.2.12", slow: false,
  write: (value, output) => { output.string(value.xml, "xml"); output.uint(value.flags, "flags"); },
  read: (input) => ({ domain: readDomain(input) }),
};

/** virDomainInterfaceAddresses, since 1.2.14. */
export const domainInterfaceAddresses: Procedure<{ readonly domain: Domain; readonly source: number; readonly flags: number }, { readonly ifaces: readonly DomainInterface[] }> = {
  program: 0x20008086, version: 1, number: 353, name: "virDomainInterfaceAddresses", since: "1.2.14", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.source, "source"); output.uint(value.flags, "flags"); },
  read: (input) => ({ ifaces: input.list(2048, "ifaces", () => readDomainInterface(input)) }),
};

/** virDomainSetUserPassword, since 1.2.16. */
export const domainSetUserPassword: Procedure<{ readonly domain: Domain; readonly user: string | undefined; readonly password: string | undefined; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 357, name: "virDomainSetUserPassword", since: "1.2.16", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.optional(value.user, (item) => output.string(item, "user")); output.optional(value.password, (item) => output.string(item, "password")); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainMigrateStartPostCopy, since 1.3.3. */
export const domainMigrateStartPostCopy: Procedure<{ readonly domain: Domain; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 364, name: "virDomainMigrateStartPostCopy", since: "1.3.3", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainSetBlockThreshold, since 3.1.0. */
export const domainSetBlockThreshold: Procedure<{ readonly domain: Domain; readonly dev: string; readonly threshold: number; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 386, name: "virDomainSetBlockThreshold", since: "3.1.0", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.dev, "dev"); output.uhyper(value.threshold, "threshold"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainDetachDeviceAlias, since 4.4.0. */
export const domainDetachDeviceAlias: Procedure<{ readonly domain: Domain; readonly alias: string; readonly flags: number }, NoFields> = {
  program: 0x20008086, version: 1, number: 392, name: "virDomainDetachDeviceAlias", since: "4.4.0", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.alias, "alias"); output.uint(value.flags, "flags"); },
  read: () => ({}),
};

/** virDomainAgentSetResponseTimeout, since 5.10.0. */
export const domainAgentSetResponseTimeout: Procedure<{ readonly domain: Domain; readonly timeout: number; readonly flags: number }, { readonly result: number }> = {
  program: 0x20008086, version: 1, number: 420, name: "virDomainAgentSetResponseTimeout", since: "5.10.0", slow: false,
  write: (value, output) => { writeDomain(output, value.domain); output.int(value.timeout, "timeout"); output.uint(value.flags, "flags"); },
  read: (input) => ({ result: input.int("result") }),
};

/** Since 1.1.2. */
export const domainEventCallbackLifecycle: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly event: number; readonly detail: number }> = {
  program: 0x20008086, number: 318, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), event: input.int("event"), detail: input.int("detail") }),
};

/** Since 1.1.2. */
export const domainEventCallbackReboot: EventMessage<{ readonly callbackId: number; readonly domain: Domain }> = {
  program: 0x20008086, number: 319, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input) }),
};

/** Since 1.1.2. */
export const domainEventCallbackWatchdog: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly action: number }> = {
  program: 0x20008086, number: 321, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), action: input.int("action") }),
};

/** Since 1.1.2. */
export const domainEventCallbackIoErrorReason: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly srcPath: string; readonly alias: string; readonly action: number; readonly reason: string }> = {
  program: 0x20008086, number: 324, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), srcPath: input.string("srcPath"), alias: input.string("alias"), action: input.int("action"), reason: input.string("reason") }),
};

/** Since 1.1.2. */
export const domainEventCallbackBalloonChange: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly actual: number }> = {
  program: 0x20008086, number: 331, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), actual: input.uhyper("actual") }),
};

/** Since 1.1.2. */
export const domainEventCallbackDeviceRemoved: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly alias: string }> = {
  program: 0x20008086, number: 333, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), alias: input.string("alias") }),
};

/** Since 1.2.6. */
export const domainEventBlockJob2: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly dst: string; readonly type: number; readonly status: number }> = {
  program: 0x20008086, number: 339, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), dst: input.string("dst"), type: input.int("type"), status: input.int("status") }),
};

/** Since 1.2.11. */
export const domainEventCallbackAgentLifecycle: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly state: number; readonly reason: number }> = {
  program: 0x20008086, number: 348, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), state: input.int("state"), reason: input.int("reason") }),
};

/** Since 1.2.15. */
export const domainEventCallbackDeviceAdded: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly alias: string }> = {
  program: 0x20008086, number: 354, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), alias: input.string("alias") }),
};

/** Since 1.3.3. */
export const domainEventCallbackJobCompleted: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly params: readonly TypedParam[] }> = {
  program: 0x20008086, number: 363, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), params: input.list(64, "params", () => input.param("params")) }),
};

/** Since 1.3.4. */
export const domainEventCallbackDeviceRemovalFailed: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly alias: string }> = {
  program: 0x20008086, number: 367, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), alias: input.string("alias") }),
};

/** Since 3.2.0. */
export const domainEventBlockThreshold: EventMessage<{ readonly callbackId: number; readonly domain: Domain; readonly dev: string; readonly path: string | undefined; readonly threshold: number; readonly excess: number }> = {
  program: 0x20008086, number: 385, read: (input) => ({ callbackId: input.int("callbackId"), domain: readDomain(input), dev: input.string("dev"), path: input.optional("path", () => input.string("path")), threshold: input.uhyper("threshold"), excess: input.uhyper("excess") }),
};
