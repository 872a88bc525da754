// Starts a VM's guest: prepares what it needs, defines its domain, and sets what can be set only while it runs. What a failed first start
// has made is removed again.
import { messageOf } from "@cke/foundation";
import { isLibvirtError } from "@cke/libvirt";
import type { VmDefinition } from "@cke/protocol";
import type { WantedState } from "../changes/state-follower.ts";
import type { RunningGuest } from "../domain/running-guest.ts";
import { hasLeft } from "../host/move-notes.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { withConnection } from "../hypervisor/with-connection.ts";
import { agentSeconds } from "../hypervisor/with-deadline.ts";
import { type Account, withHeldMemory } from "../limits/accounted-resources.ts";
import { writeLimits } from "../limits/limits-writer.ts";
import type { PortWork } from "../ports/vm-place.ts";
import { measureGuest } from "./guest-facts.ts";
import type { MachineRecord } from "./machine-record.ts";
import { prepareGuest } from "./preparation.ts";
import { startFailure } from "./start-failure.ts";
import { VmFailure } from "./vm-failure.ts";
import type { VmIdentityParts, VmListener, VmParts } from "./vm-parts.ts";

/** How long a start or an adoption waits for what the guest's agent tells. */
const firstMeasureMs = 3_000;

export class GuestStart {
  readonly #identity: VmIdentityParts;
  readonly #parts: VmParts;
  readonly #record: MachineRecord;
  readonly #listener: Pick<VmListener, "progress">;
  #measuring: Promise<void> | undefined;

  constructor(
    identity: VmIdentityParts,
    parts: VmParts,
    record: MachineRecord,
    listener: Pick<VmListener, "progress">,
  ) {
    this.#identity = identity;
    this.#parts = parts;
    this.#record = record;
    this.#listener = listener;
  }

