// The new host's side of a guest that moves while it runs. An emulator waits for the guest; the guest goes on here when the old host asks for
// it, and from then on it is this host's, whatever becomes of the executors.
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import { isLibvirtError, LibvirtConnectionError, type MigrationStepOptions } from "@cke/libvirt";
import { type UnitCallAnswerInit, VmCallResult, type VmTask } from "@cke/protocol";
import type { VirtualMachine } from "../guest/virtual-machine.ts";
import type { VmParts } from "../guest/vm-parts.ts";
import { forgetMoves, readArrival, writeArrival } from "../host/move-notes.ts";
import { withConnection } from "../hypervisor/with-connection.ts";
import type { PortWork, VmPlace } from "../ports/vm-place.ts";
import type { QemuImg } from "../qemu-img/qemu-img.ts";
import { takeDisks } from "../transfer/disk-taker.ts";
import type { IncomingGuest } from "../transfer/transfer-parts.ts";
import { connectTo } from "./local-sockets.ts";
import {
  type Ask,
  askSchema,
  cannotMoveCode,
  type MirroredDisk,
  streams,
  toBytes,
  toText,
} from "./migration-messages.ts";
import { makeDisks } from "./mirrored-disks.ts";
import { Peer } from "./peer.ts";
import { takenDefinition } from "./taken-definition.ts";

export interface ArrivalParts extends Pick<VmParts, "host" | "disks" | "networks"> {
  /** Never started. */
  readonly machine: VirtualMachine;
  readonly task: VmTask;
  readonly place: VmPlace;
  /** Directory below which all data of VMs is. */
  readonly data: string;
  readonly qemuImg: QemuImg;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long an emulator of an attempt that was cut may take to go on, or to end. */
const settlesMs = 20_000;
const pollMs = 200;
/** How long the lock of a shared disk's claim is waited for. */
const claimsMs = 30_000;
const unaborted = new AbortController().signal;

export class Arrival implements IncomingGuest {
  readonly #parts: ArrivalParts;
  #peer: Peer | undefined;
  /** Of the stream `files`, until it is taken. */
  #incoming = Promise.withResolvers<Duplex>();
  #disks: readonly MirroredDisk[] = [];
  /** An emulator waits, with what it was asked with. */
  #prepared: MigrationStepOptions | undefined;
  /** Answers come one after the other. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(parts: ArrivalParts) {
    this.#parts = parts;
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
    void peer.ended.then(() => this.#next(() => this.#cancel()).catch(() => {}));
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

  async letGo(): Promise<void> {
    const peer = this.#peer;
    this.#peer = undefined;
    peer?.close();
    await peer?.ended;
    await this.#next(() => this.#cancel()).catch((error: unknown) => {
      this.#parts.logger.warning("what was prepared for the guest is not ended yet", { detail: messageOf(error) });
    });
  }

  async arrived(): Promise<boolean> {
    return await this.#next(() => this.#settle());
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }

  async #answer(ask: Ask): Promise<unknown> {
    switch (ask.ask) {
      case "look":
        return { arrived: await this.#settle() };
      case "offer":
        return await this.#offer();
      case "files":
        return await this.#takeFiles(ask.disks);
      case "prepare":
        return await this.#prepare(ask.xml, toBytes(ask.cookie), ask.paused);
      case "finish":
        return await this.#finish(toBytes(ask.cookie));
      case "cancel":
        await this.#cancel();
        return {};
    }
  }

  /** Only the domain tells, when an executor was killed in the middle: libvirt stores its definition when the guest goes on here. */
  async #settle(): Promise<boolean> {
    const { host, place, machine, clock } = this.#parts;
    const note = await readArrival(host, place);
    if (note?.kind !== "expected") return note?.kind === "arrived";
    await this.#cancel();
    const { domain, hypervisor } = await machine.open();
    const latest = clock.monotonic() + settlesMs;
    const came = async () => {
      for (;;) {
        // What is not this VM's has not come with a move, and is left as it is.
        const { domain: present } = await domain.find(unaborted);
        if (present === undefined) return false;
        const kept = await domain.isPersistent(present).catch((error: unknown) => {
          if (isLibvirtError(error, "no-domain")) return false;
          throw error;
        });
        if (kept) return true;
        // An emulator that waits for nobody any more.
        if (clock.monotonic() > latest) await domain.end();
        else await clock.sleep(pollMs);
      }
    };
    const arrived = await withConnection(hypervisor, came);
    if (arrived) await this.#arrived();
    return arrived;
  }

