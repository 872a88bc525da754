// The old host's side of a guest that moves while it runs, in the executor that runs it. Until the other host is asked to let the guest go on,
// the guest is this host's, and goes on here whatever fails. From then on (a note on storage says so) the other host alone knows.
import { type Duplex, duplexPair } from "node:stream";
import { CkeError, type Clock, messageOf } from "@cke/foundation";
import { isLibvirtError } from "@cke/libvirt";
import { type UnitCallAnswerInit, VmCallResult, type VmCallResultInit } from "@cke/protocol";
import { snapshot } from "../calls/snapshots.ts";
import { readDeparture, writeDeparture } from "../host/move-notes.ts";
import { LeftDomain } from "../hypervisor/left-domain.ts";
import { untilAborted } from "../hypervisor/with-deadline.ts";
import type { Account } from "../limits/accounted-resources.ts";
import { memoryParameters } from "../limits/limits.ts";
import { withMemoryRoom } from "../limits/memory-room.ts";
import type { QemuImg } from "../qemu-img/qemu-img.ts";
import type { VmWithTask } from "../shutdown/vm-end.ts";
import { giveDisks } from "../transfer/disk-giver.ts";
import { followedWork } from "../transfer/followed-work.ts";
import { decideBegin, decideGiveUp, sharesDisks } from "./handed-over.ts";
import { liveProblem, writtenByAll } from "./live-problem.ts";
import { cannotMoveCode, doneSchema, lookedSchema, streams } from "./migration-messages.ts";
import { describeDisks, filesOf } from "./mirrored-disks.ts";
import { offeredPlace } from "./offered-place.ts";
import { Peer } from "./peer.ts";
import { sendGuest } from "./send-guest.ts";

export interface DepartureParts {
  readonly vm: VmWithTask;
  /** What Mesos accounts for it. */
  readonly account: Account;
  /** Directory below which all data of VMs is. */
  readonly data: string;
  readonly qemuImg: QemuImg;
  readonly clock: Clock;
}

/** What became of it: `moved`, or why the guest cannot move while it runs. */
export interface MoveOutcome {
  readonly moved: boolean;
  readonly words: string;
}

const gone: MoveOutcome = { moved: true, words: "the guest runs on its new host" };
/** After so many attempts that failed on the way, it is said that the guest cannot move while it runs. */
const mostAttempts = 3;
/** How long a daemon that is away is waited for to remove what a guest has left. */
const forgetsMs = 60_000;

