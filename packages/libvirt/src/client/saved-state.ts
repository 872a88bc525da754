import type { CallOptions } from "../api/call.ts";
import type { DomainRef } from "../api/domain.ts";
import type { SavedState, SaveOptions } from "../api/saved-state.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { wireDomain } from "./values/domain-values.ts";
import { flags } from "./values/flags.ts";

/** virDomainSaveRestoreFlags. */
const saveFlags = ({ bypassCache, afterwards }: SaveOptions): number =>
  flags([bypassCache, 1], [afterwards === "running", 2], [afterwards === "paused", 4]);

export class SavedStateCalls implements SavedState {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async save(domain: DomainRef, path: string, options: SaveOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), to: path, dxml: options.xml, flags: saveFlags(options) };
    await this.#caller.call(remote.domainSaveFlags, args, options.signal);
  }

  async restore(path: string, options: SaveOptions = {}): Promise<void> {
    const args = { from: path, dxml: options.xml, flags: saveFlags(options) };
    await this.#caller.call(remote.domainRestoreFlags, args, options.signal);
  }

  async xml(path: string, { signal }: CallOptions = {}): Promise<string> {
    return (await this.#caller.call(remote.domainSaveImageGetXmlDesc, { file: path, flags: 0 }, signal)).xml;
  }

  async managedSave(domain: DomainRef, options: Omit<SaveOptions, "xml"> = {}): Promise<void> {
    const args = { domain: wireDomain(domain), flags: saveFlags(options) };
    await this.#caller.call(remote.domainManagedSave, args, options.signal);
  }

  async hasManagedSave(domain: DomainRef, { signal }: CallOptions = {}): Promise<boolean> {
    const args = { domain: wireDomain(domain), flags: 0 };
    return (await this.#caller.call(remote.domainHasManagedSaveImage, args, signal)).result !== 0;
  }

  async removeManagedSave(domain: DomainRef, { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.domainManagedSaveRemove, { domain: wireDomain(domain), flags: 0 }, signal);
  }

  async dump(
    domain: DomainRef,
    path: string,
    { memoryOnly, live, signal }: CallOptions & { readonly memoryOnly?: boolean; readonly live?: boolean } = {},
  ): Promise<void> {
    // virDomainCoreDumpFlags; format 0 is raw.
    const wanted = flags([live, 2], [memoryOnly, 16]);
    const args = { domain: wireDomain(domain), to: path, dumpformat: 0, flags: wanted };
    await this.#caller.call(remote.domainCoreDumpWithFormat, args, signal);
  }
}
