// The faults of a simulated network: what happens to each call and event between a scheduler and the master. The caller of
// the simulation decides; nothing here is random.
import type { KnownSchedulerEvent } from "@cke/mesos";
import type { FrameworkCall } from "../master/scheduler-api/scheduler-endpoint.ts";

/** `lost`: it never arrives. `answer_lost`: it takes effect, but its answer does not arrive. Delays are one way, in ms. */
export type CallFate =
  | { readonly kind: "delivered"; readonly delayMs: number }
  | { readonly kind: "lost"; readonly timeoutMs: number }
  | { readonly kind: "answer_lost"; readonly delayMs: number; readonly timeoutMs: number };

/** `copies` more come after the event itself; with `lateMs` it is overtaken by what follows. */
export interface EventFate {
  readonly copies: number;
  /** Its record is cut after this part of its bytes, from 0 to 1: what follows is read as the rest of it, or the stream ends. */
  readonly tornAt?: number;
  /** Of a torn record. */
  readonly ends?: boolean;
  readonly lateMs: number;
}

export interface FaultModel {
  call(call: FrameworkCall): CallFate;
  event(event: KnownSchedulerEvent): EventFate;
  /** One-way delay of the event stream in ms. */
  streamDelayMs(): number;
}
