// Storage pools and volumes: only what moves the contents of images to and from the daemon's host.
import type { Readable, Writable } from "node:stream";
import type { CallOptions } from "../call.ts";

export interface Pool {
  readonly name: string;
  readonly uuid: string;
}

export interface Volume {
  readonly pool: string;
  readonly name: string;
  /** For files the path. */
  readonly key: string;
}

export interface VolumeInfo {
  /** Bytes. */
  readonly capacity: number;
  readonly allocation: number;
}

/** Part of a volume, bytes. Length 0 is up to its end. */
export interface VolumeRange extends CallOptions {
  readonly offset?: number;
  readonly length?: number;
}

/** Needs libvirt's storage driver. */
export interface Volumes {
  /** A pool that is gone when it is stopped. virStoragePoolCreateXML, since 0.4.1. `build`: makes its directory (since 1.3.1). */
  createPool(xml: string, options?: CallOptions & { readonly build?: boolean }): Promise<Pool>;
  /** virStoragePoolLookupByName, since 0.4.1. Undefined when there is none. */
  poolByName(name: string, options?: CallOptions): Promise<Pool | undefined>;
  /** virStoragePoolRefresh, since 0.4.1: looks for volumes again. */
  refreshPool(pool: Pool, options?: CallOptions): Promise<void>;
  /** Stops a pool; its volumes stay. virStoragePoolDestroy, since 0.4.1. */
  stopPool(pool: Pool, options?: CallOptions): Promise<void>;
  /** virStoragePoolListAllVolumes, since 0.10.2. */
  list(pool: Pool, options?: CallOptions): Promise<readonly Volume[]>;
  /** virStorageVolCreateXML, since 0.4.1. */
  create(pool: Pool, xml: string, options?: CallOptions): Promise<Volume>;
  /** virStorageVolLookupByPath, since 0.4.1. Undefined when there is none. */
  byPath(path: string, options?: CallOptions): Promise<Volume | undefined>;
  /** virStorageVolGetInfo, since 0.4.1. */
  info(volume: Volume, options?: CallOptions): Promise<VolumeInfo>;
  /** virStorageVolDelete, since 0.4.1. */
  delete(volume: Volume, options?: CallOptions): Promise<void>;
  /** virStorageVolUpload, since 0.9.0. What is written is on the volume when `finish` is emitted. */
  upload(volume: Volume, range?: VolumeRange): Promise<Writable>;
  /** virStorageVolDownload, since 0.9.0. */
  download(volume: Volume, range?: VolumeRange): Promise<Readable>;
}
