// Generated from packages/libvirt/description/libvirt.rpc by scripts/generate-libvirt.ts: do not edit.
import type { XdrReader } from "../wire/xdr-reader.ts";
import type { XdrWriter } from "../wire/xdr-writer.ts";

export interface Domain { readonly name: string; readonly uuid: string; readonly id: number }
export function writeDomain(output: XdrWriter, value: Domain): void { output.string(value.name, "name"); output.uuid(value.uuid, "uuid"); output.int(value.id, "id"); }
export function readDomain(input: XdrReader): Domain {
  return { name: input.string("name"), uuid: input.uuid("uuid"), id: input.int("id") };
}

export interface DomainMemoryStat { readonly tag: number; readonly val: number }
export function writeDomainMemoryStat(output: XdrWriter, value: DomainMemoryStat): void { output.int(value.tag, "tag"); output.uhyper(value.val, "val"); }
export function readDomainMemoryStat(input: XdrReader): DomainMemoryStat {
  return { tag: input.int("tag"), val: input.uhyper("val") };
}

export interface DomainDiskError { readonly disk: string; readonly error: number }
export function writeDomainDiskError(output: XdrWriter, value: DomainDiskError): void { output.string(value.disk, "disk"); output.int(value.error, "error"); }
export function readDomainDiskError(input: XdrReader): DomainDiskError {
  return { disk: input.string("disk"), error: input.int("error") };
}

export interface DomainSnapshot { readonly name: string; readonly domain: Domain }
export function writeDomainSnapshot(output: XdrWriter, value: DomainSnapshot): void { output.string(value.name, "name"); writeDomain(output, value.domain); }
export function readDomainSnapshot(input: XdrReader): DomainSnapshot {
  return { name: input.string("name"), domain: readDomain(input) };
}

export interface DomainFsinfo { readonly mountpoint: string; readonly name: string; readonly fstype: string; readonly devAliases: readonly string[] }
export function writeDomainFsinfo(output: XdrWriter, value: DomainFsinfo): void { output.string(value.mountpoint, "mountpoint"); output.string(value.name, "name"); output.string(value.fstype, "fstype"); output.list(value.devAliases, 256, "devAliases", (item) => output.string(item, "devAliases")); }
export function readDomainFsinfo(input: XdrReader): DomainFsinfo {
  return { mountpoint: input.string("mountpoint"), name: input.string("name"), fstype: input.string("fstype"), devAliases: input.list(256, "devAliases", () => input.string("devAliases")) };
}

export interface DomainIpAddr { readonly type: number; readonly addr: string; readonly prefix: number }
export function writeDomainIpAddr(output: XdrWriter, value: DomainIpAddr): void { output.int(value.type, "type"); output.string(value.addr, "addr"); output.uint(value.prefix, "prefix"); }
export function readDomainIpAddr(input: XdrReader): DomainIpAddr {
  return { type: input.int("type"), addr: input.string("addr"), prefix: input.uint("prefix") };
}

export interface DomainInterface { readonly name: string; readonly hwaddr: string | undefined; readonly addrs: readonly DomainIpAddr[] }
export function writeDomainInterface(output: XdrWriter, value: DomainInterface): void { output.string(value.name, "name"); output.optional(value.hwaddr, (item) => output.string(item, "hwaddr")); output.list(value.addrs, 2048, "addrs", (item) => writeDomainIpAddr(output, item)); }
export function readDomainInterface(input: XdrReader): DomainInterface {
  return { name: input.string("name"), hwaddr: input.optional("hwaddr", () => input.string("hwaddr")), addrs: input.list(2048, "addrs", () => readDomainIpAddr(input)) };
}

export interface Nwfilter { readonly name: string; readonly uuid: string }
export function writeNwfilter(output: XdrWriter, value: Nwfilter): void { output.string(value.name, "name"); output.uuid(value.uuid, "uuid"); }
export function readNwfilter(input: XdrReader): Nwfilter {
  return { name: input.string("name"), uuid: input.uuid("uuid") };
}

export interface StoragePool { readonly name: string; readonly uuid: string }
export function writeStoragePool(output: XdrWriter, value: StoragePool): void { output.string(value.name, "name"); output.uuid(value.uuid, "uuid"); }
export function readStoragePool(input: XdrReader): StoragePool {
  return { name: input.string("name"), uuid: input.uuid("uuid") };
}

export interface StorageVol { readonly pool: string; readonly name: string; readonly key: string }
export function writeStorageVol(output: XdrWriter, value: StorageVol): void { output.string(value.pool, "pool"); output.string(value.name, "name"); output.string(value.key, "key"); }
export function readStorageVol(input: XdrReader): StorageVol {
  return { pool: input.string("pool"), name: input.string("name"), key: input.string("key") };
}