export class Departure {
  readonly #parts: DepartureParts;
  #peer: Peer | undefined;
  #attempts = { plan: "", count: 0 };
  /** One at a time. */
  #going: { readonly work: Promise<MoveOutcome>; readonly stop: AbortController } | undefined;
  /** One after the other; nothing else begins meanwhile. `last` never rejects. */
  readonly #givingUp = { count: 0, last: Promise.resolve() };
  readonly #left: LeftDomain;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
    this.#left = new LeftDomain(() => parts.vm.machine.open());
  }

  /** The way to the executor of the new host; `call` uses it. */
  async tunnel(): Promise<Duplex> {
    await this.#stop();
    const [mine, theirs] = duplexPair();
    theirs.once("close", () => mine.destroy());
    const refuse = async () => {
      throw new CkeError("invalid_argument", "the new host asks nothing");
    };
    this.#peer = new Peer(mine, { answer: refuse, open: refuse });
    return theirs;
  }

  /**
   * `begin`: moves the guest, with words on the way. `give-up`: no move of this plan begins any more; it answers whether the guest has gone.
   * `take-back`: the same, and the new host is lost for good: a guest that was being handed to it goes on here, and one that has gone is
   * started from its disks.
   */
  async *call(action: string, plan: string, signal: AbortSignal): AsyncGenerator<UnitCallAnswerInit, void, undefined> {
    if (plan === "") throw new CkeError("invalid_argument", "migrate.plan: it is needed");
    if (action === "give-up" || action === "take-back") {
      yield result(await this.#giveUpNext(plan, action === "take-back", signal));
      return;
    }
    if (action !== "begin")
      throw new CkeError("invalid_argument", "migrate.action: allowed is begin, give-up, take-back");
    if (this.#givingUp.count > 0)
      throw new CkeError("vm_busy", "a move of the guest is being given up", { retryable: true });
    if (this.#going !== undefined)
      throw new CkeError("vm_busy", "the guest is being moved already", { retryable: true });
    let words = "getting ready to move the guest while it runs";
    const stop = new AbortController();
    const { vm, clock } = this.#parts;
    const all = AbortSignal.any([signal, stop.signal, vm.machine.signal]);
    const say = (now: string) => {
      words = now;
    };
    // The way stays: whoever made it closes it, when the answer has come.
    const work = this.#begin(plan, say, all).finally(() => {
      this.#going = undefined;
    });
    work.catch(() => {});
    all.addEventListener("abort", () => this.#peer?.close(), { once: true });
    this.#going = { work, stop };
    const told = followedWork(work, () => words, clock, signal);
    for await (const value of told) yield { answer: { kind: "progress", value } };
    yield result(await work);
  }

  /** Ends what goes on. */
  async letGo(): Promise<void> {
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const going = this.#going;
    going?.stop.abort(new CkeError("unavailable", "another attempt begins", { retryable: true }));
    this.#peer?.close();
    await going?.work.catch(() => {});
  }

  async #giveUpNext(plan: string, lost: boolean, signal: AbortSignal): Promise<MoveOutcome> {
    const givingUp = this.#givingUp;
    givingUp.count += 1;
    const all = AbortSignal.any([signal, this.#parts.vm.machine.signal]);
    const work = givingUp.last.then(async () => await this.#giveUp(plan, lost, all));
    const end = () => {
      givingUp.count -= 1;
    };
    givingUp.last = work.then(end, end);
    return await work;
  }

  async #giveUp(plan: string, lost: boolean, signal: AbortSignal): Promise<MoveOutcome> {
    await this.#stop();
    const { place, parts, machine } = this.#parts.vm;
    const note = await readDeparture(parts.host, place);
    const { definition, absence } = machine;
    const { kind } = decideGiveUp({ note, lost, departed: absence.hasDeparted, definition });
    if (kind === "gone") return gone;
    if (kind === "unknown")
      throw new CkeError("unavailable", "it is not known yet on which host the guest runs", { retryable: true });
    if (kind === "starts-anew") await this.#endLeft(signal);
    await writeDeparture(parts.host, place, { kind: "stays", plan });
    if (kind === "goes-on") await (await machine.open()).domain.goOn();
    if (lost) await absence.over();
    return { moved: false, words: "the guest stays" };
  }

  /** Before the guest is started from its disks: its memory here is of an earlier moment. */
  async #endLeft(signal: AbortSignal): Promise<void> {
    // First: the end of what is left here is not the end of the VM's guest.
    this.#parts.vm.machine.absence.departed();
    await this.#left.settled(signal);
    await this.#left.forget(signal);
  }

  async #begin(plan: string, say: (words: string) => void, signal: AbortSignal): Promise<MoveOutcome> {
    const { place, parts, machine } = this.#parts.vm;
    const { kind } = decideBegin(await readDeparture(parts.host, place), plan);
    // An executor that was killed, or its daemon, may have left something.
    if (kind === "gone") return await this.#forgotten(signal);
    const peer = this.#peer;
    if (peer === undefined) throw new CkeError("failed_precondition", "no way to the new host was opened yet");
    if (kind === "given-up") throw new CkeError("failed_precondition", "this move was given up");
    if (kind === "ask") {
      say("asking the new host whether it has the guest");
      const { arrived, mayHaveRun } = await peer.ask({ ask: "look" }, lookedSchema);
      if (arrived) {
        await this.#handedOver(plan);
        return await this.#forgotten(signal);
      }
      const anew = mayHaveRun && sharesDisks(machine.definition);
      if (anew) await this.#endLeft(signal);
      await writeDeparture(parts.host, place, undefined);
      if (!anew) await (await untilAborted(machine.open(), signal)).domain.goOn();
      await machine.absence.over();
      const words = anew
        ? "the guest may have run on its new host before that lost its power: it is started anew from its shared disks"
        : "the guest stayed here, and is taken over first";
      if (anew || machine.guest === undefined) throw new CkeError("unavailable", words, { retryable: true });
    }
    try {
      return await this.#move(plan, peer, say, signal);
    } catch (error) {
      // Somebody else's job on the domain: it is over at a later attempt.
      if (isLibvirtError(error, "operation-timeout")) return this.#failed(plan, error.message);
      if (isLibvirtError(error)) return { moved: false, words: `libvirt refuses: ${error.message}` };
      if (!(error instanceof CkeError)) throw error;
      if (error.code === cannotMoveCode) return { moved: false, words: error.message };
      throw error;
    }
  }

  /** Its new host has said so: from now on nothing of it goes on here, whoever is killed. */
  async #handedOver(plan: string): Promise<void> {
    const { place, parts, machine } = this.#parts.vm;
    machine.absence.departed();
    await writeDeparture(parts.host, place, { kind: "gone", plan });
  }

  /**
   * What is left of it here ends. When libvirt refuses, or its daemon does not answer, the end of this executor does it: the guest has moved
   * all the same.
   */
  async #forgotten(signal: AbortSignal): Promise<MoveOutcome> {
    const { parts, machine } = this.#parts.vm;
    const late = new AbortController();
    const why = new CkeError("unavailable", "the libvirt daemon is away");
    const cancel = this.#parts.clock.after(forgetsMs, () => late.abort(why), { background: true });
    const ends = AbortSignal.any([late.signal, signal]);
    try {
      // The launch waits for it, for as long as it takes.
      if (machine.hypervisor === undefined) throw why;
      await this.#left.forget(ends);
    } catch (error) {
      parts.tell(`what the guest has left here is not removed yet, and ends with this executor: ${messageOf(error)}`);
    } finally {
      cancel();
    }
    return gone;
  }

  async #move(plan: string, peer: Peer, say: (words: string) => void, signal: AbortSignal): Promise<MoveOutcome> {
    const { vm, data, qemuImg, clock, account } = this.#parts;
    const { machine, place, parts } = vm;
    const { guest } = await this.#look(signal);
    const { definition: running, targets } = guest.metadata;
    const disks = await describeDisks(running, targets, place, qemuImg, signal);
    const shared = writtenByAll(running.disks);
    const theirs = await offeredPlace(peer, { disks: parts.disks, shared, place, signal });
    say("copying what nobody writes to: images, and what it was booted from");
    const [mine, away] = duplexPair();
    peer.open(streams.files, away);
    const given = giveDisks(mine, place, signal, filesOf(disks, running, place));
    given.catch(() => {});
    try {
      await peer.ask({ ask: "files", disks }, doneSchema);
    } finally {
      mine.destroy();
    }
    const ours = { data, place: place.directory, run: place.runDirectory };
    const arrived = await machine.whileHeld(async () => {
      // The files take minutes, in which the guest may have been paused, or have got a snapshot.
      const { paused, hypervisor } = await this.#look(signal);
      const way = {
        ...{ vm, peer, disks, ours, theirs, clock },
        ...{ paused, say, signal },
        shared: shared.length > 0,
      };
      const limitKib = memoryParameters(running, account)?.hardLimitKib;
      const room = { limitKib, disks: disks.length };
      return await withMemoryRoom(hypervisor.sizing, guest.domain, room, () =>
        sendGuest(way, {
          leaving: () => writeDeparture(parts.host, place, { kind: "leaving", plan }),
          gone: () => this.#handedOver(plan),
          stays: () => writeDeparture(parts.host, place, undefined),
        }),
      );
    });
    if (arrived.arrived) return await this.#forgotten(signal);
    return this.#failed(plan, arrived.reason);
  }

  /** The guest as it is now. Throws CkeError when it cannot move while it runs. */
  async #look(signal: AbortSignal) {
    const { vm, clock } = this.#parts;
    const { guest, hypervisor, definition: wanted } = vm.machine;
    if (guest === undefined || hypervisor === undefined) throw new CkeError(cannotMoveCode, "it does not run");
    // What an earlier attempt has left standing still.
    await (await vm.machine.open()).domain.goOn();
    const sight = await hypervisor.domains.state(guest.domain, { signal });
    const call = { action: "list", name: "", memory: false, quiesce: false, description: "" };
    const { snapshots } = await snapshot(call, { vm, hypervisor, domain: guest.domain, clock, signal });
    const names = snapshots.map(({ name = "" }) => name);
    const problem = liveProblem({ running: guest.metadata.definition, wanted, sight, snapshots: names });
    if (problem !== undefined) throw new CkeError(cannotMoveCode, `it ${problem}`);
    return { guest, hypervisor, paused: sight.state === "paused" };
  }

  /** Another attempt is made, unless there were enough of them. A way that is cut says nothing of the guest, and is not counted. */
  #failed(plan: string, reason: string): MoveOutcome {
    const { plan: before, count } = this.#attempts;
    this.#attempts = { plan, count: before === plan ? count + 1 : 1 };
    if (this.#attempts.count >= mostAttempts)
      return { moved: false, words: `after ${mostAttempts} attempts: ${reason}` };
    throw new CkeError("unavailable", `the guest stays for now: ${reason}`, { retryable: true });
  }
}

const result = ({ moved, words }: MoveOutcome): UnitCallAnswerInit => {
  const value: VmCallResultInit = { moved, text: words };
  return { answer: { kind: "result", value: VmCallResult.encode(value) } };
};
