// One virtual machine from its launch to its end: its domain is found or made, its guest is watched, and follows what is wanted of it.
import { CkeError } from "@cke/foundation";
import type { VmDefinition } from "@cke/protocol";
import type { VmOwner } from "../adoption/ownership.ts";
import { StateFollower, type WantedState } from "../changes/state-follower.ts";
import type { RunningGuest } from "../domain/running-guest.ts";
import { hasLeft, writeArrival } from "../host/move-notes.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { withConnection } from "../hypervisor/with-connection.ts";
import type { VmFacts } from "../reports/vm-report.ts";
import { StoppedGuest } from "../revert/stopped-guest.ts";
import type { FoundGuest, ReachedDomain } from "./domain.ts";
import { adoptGuest } from "./guest-adoption.ts";
import { Absence } from "./guest-elsewhere.ts";
import { GuestStart } from "./guest-start.ts";
import { GuestSupervisor } from "./guest-supervisor.ts";
import { GuestWatch } from "./guest-watch.ts";
import { openHost, ownerOfTask, reachDomain } from "./lock-and-connect.ts";
import { MachineRecord, type OpenedHost } from "./machine-record.ts";
import { domainName } from "./preparation.ts";
import { asFailure } from "./start-failure.ts";
import { VmFailure } from "./vm-failure.ts";
import type { VmIdentityParts, VmListener, VmParts } from "./vm-parts.ts";

export class VirtualMachine {
  readonly #identity: VmIdentityParts;
  readonly #parts: VmParts;
  readonly #listener: VmListener;
  readonly #end = new AbortController();
  readonly #record = new MachineRecord();
  readonly #follower: StateFollower;
  readonly #start: GuestStart;
  readonly #supervisor: GuestSupervisor;
  /** Of a guest that another host has, or may have. */
  readonly absence: Absence;
  /** For work that ends the guest and starts it again. */
  readonly stopped: StoppedGuest;
  #watch: GuestWatch | undefined;
  #running: Promise<void> | undefined;

  constructor(identity: VmIdentityParts, definition: VmDefinition, parts: VmParts, listener: VmListener) {
    this.#identity = identity;
    this.#parts = parts;
    this.#listener = listener;
    const { clock, logger, tell } = parts;
    const record = this.#record;
    this.#start = new GuestStart(identity, parts, record, listener);
    this.#follower = new StateFollower(
      {
        clock,
        logger,
        tell: (words) => tell("warning", words),
        signal: this.#end.signal,
        account: identity.account,
        guest: () => record.guest,
        away: () => hasLeft(parts.host, identity.place),
        changed: (guest) => record.began(guest),
        parts: () => this.#changeParts(),
        onNews: () => this.#news(),
      },
      { version: "", definition, paused: false },
    );
    const common = {
      ...{ record, listener, place: identity.place, start: this.#start },
      wanted: () => this.#follower.wanted,
      watch: () => this.#watch,
      onStarted: (state: WantedState) => this.#follower.started(state),
    };
    this.#supervisor = new GuestSupervisor({ ...common, parts, end: this.#end });
    const { signal } = this.#end;
    const adopt = async () => await this.#adopt(await this.#look(signal), signal);
    this.absence = new Absence({ ...common, adopt, host: parts.host, signal });
    this.stopped = new StoppedGuest({
      ...{ signal, clock, networks: parts.networks, place: identity.place },
      work: () => this.#start.work(signal),
      nics: () => record.guest?.metadata.definition.nics ?? [],
      held: (work) => this.whileHeld(work),
      stop: () => this.#stop(),
      goOn: async () => {
        if (!(await adopt())) await this.#startWanted(true);
      },
    });
  }

  get facts(): VmFacts {
    return this.#record.facts;
  }

  /** Defined while a guest runs. */
  get guest(): RunningGuest | undefined {
    return this.#record.guest;
  }

  /** No other executor touches the VM. */
  get holdsLock(): boolean {
    return this.#record.lock !== undefined;
  }

  /** What is wanted of it now. */
  get definition(): VmDefinition {
    return this.#follower.wanted.definition;
  }

