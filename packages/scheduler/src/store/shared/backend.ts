// What a storage for several schedulers must offer for one leadership; the fenced store is made of it.
import type { SchedulerAddress } from "../election.ts";

/** One change of one stored text. Keys begin with `data/` or `journal/`. */
export interface Change {
  readonly key: string;
  /** undefined: the key is deleted. */
  readonly text: string | undefined;
  /** Whether the key exists before the change (the leader knows: nobody else writes). */
  readonly exists: boolean;
}

export interface Step {
  /** Text of the head as it must be for the step to happen; undefined: there must be none. */
  readonly head: string | undefined;
  /** Text of the head afterwards. */
  readonly next: string;
  readonly changes: readonly Change[];
}

/** `fenced`: the leadership is gone. `moved`: the head was another one. With both, the head as it is now. */
export type StepOutcome =
  | { readonly kind: "applied" }
  | { readonly kind: "fenced"; readonly head: string | undefined }
  | { readonly kind: "moved"; readonly head: string | undefined };

export interface BackendLimits {
  readonly changes: number;
  readonly bytes: number;
}

/** Calls reject with StoreErrors; `store_unavailable` says nothing about whether a step was applied. */
export interface Backend {
  readonly limits: BackendLimits;
  head(): Promise<string | undefined>;
  /** Every key below `data/` and `journal/`. */
  keys(): Promise<readonly string[]>;
  read(key: string): Promise<string | undefined>;
  /** The texts of keys that exist, in the order given; a key that is gone is left out. */
  readAll(keys: readonly string[]): Promise<readonly { readonly key: string; readonly text: string }[]>;
  /** Applies a step atomically, guarded by the leadership's own key and by the head. */
  apply(step: Step): Promise<StepOutcome>;
}

/** A leadership that this process has taken in the storage. */
export interface Seat {
  readonly backend: Backend;
  /** Monotonic milliseconds until which nobody else can have it. */
  readonly validUntil: number;
  /** Renews it: the new `validUntil`, or "lost" when the storage says that it is gone. */
  renew(): Promise<number | "lost">;
  /** Gives it up, as far as the storage answers. */
  release(): Promise<void>;
}

/** The elections of one storage. Calls reject with StoreErrors, `store_unavailable` when it does not answer. */
export interface SeatKeeper {
  /** Who leads. */
  observe(): Promise<SchedulerAddress | undefined>;
  /** The head, for checking the format before any election. */
  head(): Promise<string | undefined>;
  /** Takes the leadership when it is free; undefined while another scheduler has it. */
  take(self: SchedulerAddress): Promise<Seat | undefined>;
  /** Takes back what `take` left behind for a campaign that ended without a seat. */
  withdraw(): Promise<void>;
  close(): Promise<void>;
}
