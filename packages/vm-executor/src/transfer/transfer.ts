// An executor that gives the disks of a VM to another host, or takes them from there. It never starts a guest. As a source it makes sure
// first that the guest has ended here, also when the executor of the VM died and left it running.
import { type Duplex, duplexPair } from "node:stream";
import { CkeError, messageOf } from "@cke/foundation";
import { type UnitCallAnswerInit, VmCall, VmCallResult, type VmCallResultInit } from "@cke/protocol";
import { forgetMoves } from "../host/move-notes.ts";
import type { HeldLock } from "../host/vm-host.ts";
import { removeRemains, stopGuest } from "../shutdown/vm-removal.ts";
import { giveDisks } from "./disk-giver.ts";
import { takeDisks } from "./disk-taker.ts";
import { followedWork } from "./followed-work.ts";
import type { TransferParts } from "./transfer-parts.ts";
import { checkRoom, takenBytes } from "./transfer-room.ts";

/** Name of the tunnel to the disks. */
export const disksSocket = "disks";

/** How long a guest that still runs gets to shut down. */
const graceMs = 60_000;
/** A guest's process may need so long to go after libvirt has said that the guest has ended. */
const leavesMs = 30_000;

export class Transfer {
  readonly #parts: TransferParts;
  readonly #end = new AbortController();
  /** Of a destination; a source's is that of its VM. */
  #lock: HeldLock | undefined;
  #taking: Promise<void> | undefined;
  #words = "waiting for the other host";
  readonly #running = new Set<Promise<void>>();

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  get parts(): TransferParts {
    return this.#parts;
  }

  /** True when no other executor on this host touches the VM. */
  get holdsLock(): boolean {
    return this.#lock !== undefined || this.#parts.machine.holdsLock;
  }

  /** It is ready to be asked. */
  begin(): void {
    const { part, reporter } = this.#parts;
    reporter.running(true, part === "source" ? "ready to give the disks away" : "ready to take the disks");
  }