  get owner(): VmOwner {
    return ownerOfTask(this.#identity.task);
  }

  get domainName(): string {
    return domainName(this.#identity.task);
  }

  get hypervisor(): Hypervisor | undefined {
    return this.#record.opened?.hypervisor;
  }

  /** Aborted when this executor lets go of the VM, or when the VM has ended. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Takes the VM's lock and reaches its daemon. Throws CkeError. */
  async open(): Promise<OpenedHost> {
    const onWait = (words: string) => this.#listener.progress("libvirt", words);
    return await openHost(this.#identity, this.#parts, this.#record, onWait, this.#end.signal);
  }

  start(): void {
    this.#running = this.#run();
  }

  want(state: WantedState): void {
    this.#follower.want(state);
  }

  /** The next shutdown of the guest was asked for: it is its end, whatever the policy. */
  expectShutdown(): void {
    this.#record.shutdownAsked = true;
  }

  /** Work that ends and starts the guest on purpose. */
  async whileHeld<T>(work: () => Promise<T>): Promise<T> {
    return this.#watch === undefined ? await work() : await this.#watch.whileHeld(work);
  }

  /** The daemon is away since this UNIX time in ms, with why; 0: it is there again. */
  away(sinceMs: number, why: string): void {
    this.#record.change({ unresponsiveSinceMs: sinceMs });
    if (this.#record.guest === undefined) return;
    if (sinceMs === 0) {
      this.#listener.running(true, "", "");
      this.#watch?.poke();
      return;
    }
    const words = `unresponsive since ${new Date(sinceMs).toISOString()}: the libvirt daemon is away (${why}), and the guest runs on`;
    this.#listener.running(false, words, "");
  }

  /** Stops launching, watching and changing. A guest that runs is not touched. */
  async letGo(): Promise<void> {
    this.#end.abort(new CkeError("let_go", "the virtual machine is let go"));
    await this.#running;
    await this.stopped.settled();
    await this.absence.settled();
    await this.#follower.settled();
  }

  /**
   * After `letGo`: the VM's domain for its end, also when it was never launched or the daemon was not reached yet. Throws CkeError when
   * another executor has the VM, or when the daemon cannot be reached and may have it.
   */
  async reach(): Promise<ReachedDomain> {
    return await reachDomain(this.#identity, this.#parts, this.#record);
  }

  /** After `letGo`, when this process ends and the guest runs on. */
  async abandon(): Promise<void> {
    this.#record.lock?.abandon();
    await this.#parts.link.close();
  }

  /** After `letGo`: nothing of the VM runs any more, and another executor may have it. */
  async release(): Promise<void> {
    await this.#record.unlock();
    await this.#parts.link.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    try {
      const watch = await this.#launch(signal);
      await watch.run(signal);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asFailure(thrown);
      this.#parts.logger.error("the virtual machine failed", { code: error.code, detail: error.message });
      this.#listener.over(error, error.message);
    }
  }

  async #launch(signal: AbortSignal): Promise<GuestWatch> {
    const { host } = this.#parts;
    const { place } = this.#identity;
    const { watch, found: first } = await this.#find(signal).catch(async (error: unknown) => {
      // Nothing of the VM is here, so nothing stays.
      if (this.holdsLock && !(await host.wasStarted(place).catch(() => true))) {
        await host.removeDirectories(place);
        await this.#record.unlock();
      }
      throw error;
    });
    const back = await this.absence.wait();
    const found = back ? await this.#look(signal) : first;
    await writeArrival(host, place, undefined);
    if (await this.#adopt(found, signal)) {
      this.#listener.began("adopted a running guest");
      return watch;
    }
    await this.#startWanted(await host.wasStarted(place));
    this.#listener.began("");
    return watch;
  }

  /** `known`: an earlier launch has made data. */
  async #startWanted(known: boolean): Promise<void> {
    const state = this.#follower.wanted;
    await this.#start.start(state, known, this.#end.signal);
    this.#follower.started(state);
  }

  /** Ends the guest at once. Whether one runs is not known after a failure. */
  async #stop(): Promise<void> {
    try {
      await this.#record.opened?.domain.stop(0);
    } finally {
      this.#record.over();
    }
  }

  /** False when no guest runs. */
  async #adopt({ decision, domain, metadata }: FoundGuest, signal: AbortSignal): Promise<boolean> {
    if (decision.kind !== "adopt" || domain === undefined || metadata === undefined) return false;
    const { labels } = this.#identity.task;
    const adoption = { record: this.#record, parts: this.#parts, start: this.#start, labels, signal };
    await adoptGuest({ domain, metadata }, adoption);
    this.#follower.follow();
    return true;
  }

  /** Takes the VM's lock, reaches the daemon, and looks for its domain. */
  async #find(signal: AbortSignal): Promise<{ readonly watch: GuestWatch; readonly found: FoundGuest }> {
    const { task } = this.#identity;
    this.#listener.progress("libvirt", "");
    const { hypervisor } = await this.open();
    const watch = this.#watchOf(hypervisor, { uuid: task.uuid, name: domainName(task) });
    this.#watch = watch;
    await watch.listen(signal);
    return { watch, found: await this.#look(signal) };
  }

  async #look(signal: AbortSignal): Promise<FoundGuest> {
    const { hypervisor, domain } = await this.open();
    const found = await withConnection(hypervisor, () => domain.find(signal), signal);
    if (found.decision.kind === "foreign") throw new VmFailure("domain_foreign", found.decision.words);
    return found;
  }

  #watchOf(hypervisor: Hypervisor, domain: RunningGuest["domain"]): GuestWatch {
    const { clock, logger } = this.#parts;
    return new GuestWatch({
      hypervisor,
      domain,
      clock,
      logger,
      onSight: (sight, history) => this.#supervisor.onSight(sight, history),
      onAgent: () => this.#supervisor.measureSoon(),
    });
  }

  #news(): void {
    const { version: stateVersion, tried: triedVersion, atNextStart, problem } = this.#follower.followed;
    this.#record.change({ stateVersion, triedVersion, atNextStart, problem });
    this.#supervisor.measureSoon();
    this.#listener.changed();
    this.#watch?.poke();
  }

  #changeParts(): ReturnType<ConstructorParameters<typeof StateFollower>[0]["parts"]> {
    const { opened } = this.#record;
    if (opened === undefined) return undefined;
    const { disks, networks, clock } = this.#parts;
    const { hypervisor, abilities } = opened;
    const work = this.#start.work(this.#end.signal);
    const { place, account } = this.#identity;
    return { hypervisor, disks, networks, clock, place, weights: abilities.weights, account, work };
  }
}