  /** `known`: an earlier launch has made data, which a failed start leaves alone. Throws VmFailure. */
  async start({ definition, paused }: WantedState, known: boolean, signal: AbortSignal): Promise<void> {
    const record = this.#record;
    const { opened, previous } = record;
    if (opened === undefined) throw new Error("the guest is started before its host is known");
    if (record.lock?.held === false)
      throw new VmFailure(
        "lock_lost",
        "the lock of the VM's directory was lost, because its holder (flock) was killed, and cannot be had again: no guest is started without it",
      );
    if (await hasLeft(this.#parts.host, this.#identity.place))
      throw new VmFailure(
        "guest_away",
        "the guest was handed to another host, or may have been: it is not started here",
      );
    record.over();
    record.change({ warnings: [] });
    let defined = false;
    try {
      const reverted = await this.#parts.host.finishRevert(this.#identity.place);
      if (reverted !== "") this.#parts.tell("warning", reverted);
      const options = { abilities: opened.abilities, previous, begun: known, work: this.work(signal) };
      const { xml, metadata } = await prepareGuest(this.#identity, definition, this.#parts, options);
      this.#listener.progress("define", "");
      await this.#parts.host.markStarted(this.#identity.place);
      const onDefined = () => {
        defined = true;
        this.#listener.progress("start", "");
      };
      const domain = await opened.domain.start(xml, { paused, onDefined, signal });
      record.began({ domain, metadata });
      await this.#began(opened.abilities.acceleration.type, this.#identity.account, signal);
      await this.#follow(definition, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      await this.#undo(known, defined).catch((left: unknown) => {
        this.#parts.logger.warning("a failed start has left something behind", { detail: messageOf(left) });
      });
      throw startFailure(error);
    }
  }

  /** A guest that runs already is not ended because its limits or networks cannot be completed: the problem is told. */
  async adopted({ metadata }: RunningGuest, signal: AbortSignal): Promise<void> {
    const attempt = async (what: string, work: () => Promise<void>) => {
      try {
        await work();
      } catch (error) {
        if (signal.aborted) throw error;
        this.work(signal).warn(`the ${what} of the running guest could not be completed: ${messageOf(error)}`);
      }
    };
    const left = await this.#parts.host.forgetRevert(this.#identity.place).catch(messageOf);
    if (left !== "") this.work(signal).warn(left);
    const account = withHeldMemory(this.#identity.account, metadata.definition);
    await attempt("limits", () => this.#began(metadata.acceleration, account, signal));
    await attempt("networks", () => this.#follow(metadata.definition, signal));
  }

  /** A guest runs, started or adopted: its limits are set. */
  async #began(acceleration: string, account: Account, signal: AbortSignal): Promise<void> {
    const { clock, host } = this.#parts;
    const { task } = this.#identity;
    const record = this.#record;
    const { guest, opened } = record;
    if (guest === undefined || opened === undefined) return;
    const { hypervisor, abilities } = opened;
    const { definition } = guest.metadata;
    record.change({ uuid: task.uuid, startedAtMs: clock.now(), acceleration });
    const work = this.work(signal);
    if (acceleration !== "kvm")
      work.warn(abilities.acceleration.warning || "the guest was started without KVM; its next start has it");
    const { weights } = abilities;
    const problems = await withConnection(
      hypervisor,
      () => writeLimits(hypervisor, guest.domain, definition, { weights, account, signal }),
      signal,
    );
    for (const problem of problems) work.warn(problem);
    if (definition.devices?.agent === true) await this.#boundAgent(guest, hypervisor, signal);
    record.change({
      sight: await withConnection(hypervisor, () => hypervisor.domains.state(guest.domain, { signal }), signal),
    });
    record.pid = await host.guestProcess(task.uuid);
  }

  /** What networks do once the guest's devices exist; then the guest is measured. */
  async #follow({ nics }: VmDefinition, signal: AbortSignal): Promise<void> {
    await this.#parts.networks.attached(nics, this.#identity.place, this.work(signal));
    // A guest whose agent hangs is told of without its answer.
    const { clock } = this.#parts;
    await Promise.race([this.measure(signal), clock.sleep(firstMeasureMs, signal).catch(() => {})]);
  }

  /** Sizes, addresses and the agent, into the facts; one measurement at a time. Rejects only with the signal. */
  measure(signal: AbortSignal): Promise<void> {
    this.#measuring ??= this.#measure(signal).finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }

  async #measure(signal: AbortSignal): Promise<void> {
    const { guest, opened } = this.#record;
    if (guest === undefined || opened === undefined) return;
    const { disks, networks, clock } = this.#parts;
    const { hypervisor } = opened;
    const { place } = this.#identity;
    const facts = await measureGuest(guest, { hypervisor, disks, networks, place, clock, signal });
    // It may be another guest meanwhile, which is measured for itself.
    if (this.#record.guest?.domain.uuid === guest.domain.uuid) this.#record.change(facts);
  }

  /** A daemon waits for an agent for ever otherwise, and a place of this client with it. */
  async #boundAgent({ domain }: RunningGuest, hypervisor: Hypervisor, signal: AbortSignal): Promise<void> {
    const work = () => hypervisor.guest.setResponseTimeout(domain, agentSeconds, { signal });
    await withConnection(hypervisor, work, signal).catch((error: unknown) => {
      if (!isLibvirtError(error)) throw error;
      this.#parts.logger.debug("libvirt does not bound its waits for the guest agent", { detail: messageOf(error) });
    });
  }

  work(signal: AbortSignal): PortWork {
    return {
      signal,
      progress: (step, detail) => this.#listener.progress(step, detail),
      warn: (words) => {
        if (this.#record.warn(words)) this.#parts.tell("warning", words);
      },
    };
  }

  /** Data on which a guest has run stays. */
  async #undo(known: boolean, defined: boolean): Promise<void> {
    const { disks, seeds, networks, host } = this.#parts;
    const { place } = this.#identity;
    const record = this.#record;
    if (record.guest !== undefined) await record.opened?.domain.stop(0);
    record.over();
    for (const words of await networks.release(place)) this.#parts.tell("warning", words);
    if (known) return;
    if (defined) await record.opened?.domain.remove();
    await disks.remove(place);
    await seeds.remove(place);
    await host.removeDirectories(place);
    await record.unlock();
  }
}
