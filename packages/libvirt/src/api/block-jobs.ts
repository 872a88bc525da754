// Jobs that copy and merge the images of a running domain's disks.
import type { CallOptions } from "./call.ts";
import type { DomainRef } from "./domain.ts";

export type BlockJobType = "unknown" | "pull" | "copy" | "commit" | "active-commit" | "backup";

export interface BlockJobInfo {
  readonly type: BlockJobType;
  /** Bytes per second; 0 is no limit. */
  readonly bandwidth: number;
  /** Bytes done. With `current === end`, and `end` not 0, a copy or active commit is ready for `pivot`. */
  readonly current: number;
  readonly end: number;
}

export interface BlockCopyOptions extends CallOptions {
  /** Copies only the top image; the target has the same backing file. */
  readonly shallow?: boolean;
  /** The target exists with its size and format. */
  readonly reuseExternal?: boolean;
  /** Also for persistent domains, whose copy would not outlive a restart of the daemon (since 3.10.0). */
  readonly transient?: boolean;
  /** Each write of the guest waits for the copy, so that it converges (since 8.0.0). */
  readonly synchronousWrites?: boolean;
  /** Bytes per second. */
  readonly bandwidth?: number;
  /** Bytes; a power of two. */
  readonly granularity?: number;
}

export interface BlockCommitOptions extends CallOptions {
  /**
   * Path of the image that takes the data up. Name it: without a base the data go into the lowest image of the chain, which
   * several domains may share.
   */
  readonly base: string;
  /** Path of the highest image that is merged; the active one when missing. */
  readonly top?: string;
  /** The active image is merged: ends with `abort(…, { pivot: true })`. */
  readonly active?: boolean;
  /** Removes the merged files. */
  readonly deleteMerged?: boolean;
  /** Bytes per second. */
  readonly bandwidth?: number;
}

export interface BlockJobs {
  /** virDomainBlockCopy, since 1.2.8. `destinationXml`: a `<disk>` element. Ends with `abort(…, { pivot })`. */
  copy(domain: DomainRef, disk: string, destinationXml: string, options?: BlockCopyOptions): Promise<void>;
  /** virDomainBlockCommit, since 0.10.2. */
  commit(domain: DomainRef, disk: string, options: BlockCommitOptions): Promise<void>;
  /** virDomainBlockPull, since 0.9.4: fills the active image from its backing files. Bytes per second. */
  pull(domain: DomainRef, disk: string, options?: CallOptions & { readonly bandwidth?: number }): Promise<void>;
  /**
   * virDomainBlockJobAbort, since 0.9.4. `pivot`: the guest goes on on the copy. `async`: does not wait; the event `block-job` tells.
   */
  abort(
    domain: DomainRef,
    disk: string,
    options?: CallOptions & { readonly pivot?: boolean; readonly async?: boolean },
  ): Promise<void>;
  /** virDomainGetBlockJobInfo, since 0.9.4. Undefined when there is no job. */
  info(domain: DomainRef, disk: string, options?: CallOptions): Promise<BlockJobInfo | undefined>;
}
