// The emulator that waits on the new host for a guest that moves while it runs: it is asked for, the guest goes on in it, or it is ended. Only
// its domain tells, after an executor was killed in the middle, whether the guest has come.
import { join } from "node:path";
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import { isLibvirtError, LibvirtConnectionError, type MigrationStepOptions } from "@cke/libvirt";
import type { VmTask } from "@cke/protocol";
import type { VirtualMachine } from "../guest/virtual-machine.ts";
import type { VmParts } from "../guest/vm-parts.ts";
import { readArrival, writeArrival } from "../host/move-notes.ts";
import { withConnection } from "../hypervisor/with-connection.ts";
import type { PortWork, VmPlace } from "../ports/vm-place.ts";
import { type Ask, cannotMoveCode, type MirroredDisk, toBytes, toText } from "./migration-messages.ts";
import { takenDefinition } from "./taken-definition.ts";

export interface WaitingEmulatorParts extends Pick<VmParts, "host" | "disks" | "networks"> {
  /** Never started. */
  readonly machine: VirtualMachine;
  readonly task: VmTask;
  readonly place: VmPlace;
  /** Directory below which all data of VMs is. */
  readonly data: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long an emulator of an attempt that was cut may take to go on, or to end. */
const settlesMs = 20_000;
const pollMs = 200;
/** How long the lock of a shared disk's claim is waited for. */
const claimsMs = 30_000;
const unaborted = new AbortController().signal;

export class WaitingEmulator {
  readonly #parts: WaitingEmulatorParts;
  /** One waits, with what it was asked with. */
  #prepared: MigrationStepOptions | undefined;

  constructor(parts: WaitingEmulatorParts) {
    this.#parts = parts;
  }

  /**
   * True when the guest is this host's. It ends what an attempt that was cut has left: libvirt stores the definition of a domain when its
   * guest goes on here.
   */
  async settle(): Promise<boolean> {
    const { host, place, machine, clock } = this.#parts;
    const note = await readArrival(host, place);
    if (note?.kind !== "expected") return note?.kind === "arrived";
    await this.cancel();
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

  /** Of a guest that is not here: true when it may have gone on here before this host was switched off without a warning. */
  async mayHaveRun(): Promise<boolean> {
    const { host, place } = this.#parts;
    const note = await readArrival(host, place);
    return note?.kind === "expected" && note.finishedIn !== undefined && note.finishedIn !== (await host.bootId());
  }

  /** What an earlier stay of the VM has left defined here would look like a guest that has come. Before any file: it takes its own along. */
  async clear(): Promise<void> {
    const { domain } = await this.#parts.machine.open();
    const { decision } = await domain.find(unaborted);
    if (decision.kind === "foreign") throw new CkeError(cannotMoveCode, `the new host: ${decision.words}`);
    if (decision.kind === "adopt")
      throw new CkeError(cannotMoveCode, "a guest of the virtual machine runs there already");
    if (decision.kind === "restart") await domain.remove();
  }

  /** `disks`: those that QEMU copies. Throws CkeError. */
  async prepare(
    ask: Pick<Extract<Ask, { ask: "prepare" }>, "xml" | "cookie" | "paused">,
    disks: readonly MirroredDisk[],
  ): Promise<{ readonly cookie: string }> {
    const { xml, paused } = ask;
    const cookie = toBytes(ask.cookie);
    const { host, place, machine, networks } = this.#parts;
    const definition = await takenDefinition({ xml, cookie }, this.#parts);
    const { hypervisor, domain } = await machine.open();
    const { decision } = await domain.find(unaborted);
    if (decision.kind !== "create") throw new CkeError(cannotMoveCode, "the new host has a domain of this VM already");
    const work = this.#portWork(machine.signal);
    await writeArrival(host, place, { kind: "expected" });
    await host.markStarted(place);
    const socket = (name: string) => `unix://${join(place.runDirectory, `${name}.sock`)}`;
    const targets = disks.map(({ target }) => target);
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
      await this.cancel();
      if (isLibvirtError(error)) throw new CkeError(cannotMoveCode, `the new host: ${error.message}`, { cause: error });
      throw error;
    }
  }

  /** The guest goes on here, or the reason why it does not. */
  async finish(
    cookie: Uint8Array,
  ): Promise<{ readonly arrived: boolean; readonly cookie: string; readonly reason: string }> {
    const prepared = this.#prepared;
    const { machine, host, place } = this.#parts;
    if (prepared === undefined)
      return { arrived: await this.settle(), cookie: "", reason: "nothing waits for it any more" };
    const { hypervisor, domain } = await machine.open();
    try {
      await takenDefinition({ cookie }, this.#parts);
    } catch (error) {
      await this.cancel();
      return { arrived: await this.settle(), cookie: "", reason: messageOf(error) };
    }
    try {
      const name = machine.domainName;
      await writeArrival(host, place, { kind: "expected", finishedIn: await host.bootId() });
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
      return { arrived: await this.settle(), cookie: "", reason };
    }
  }

  /** Ends an emulator that waits. Nothing to do is no error. */
  async cancel(): Promise<void> {
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

  #portWork(signal: AbortSignal): PortWork {
    const warn = (detail: string) => this.#parts.logger.warning("the place for the guest", { detail });
    return { signal, progress: () => {}, warn };
  }
}
