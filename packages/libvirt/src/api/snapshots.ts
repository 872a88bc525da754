// Snapshots of disks and memory.
import type { CallOptions } from "./call.ts";
import type { DomainRef } from "./domain.ts";

export interface SnapshotRef {
  readonly domain: DomainRef;
  readonly name: string;
}

export interface SnapshotCreateOptions extends CallOptions {
  /** No memory. */
  readonly diskOnly?: boolean;
  /** The files of an external snapshot exist with their format. */
  readonly reuseExternal?: boolean;
  /** The guest agent freezes the file systems meanwhile; needs `diskOnly`. */
  readonly quiesce?: boolean;
  /** All disks or none. */
  readonly atomic?: boolean;
  /** The guest runs on while its memory is saved. */
  readonly live?: boolean;
  /** libvirt keeps no record of it: for external snapshots that the caller manages. */
  readonly noMetadata?: boolean;
  /** The guest ends afterwards. */
  readonly halt?: boolean;
  /** Nothing is made: this description takes the place of that of the snapshot of this name. */
  readonly redefine?: boolean;
}

export interface SnapshotRevertOptions extends CallOptions {
  /** State afterwards; without a word, that of the snapshot. */
  readonly afterwards?: "running" | "paused";
  /** Also where libvirt cannot prove that the guest's hardware is the same. */
  readonly force?: boolean;
}

export interface SnapshotDeleteOptions extends CallOptions {
  /** `children-too`: it and its descendants; `children-only`: them. */
  readonly children?: "children-too" | "children-only";
  /** Removes libvirt's record and leaves the data. */
  readonly metadataOnly?: boolean;
}

export interface Snapshots {
  /** virDomainSnapshotCreateXML, since 0.8.0. `xml`: `<domainsnapshot>`. */
  create(domain: DomainRef, xml: string, options?: SnapshotCreateOptions): Promise<SnapshotRef>;
  /** virDomainListAllSnapshots, since 0.9.13; roots before their children. */
  list(domain: DomainRef, options?: CallOptions): Promise<readonly SnapshotRef[]>;
  /** virDomainSnapshotLookupByName, since 0.8.0. Undefined when there is none. */
  byName(domain: DomainRef, name: string, options?: CallOptions): Promise<SnapshotRef | undefined>;
  /** virDomainSnapshotCurrent, since 0.8.0. Undefined when there is none. */
  current(domain: DomainRef, options?: CallOptions): Promise<SnapshotRef | undefined>;
  /** virDomainSnapshotGetXMLDesc, since 0.8.0. */
  xml(snapshot: SnapshotRef, options?: CallOptions): Promise<string>;
  /** virDomainRevertToSnapshot, since 0.8.0. External snapshots since 9.9.0. */
  revert(snapshot: SnapshotRef, options?: SnapshotRevertOptions): Promise<void>;
  /** virDomainSnapshotDelete, since 0.8.0. External snapshots since 9.0.0. */
  delete(snapshot: SnapshotRef, options?: SnapshotDeleteOptions): Promise<void>;
}
