// The port through which the REST API acts on VMs that run. Every method throws CkeErrors whose status is the HTTP status.
import type { Duplex } from "node:stream";
import type { FileStream } from "../../channel/channel.ts";

/** The part of a file that is asked for. */
export interface FilePart {
  readonly offset: number;
  readonly fromEnd?: boolean;
  /** Default: to the end. */
  readonly length?: number;
  readonly follow?: boolean;
}

/** What the buttons of a machine do. */
export const powerActions = ["shutdown", "reboot", "reset"] as const;
export type PowerAction = (typeof powerActions)[number];

export const guestQuestions = ["info", "interfaces", "filesystems", "time", "users"] as const;
export type GuestQuestion = (typeof guestQuestions)[number];

export interface SnapshotAsk {
  readonly name: string;
  /** With the memory of the guest, so that a revert goes on where it was. */
  readonly memory: boolean;
  /** The guest agent makes its file systems write all that they have. */
  readonly quiesce: boolean;
  readonly description: string;
}

export interface SnapshotView {
  readonly name: string;
  readonly parent: string;
  /** ISO 8601. */
  readonly create_time: string;
  readonly memory: boolean;
  readonly current: boolean;
  readonly state: string;
  readonly description: string;
  /** MiB. */
  readonly size: number;
}

export interface Picture {
  /** image/png or image/x-portable-pixmap. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface VmFileView {
  readonly path: string;
  readonly size: number;
  /** ISO 8601; "" when it is not known. */
  readonly modified: string;
}

/** What a PATCH or a PUT has done. */
export interface ChangedVm {
  readonly message: string;
  /** Fields that were changed. */
  readonly changed: readonly string[];
  /** Those of them that the guest gets with its next start. */
  readonly at_next_start: readonly string[];
  readonly warnings: readonly string[];
}

/** Whether a move has ended, and the last words about it. */
export interface MoveResult {
  readonly done: boolean;
  readonly words: string;
}

/** Moves VMs to other hosts. */
export interface VmMigration {
  /** Stores the plan. `wish`: host and attributes of the agent; it may be absent. Returns what happens now. */
  begin(name: string, wish: unknown, by: string): Promise<string>;
  /** Gives a move up that has not changed the host yet. Returns what happens now. */
  abandon(name: string, by: string): Promise<string>;
  /** Waits for the end of the move, at most so long, in ms. */
  settled(name: string, waitMs: number, signal: AbortSignal): Promise<MoveResult>;
}

export interface VmControl {
  readonly migration: VmMigration;
  /** Returns what was done, in words. */
  power(name: string, action: PowerAction, by: string, signal: AbortSignal): Promise<string>;
  /** The guest stands still, or goes on. It is stored: it stays so over a restart of anything. */
  pause(name: string, paused: boolean, by: string): Promise<string>;
  /** `whole`: the body is all of the VM. It waits some seconds for the executor to say what the guest follows at once. */
  change(name: string, body: unknown, whole: boolean, by: string, signal: AbortSignal): Promise<ChangedVm>;
  snapshots(name: string, signal: AbortSignal): Promise<readonly SnapshotView[]>;
  snapshot(name: string, ask: SnapshotAsk, signal: AbortSignal): Promise<string>;
  revert(name: string, snapshot: string, signal: AbortSignal): Promise<string>;
  removeSnapshot(name: string, snapshot: string, signal: AbortSignal): Promise<string>;
  /** What the guest agent says. */
  guest(name: string, question: GuestQuestion, signal: AbortSignal): Promise<unknown>;
  screenshot(name: string, signal: AbortSignal): Promise<Picture>;
  /** Of its logs and its seed, which has no secrets there. */
  files(name: string, signal: AbortSignal): Promise<readonly VmFileView[]>;
  file(name: string, path: string, part: FilePart, signal: AbortSignal): Promise<FileStream>;
  /** Bytes to and from its screen (RFB) or its serial line. */
  console(name: string, console: "vnc" | "serial", signal: AbortSignal): Promise<Duplex>;
}
