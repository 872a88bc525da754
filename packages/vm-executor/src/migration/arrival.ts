// The new host's side of a guest that moves while it runs. An emulator waits for the guest; the guest goes on here when the old host asks for
// it, and from then on it is this host's, whatever becomes of the executors.
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { CkeError, messageOf } from "@cke/foundation";
import { type UnitCallAnswerInit, VmCallResult } from "@cke/protocol";
import { forgetMoves, readArrival } from "../host/move-notes.ts";
import type { QemuImg } from "../qemu-img/qemu-img.ts";
import { takeDisks } from "../transfer/disk-taker.ts";
import type { IncomingGuest } from "../transfer/transfer-parts.ts";
import { writtenByAll } from "./live-problem.ts";
import { connectTo } from "./local-sockets.ts";
import { type Ask, askSchema, cannotMoveCode, type MirroredDisk, streams, toBytes } from "./migration-messages.ts";
import { makeDisks } from "./mirrored-disks.ts";
import { Peer } from "./peer.ts";
import { WaitingEmulator, type WaitingEmulatorParts } from "./waiting-emulator.ts";

export interface ArrivalParts extends WaitingEmulatorParts {
  readonly qemuImg: QemuImg;
}

export class Arrival implements IncomingGuest {
  readonly #parts: ArrivalParts;
  readonly #emulator: WaitingEmulator;
  #peer: Peer | undefined;
  /** Of the stream `files`, until it is taken. */
  #incoming = Promise.withResolvers<Duplex>();
  #disks: readonly MirroredDisk[] = [];
  /** Answers come one after the other. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(parts: ArrivalParts) {
    this.#parts = parts;
    this.#emulator = new WaitingEmulator(parts);
  }

  /** The way to the executor of the old host. One at a time: the one before ends. */
  async tunnel(): Promise<Duplex> {
    await this.letGo();
    const [mine, theirs] = duplexPair();
    // A way that is cut is seen at once.
    theirs.once("close", () => mine.destroy());
    this.#incoming = Promise.withResolvers<Duplex>();
    const peer = new Peer(mine, {
      answer: (request) => this.#next(() => this.#answer(askSchema.parse(request))),
      open: (name) => this.#open(name),
    });
    this.#peer = peer;
    void peer.ended.then(() => this.#next(() => this.#emulator.cancel()).catch(() => {}));
    return theirs;
  }

  /** Answers a MigrateCall. */
  async *call(
    action: string,
    _plan: string,
    _signal: AbortSignal,
  ): AsyncGenerator<UnitCallAnswerInit, void, undefined> {
    if (action !== "look") throw new CkeError("invalid_argument", "migrate.action: of a destination look is allowed");
    const moved = await this.arrived();
    const text = moved ? "the guest runs here" : "the guest is not here";
    yield { answer: { kind: "result", value: VmCallResult.encode({ moved, text }) } };
  }

  async wasExpected(): Promise<boolean> {
    const { host, place } = this.#parts;
    return (await readArrival(host, place))?.kind === "expected";
  }

  async hasCome(): Promise<boolean> {
    const { host, place } = this.#parts;
    return (await readArrival(host, place))?.kind === "arrived";
  }

  async mayBeHere(): Promise<boolean> {
    const { host, place } = this.#parts;
    return (await readArrival(host, place)) !== undefined;
  }

  async letGo(): Promise<void> {
    const peer = this.#peer;
    this.#peer = undefined;
    peer?.close();
    await peer?.ended;
    await this.#next(() => this.#emulator.cancel()).catch((error: unknown) => {
      this.#parts.logger.warning("what was prepared for the guest is not ended yet", { detail: messageOf(error) });
    });
  }

  async arrived(): Promise<boolean> {
    return await this.#next(() => this.#emulator.settle());
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }

  async #answer(ask: Ask): Promise<unknown> {
    switch (ask.ask) {
      case "look":
        return { arrived: await this.#emulator.settle(), mayHaveRun: await this.#emulator.mayHaveRun() };
      case "offer":
        return await this.#offer();
      case "files":
        return await this.#takeFiles(ask.disks);
      case "prepare":
        return await this.#emulator.prepare(ask, this.#disks);
      case "finish":
        return await this.#emulator.finish(toBytes(ask.cookie));
      case "cancel":
        await this.#emulator.cancel();
        return {};
    }
  }

  async #offer(): Promise<unknown> {
    const { host, place, machine, data, task, disks } = this.#parts;
    if (await this.#emulator.settle()) throw new CkeError("failed_precondition", "the guest has come already");
    const { abilities } = await machine.open();
    await this.#emulator.clear();
    for (const { name, path } of task.definition?.disks ?? [])
      if (path !== "")
        await access(path).catch(() => {
          throw new CkeError(cannotMoveCode, `disk ${name} is not on the new host: ${path}`);
        });
    const shared = writtenByAll(task.definition?.disks ?? []);
    const others = await disks.unclaimed(shared, place);
    if (others.length > 0)
      throw new CkeError(
        cannotMoveCode,
        `the new host has other files at the paths of its shared disks (${others.join(", ")}): no claim of this virtual machine is beside them; mount the same storage there`,
      );
    await forgetMoves(host, place);
    await host.makeRunDirectory(place, abilities.qemuOwner);
    const proofs = await disks.proofs(shared, place);
    return { data, place: place.directory, run: place.runDirectory, proofs };
  }

  async #takeFiles(disks: readonly MirroredDisk[]): Promise<unknown> {
    const { place, task, qemuImg } = this.#parts;
    const { signal } = this.#parts.machine;
    const { promise } = this.#incoming;
    const stream = await (this.#peer?.orCut(promise) ?? promise);
    await takeDisks(stream, { place, progress: () => {}, onWhole: async () => {} });
    if (task.definition !== undefined) await makeDisks(disks, task.definition, place, qemuImg, signal);
    this.#disks = disks;
    return {};
  }

  async #open(name: string): Promise<Duplex> {
    if (name === streams.memory || name === streams.disks)
      return await connectTo(join(this.#parts.place.runDirectory, `${name}.sock`));
    if (name !== streams.files) throw new CkeError("invalid_argument", "there is no such stream");
    const [mine, theirs] = duplexPair();
    this.#incoming.resolve(theirs);
    return mine;
  }
}
