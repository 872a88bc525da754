import type { CallOptions } from "../api/call.ts";
import type { DomainRef } from "../api/domain.ts";
import type {
  SnapshotCreateOptions,
  SnapshotDeleteOptions,
  SnapshotRef,
  SnapshotRevertOptions,
  Snapshots,
} from "../api/snapshots.ts";
import type { DomainSnapshot } from "../generated/records.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { domainOf, wireDomain } from "./values/domain-values.ts";
import { flags } from "./values/flags.ts";
import { orMissing } from "./values/missing.ts";

const snapshotOf = ({ domain, name }: DomainSnapshot): SnapshotRef => ({ domain: domainOf(domain), name });
const wireSnapshot = ({ domain, name }: SnapshotRef): DomainSnapshot => ({ domain: wireDomain(domain), name });

export class SnapshotCalls implements Snapshots {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async create(domain: DomainRef, xml: string, options: SnapshotCreateOptions = {}): Promise<SnapshotRef> {
    const { redefine, noMetadata, halt, diskOnly, reuseExternal, quiesce, atomic, live, signal } = options;
    // virDomainSnapshotCreateFlags
    const wanted = flags(
      [redefine, 1],
      [noMetadata, 4],
      [halt, 8],
      [diskOnly, 16],
      [reuseExternal, 32],
      [quiesce, 64],
      [atomic, 128],
      [live, 256],
    );
    const args = { domain: wireDomain(domain), xml, flags: wanted };
    return snapshotOf((await this.#caller.call(remote.domainSnapshotCreateXml, args, signal)).snapshot);
  }

  async list(domain: DomainRef, { signal }: CallOptions = {}): Promise<readonly SnapshotRef[]> {
    // VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL
    const args = { domain: wireDomain(domain), needResults: 1, flags: 1024 };
    return (await this.#caller.call(remote.domainListAllSnapshots, args, signal)).snapshots.map(snapshotOf);
  }

  byName(domain: DomainRef, name: string, { signal }: CallOptions = {}): Promise<SnapshotRef | undefined> {
    const args = { domain: wireDomain(domain), name, flags: 0 };
    const found = this.#caller.call(remote.domainSnapshotLookupByName, args, signal);
    return orMissing(
      found.then(({ snapshot }) => snapshotOf(snapshot)),
      "no-snapshot",
    );
  }

  current(domain: DomainRef, { signal }: CallOptions = {}): Promise<SnapshotRef | undefined> {
    const found = this.#caller.call(remote.domainSnapshotCurrent, { domain: wireDomain(domain), flags: 0 }, signal);
    return orMissing(
      found.then(({ snapshot }) => snapshotOf(snapshot)),
      "no-snapshot",
    );
  }

  async xml(snapshot: SnapshotRef, { signal }: CallOptions = {}): Promise<string> {
    const args = { snapshot: wireSnapshot(snapshot), flags: 0 };
    return (await this.#caller.call(remote.domainSnapshotGetXmlDesc, args, signal)).xml;
  }

  async revert(snapshot: SnapshotRef, { afterwards, force, signal }: SnapshotRevertOptions = {}): Promise<void> {
    const wanted = flags([afterwards === "running", 1], [afterwards === "paused", 2], [force, 4]);
    const args = { snapshot: wireSnapshot(snapshot), flags: wanted };
    await this.#caller.call(remote.domainRevertToSnapshot, args, signal);
  }

  async delete(snapshot: SnapshotRef, options: SnapshotDeleteOptions = {}): Promise<void> {
    const { children, metadataOnly, signal } = options;
    const wanted = flags([children === "children-too", 1], [metadataOnly, 2], [children === "children-only", 4]);
    const args = { snapshot: wireSnapshot(snapshot), flags: wanted };
    await this.#caller.call(remote.domainSnapshotDelete, args, signal);
  }
}