  async #arrived(): Promise<void> {
    const { host, place, disks, task, logger } = this.#parts;
    this.#prepared = undefined;
    // Not before: a guest that stays on its old host keeps its claims there.
    const claims = disks.claim(task.definition?.disks ?? [], place, AbortSignal.timeout(claimsMs));
    await claims.catch((error: unknown) => {
      // It runs here all the same.
      logger.warning("the shared disks of the guest are not claimed for this host", { detail: messageOf(error) });
    });
    await writeArrival(host, place, { kind: "arrived" });
  }

  async #offer(): Promise<unknown> {
    const { host, place, machine, data, task } = this.#parts;
    if (await this.#settle()) throw new CkeError("failed_precondition", "the guest has come already");
    const { abilities } = await machine.open();
    await this.#clear();
    for (const { name, path } of task.definition?.disks ?? [])
      if (path !== "")
        await access(path).catch(() => {
          throw new CkeError(cannotMoveCode, `disk ${name} is not on the new host: ${path}`);
        });
    await forgetMoves(host, place);
    await host.makeRunDirectory(place, abilities.qemuOwner);
    return { data, place: place.directory, run: place.runDirectory };
  }

  /** What an earlier stay of the VM has left defined here would look like a guest that has come. Before any file: it takes its own along. */
  async #clear(): Promise<void> {
    const { domain } = await this.#parts.machine.open();
    const { decision } = await domain.find(unaborted);
    if (decision.kind === "foreign") throw new CkeError(cannotMoveCode, `the new host: ${decision.words}`);
    if (decision.kind === "adopt")
      throw new CkeError(cannotMoveCode, "a guest of the virtual machine runs there already");
    if (decision.kind === "restart") await domain.remove();
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

  async #prepare(xml: string, cookie: Uint8Array, paused: boolean): Promise<unknown> {
    const { host, place, machine, networks } = this.#parts;
    const definition = await takenDefinition({ xml, cookie }, this.#parts);
    const { hypervisor, domain } = await machine.open();
    const { decision } = await domain.find(unaborted);
    if (decision.kind !== "create") throw new CkeError(cannotMoveCode, "the new host has a domain of this VM already");
    const work = this.#portWork(machine.signal);
    await writeArrival(host, place, { kind: "expected" });
    await host.markStarted(place);
    const socket = (name: string) => `unix://${join(place.runDirectory, `${name}.sock`)}`;
    const targets = this.#disks.map(({ target }) => target);
    const copied = targets.length === 0 ? {} : { copyDisks: targets, incremental: true, disksUri: socket("disks") };
    const options = { ...copied, uri: socket("memory"), persistDestination: true, undefineSource: true, paused };
    this.#prepared = options;
    try {
      await networks.prepare(definition.nics, place, work);
      const prepared = await hypervisor.migrationSteps.prepare({ cookie, xml }, options);
      // Now, and not when the guest goes on: it is reached at once then.
      await networks.attached(definition.nics, place, work);
      return { cookie: toText(prepared.cookie) };
    } catch (error) {
      await this.#cancel();
      if (isLibvirtError(error)) throw new CkeError(cannotMoveCode, `the new host: ${error.message}`, { cause: error });
      throw error;
    }
  }

  async #finish(cookie: Uint8Array): Promise<unknown> {
    const prepared = this.#prepared;
    const { machine } = this.#parts;
    if (prepared === undefined)
      return { arrived: await this.#settle(), cookie: "", reason: "nothing waits for it any more" };
    const { hypervisor, domain } = await machine.open();
    try {
      await takenDefinition({ cookie }, this.#parts);
    } catch (error) {
      await this.#cancel();
      return { arrived: await this.#settle(), cookie: "", reason: messageOf(error) };
    }
    try {
      const name = machine.domainName;
      const finished = await hypervisor.migrationSteps.finish({ name }, cookie, prepared);
      await this.#arrived();
      return { arrived: true, cookie: toText(finished.cookie), reason: "" };
    } catch (error) {
      const reason = messageOf(error);
      this.#prepared = undefined;
      // Over a broken connection it is not known what came of it.
      if (!(error instanceof LibvirtConnectionError)) {
        const left = await domain.present();
        if (left !== undefined && left.id === undefined) await domain.remove();
      }
      return { arrived: await this.#settle(), cookie: "", reason };
    }
  }

  /** Ends an emulator that waits. Nothing to do is no error. */
  async #cancel(): Promise<void> {
    const { machine, networks, place } = this.#parts;
    const prepared = this.#prepared;
    if (prepared === undefined) return;
    const { hypervisor, domain } = await machine.open();
    const cancelled = { ...prepared, cancelled: true };
    await hypervisor.migrationSteps.finish({ name: machine.domainName }, new Uint8Array(), cancelled).catch(() => {});
    await withConnection(hypervisor, async () => {
      // Somebody else's guest of this uuid is left alone.
      const { domain: ours } = await domain.find(unaborted);
      if (ours !== undefined) await domain.end();
    });
    this.#prepared = undefined;
    await networks.release(place);
  }

  async #open(name: string): Promise<Duplex> {
    if (name === streams.memory || name === streams.disks)
      return await connectTo(join(this.#parts.place.runDirectory, `${name}.sock`));
    if (name !== streams.files) throw new CkeError("invalid_argument", "there is no such stream");
    const [mine, theirs] = duplexPair();
    this.#incoming.resolve(theirs);
    return mine;
  }

  #portWork(signal: AbortSignal): PortWork {
    const warn = (detail: string) => this.#parts.logger.warning("the place for the guest", { detail });
    return { signal, progress: () => {}, warn };
  }
}