  /** The way to the disks: of a source once no guest of the VM runs here. Throws CkeError. */
  async tunnel(signal: AbortSignal): Promise<Duplex> {
    const { part, place } = this.#parts;
    this.#end.signal.throwIfAborted();
    const both = AbortSignal.any([signal, this.#end.signal]);
    if (this.#running.size > 0)
      throw new CkeError("vm_busy", "the disks are given or taken already: the way before is ending", {
        retryable: true,
      });
    await (part === "source" ? this.#own() : this.#prepare());
    const [mine, theirs] = duplexPair();
    const work = part === "source" ? giveDisks(mine, place, both) : this.#take(mine);
    const abort = () => mine.destroy();
    // A way that is cut is seen at once, also by a side that waits to write.
    theirs.once("close", abort);
    both.addEventListener("abort", abort, { once: true });
    const running = work
      .catch((error: unknown) => this.#parts.logger.warning("the disks did not move", { detail: messageOf(error) }))
      .finally(() => {
        both.removeEventListener("abort", abort);
        this.#running.delete(running);
      });
    this.#running.add(running);
    if (part === "destination") this.#taking = work;
    work.catch(() => {});
    return theirs;
  }

  /** Answers a RoomCall, and a TransferCall: words on the way, and a result when all disks are here. */
  async *call(request: Uint8Array, signal: AbortSignal): AsyncGenerator<UnitCallAnswerInit, void, undefined> {
    const { part } = this.#parts;
    const call = readCall(request);
    if (call?.kind === "room") yield answer(await this.#room(call.value.bytes));
    else if (call?.kind === "transfer" && part === "destination") yield* this.#follow(signal);
    else throw new CkeError("failed_precondition", "this executor moves disks, and no guest runs in it");
  }

  /** `needed`: bytes that the source has told of. */
  async #room(needed: number): Promise<VmCallResultInit> {
    const { part, place } = this.#parts;
    if (part === "source") return { bytes: await takenBytes(place) };
    await checkRoom(place, needed);
    return { text: "there is room for the disks" };
  }

  async *#follow(signal: AbortSignal): AsyncGenerator<UnitCallAnswerInit, void, undefined> {
    const taking = this.#taking;
    if (taking === undefined) throw new CkeError("failed_precondition", "no way to the other host was opened yet");
    for await (const value of followedWork(taking, () => this.#words, this.#parts.clock, signal))
      yield { answer: { kind: "progress", value } };
    yield answer({ text: "all disks are here" });
  }

  /** Ends what goes on. The files stay as they are. */
  async letGo(): Promise<void> {
    this.#end.abort(new CkeError("let_go", "the move is let go"));
    await Promise.all(this.#running);
    await this.#parts.incoming?.letGo();
    await this.#parts.machine.letGo();
  }

  /** Another executor may have the VM. */
  async release(): Promise<void> {
    const lock = this.#lock;
    this.#lock = undefined;
    await lock?.release();
    await this.#parts.machine.release();
  }

  /** After `letGo`, when this process ends. */
  async abandon(): Promise<void> {
    this.#lock?.abandon();
    await this.#parts.machine.abandon();
  }

  /** No guest runs here, and no other executor starts one. */
  async #own(): Promise<void> {
    const { machine, place, removal } = this.#parts;
    const reached = await stopGuest(machine, place, { ...removal, graceMs });
    if (reached.kind === "foreign") throw new CkeError("domain_foreign", reached.words);
    if (!machine.holdsLock)
      throw new CkeError(
        "failed_precondition",
        "this host has no disks of the virtual machine: no guest of it was started here",
      );
    const snapshots = reached.kind === "ours" ? await reached.domain.memorySnapshots() : [];
    if (snapshots.length > 0)
      throw new CkeError(
        "failed_precondition",
        `there are snapshots with memory, which would stay behind: ${snapshots.join(", ")}; give the move up, start the VM, and delete them first`,
      );
    await this.#guestHasLeft();
    // A revert that was cut off must come to its end where it was begun.
    await removal.host.finishRevert(place);
    await removeRemains(place, removal);
  }

  async #guestHasLeft(): Promise<void> {
    const { place, removal } = this.#parts;
    const { clock, host } = removal;
    const latest = clock.monotonic() + leavesMs;
    while ((await host.guestProcess(place.uuid)) !== undefined) {
      if (clock.monotonic() >= latest)
        throw new CkeError("vm_busy", "a guest of the virtual machine still runs here", { retryable: true });
      await clock.sleep(100, this.#end.signal);
    }
  }

  async #prepare(): Promise<void> {
    const { machine, place, removal, identity, executorId } = this.#parts;
    const { host } = removal;
    if (await this.#parts.incoming?.arrived())
      throw new CkeError("failed_precondition", "the guest has come while it ran: it is here, and no disks are taken");
    const expected = (await this.#parts.incoming?.wasExpected()) === true;
    if (this.holdsLock && !expected) return;
    await host.makeDirectories(place, identity);
    // What an earlier stay of the VM has left here goes with the copy, but not a guest that runs.
    if (await host.wasStarted(place)) await stopGuest(machine, place, { ...removal, graceMs });
    if (!machine.holdsLock) this.#lock = await host.lock(place, executorId, () => {}, this.#end.signal);
  }

  async #whole(): Promise<void> {
    const { place, removal } = this.#parts;
    await forgetMoves(removal.host, place);
    await removal.host.markStarted(place);
  }

  async #take(stream: Duplex): Promise<void> {
    const { place, reporter } = this.#parts;
    const progress = (words: string) => {
      this.#words = words;
    };
    await takeDisks(stream, { place, progress, onWhole: () => this.#whole() });
    reporter.running(true, "all disks are here");
  }
}

const answer = (result: VmCallResultInit): UnitCallAnswerInit => ({
  answer: { kind: "result", value: VmCallResult.encode(result) },
});

function readCall(request: Uint8Array): VmCall["call"] {
  try {
    return VmCall.decode(request).call;
  } catch (cause) {
    throw new CkeError("invalid_argument", "the call is not readable", { cause });
  }
}
