import type { Readable, Writable } from "node:stream";
import type { CallOptions } from "../../api/call.ts";
import type { Pool, Volume, VolumeInfo, VolumeRange, Volumes } from "../../api/daemon/volumes.ts";
import * as remote from "../../generated/remote.ts";
import type { Caller } from "../../rpc/caller.ts";
import { flags } from "../values/flags.ts";
import { orMissing } from "../values/missing.ts";

export class VolumeCalls implements Volumes {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async createPool(xml: string, { build, signal }: CallOptions & { readonly build?: boolean } = {}): Promise<Pool> {
    return (await this.#caller.call(remote.storagePoolCreateXml, { xml, flags: flags([build, 1]) }, signal)).pool;
  }

  poolByName(name: string, { signal }: CallOptions = {}): Promise<Pool | undefined> {
    const found = this.#caller.call(remote.storagePoolLookupByName, { name }, signal);
    return orMissing(
      found.then(({ pool }) => pool),
      "no-storage-pool",
    );
  }

  async refreshPool(pool: Pool, { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.storagePoolRefresh, { pool, flags: 0 }, signal);
  }

  async stopPool(pool: Pool, { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.storagePoolDestroy, { pool }, signal);
  }

  async list(pool: Pool, { signal }: CallOptions = {}): Promise<readonly Volume[]> {
    const args = { pool, needResults: 1, flags: 0 };
    return (await this.#caller.call(remote.storagePoolListAllVolumes, args, signal)).vols;
  }

  async create(pool: Pool, xml: string, { signal }: CallOptions = {}): Promise<Volume> {
    return (await this.#caller.call(remote.storageVolCreateXml, { pool, xml, flags: 0 }, signal)).volume;
  }

  byPath(path: string, { signal }: CallOptions = {}): Promise<Volume | undefined> {
    const found = this.#caller.call(remote.storageVolLookupByPath, { path }, signal);
    return orMissing(
      found.then(({ volume }) => volume),
      "no-storage-volume",
    );
  }

  async info(volume: Volume, { signal }: CallOptions = {}): Promise<VolumeInfo> {
    const { capacity, allocation } = await this.#caller.call(remote.storageVolGetInfo, { volume }, signal);
    return { capacity, allocation };
  }

  async delete(volume: Volume, { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.storageVolDelete, { volume, flags: 0 }, signal);
  }

  async upload(volume: Volume, { offset, length, signal }: VolumeRange = {}): Promise<Writable> {
    const args = { volume, offset: offset ?? 0, length: length ?? 0, flags: 0 };
    return (await this.#caller.stream(remote.storageVolUpload, args, "write", signal)).stream;
  }

  async download(volume: Volume, { offset, length, signal }: VolumeRange = {}): Promise<Readable> {
    const args = { volume, offset: offset ?? 0, length: length ?? 0, flags: 0 };
    return (await this.#caller.stream(remote.storageVolDownload, args, "read", signal)).stream;
  }
}
