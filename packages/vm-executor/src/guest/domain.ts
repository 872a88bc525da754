// The one domain of a VM: found, defined, started, stopped, removed. Every call reads the state before it acts, so that each may be
// repeated after a broken connection.
import { CkeError, type Clock } from "@cke/foundation";
import { isLibvirtError, type Domain as LibvirtDomain } from "@cke/libvirt";
import { type AdoptionDecision, decideAdoption, type FoundDomain, type WantedDomain } from "../adoption/adoption.ts";
import { type DomainMetadata, metadataKey, metadataUri, readMetadata } from "../domain/metadata.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { withConnection } from "../hypervisor/with-connection.ts";
import { within } from "../hypervisor/with-deadline.ts";

/** The domain of a VM, as its end finds it. */
export type ReachedDomain =
  | { readonly kind: "none" }
  | { readonly kind: "ours"; readonly domain: Domain }
  /** Domain or directory of this uuid are somebody else's, as the words say. */
  | { readonly kind: "foreign"; readonly words: string };

export interface FoundGuest {
  readonly decision: AdoptionDecision;
  /** Of the domain that is adopted or started anew. */
  readonly domain: LibvirtDomain | undefined;
  readonly metadata: DomainMetadata | undefined;
  /** A domain of this uuid is there and carries labels of CKE, whosever. */
  readonly labelled: boolean;
}

const askAgainMs = 10_000;
/** An agent that does not answer must not stand before the power button. */
const agentAnswerMs = 5_000;
const pollMs = 200;
/** What is left of a move may take so long to end. */
const goesOnMs = 120_000;

export class Domain {
  readonly #hypervisor: Hypervisor;
  readonly #wanted: WantedDomain;
  readonly #clock: Clock;
  #asking = false;

  constructor(hypervisor: Hypervisor, wanted: WantedDomain, clock: Clock) {
    this.#hypervisor = hypervisor;
    this.#wanted = wanted;
    this.#clock = clock;
  }

  /** Undefined when it is not defined. */
  async present(signal?: AbortSignal): Promise<LibvirtDomain | undefined> {
    return await this.#hypervisor.domains.byUuid(this.#wanted.uuid, options(signal));
  }

  /** Names of the snapshots that libvirt keeps: those with memory. They stay behind when the disks go elsewhere. */
  async memorySnapshots(): Promise<readonly string[]> {
    const domain = await this.present();
    if (domain === undefined) return [];
    return (await this.#hypervisor.snapshots.list(domain)).map(({ name }) => name);
  }

  /** Looks at what is on the host, and decides what it means for a launch. */
  async find(signal: AbortSignal): Promise<FoundGuest> {
    const { domains } = this.#hypervisor;
    const byUuid = await this.present(signal);
    const byName = byUuid === undefined ? await domains.byName(this.#wanted.name, { signal }) : undefined;
    const [ofUuid, ofName] = [await this.#read(byUuid, signal), await this.#read(byName, signal)];
    const decision = decideAdoption(this.#wanted, ofUuid?.found, ofName?.found);
    const ours = decision.kind === "adopt" || decision.kind === "restart";
    const labelled = ofUuid?.found.labels !== undefined;
    return { decision, labelled, domain: ours ? byUuid : undefined, metadata: ours ? ofUuid?.metadata : undefined };
  }

  /**
   * Defines it (anew) and starts its guest. A daemon that dies meanwhile is waited for, and asked whether the guest runs. It does not
   * end before the daemon has answered, because a guest that starts a moment later would be nobody's.
   */
  async start(
    xml: string,
    {
      paused,
      onDefined,
      signal,
    }: { readonly paused: boolean; readonly onDefined: () => void; readonly signal: AbortSignal },
  ): Promise<LibvirtDomain> {
    let asked = false;
    return await withConnection(
      this.#hypervisor,
      async () => {
        const present = asked ? await this.present() : undefined;
        if (present?.id !== undefined) return present;
        const defined = await this.#hypervisor.domains.define(xml);
        onDefined();
        asked = true;
        return await this.#hypervisor.domains.start(defined, { paused });
      },
      signal,
    );
  }

  /**
   * Asks the guest to shut down, again every 10 s, and ends it after `graceMs`, or as soon as `hurry` is aborted. Resolves when no guest
   * runs.
   */
  async stop(graceMs: number, hurry?: AbortSignal): Promise<void> {
    const { domains } = this.#hypervisor;
    const deadline = this.#clock.monotonic() + graceMs;
    let askAt = this.#clock.monotonic();
    for (;;) {
      const domain = await this.present();
      if (domain?.id === undefined) return;
      const { state } = await domains.state(domain);
      const now = this.#clock.monotonic();
      // A guest that stands still hears nothing.
      if (
        now >= deadline ||
        hurry?.aborted === true ||
        state === "paused" ||
        state === "crashed" ||
        state === "pm-suspended"
      ) {
        await this.#whileItRuns(() => domains.destroy(domain));
        continue;
      }
      if (now >= askAt) {
        askAt = now + askAgainMs;
        // Nothing waits for the answer: the state tells what came of it, and an agent that hangs gives none.
        if (!this.#asking) void this.#ask(domain);
      }
      await this.#clock.sleep(pollMs);
    }
  }

  /**
   * A guest that a migration has paused, and that stays here, goes on; what is left of that migration ends. `may`: asked before each step;
   * false ends it. Throws CkeError `guest_paused` when libvirt does not let it.
   */
  async goOn(may = () => true): Promise<void> {
    const { domains, migrationSteps, migration } = this.#hypervisor;
    const refused = (error: unknown) => {
      if (!isLibvirtError(error)) throw error;
    };
    const latest = this.#clock.monotonic() + goesOnMs;
    for (;;) {
      const domain = await this.present();
      if (domain?.id === undefined) return;
      const { state, reason } = await domains.state(domain);
      if (state !== "paused" || reason !== "migration" || !may()) return;
      if (this.#clock.monotonic() > latest)
        throw new CkeError("guest_paused", "libvirt does not let the guest go on after its move: resume it", {
          retryable: true,
        });
      await migrationSteps.confirm(domain, new Uint8Array(), { cancelled: true }).catch(refused);
      if (!may()) return;
      await domains.resume(domain).catch(async (error: unknown) => {
        refused(error);
        // A job of a caller that is gone is still ending.
        await migration.abortJob(domain).catch(refused);
        await this.#clock.sleep(pollMs);
      });
    }
  }

  /** True when the domain's definition is stored, so that it is this host's. */
  async isPersistent(domain: LibvirtDomain): Promise<boolean> {
    return await this.#hypervisor.domains.isPersistent(domain);
  }

  /** Asks the guest to shut down: its agent, and where that refuses or does not answer, its power button. Never rejects. */
  async #ask(domain: LibvirtDomain): Promise<void> {
    const { domains } = this.#hypervisor;
    this.#asking = true;
    try {
      await within(this.#clock, agentAnswerMs, (signal) => domains.shutdown(domain, "default", { signal }));
    } catch {
      await domains.shutdown(domain, "acpi").catch(() => {});
    } finally {
      this.#asking = false;
    }
  }

  /** Ends a guest at once. Nothing to do is no error. Throws CkeError `domain_foreign` for one that does not carry this VM's labels. */
  async end(): Promise<void> {
    await this.#mustBeOurs();
    await this.stop(0);
  }

  /**
   * Ends a guest at once and forgets the domain with all that libvirt keeps of it. Nothing to do is no error. Throws CkeError
   * `domain_foreign` for one that does not carry this VM's labels, and leaves it as it is.
   */
  async remove(): Promise<void> {
    await this.#undefine("remove");
  }

  /** The same, and the variables of its firmware stay: they are part of its data, which may be needed once more. */
  async forget(): Promise<void> {
    await this.#undefine("keep");
  }

  async #undefine(nvram: "keep" | "remove"): Promise<void> {
    await this.end();
    const domain = await this.#mustBeOurs();
    if (domain === undefined) return;
    const all = { managedSave: true, snapshotsMetadata: true, nvram } as const;
    await this.#hypervisor.domains.undefine(domain, all).catch((error: unknown) => {
      if (!isLibvirtError(error, "no-domain")) throw error;
    });
  }

  async #mustBeOurs(): Promise<LibvirtDomain | undefined> {
    const domain = await this.present();
    const read = await this.#read(domain);
    const decision = decideAdoption(this.#wanted, read?.found, undefined);
    if (decision.kind === "foreign") throw new CkeError("domain_foreign", decision.words);
    return domain;
  }

  async #read(
    domain: LibvirtDomain | undefined,
    signal?: AbortSignal,
  ): Promise<{ readonly found: FoundDomain; readonly metadata: DomainMetadata | undefined } | undefined> {
    if (domain === undefined) return undefined;
    const metadata = await metadataOf(this.#hypervisor, domain, signal);
    const { name, uuid, id } = domain;
    return { found: { name, uuid, active: id !== undefined, labels: metadata?.labels }, metadata };
  }

  async #whileItRuns(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isLibvirtError(error, "no-domain", "operation-invalid")) throw error;
      // It has ended by itself meanwhile; if not, the next look sees it.
      await this.#clock.sleep(pollMs);
    }
  }
}

/** Undefined for a domain that is not of CKE. */
export async function metadataOf(
  hypervisor: Pick<Hypervisor, "domains">,
  domain: LibvirtDomain,
  signal?: AbortSignal,
): Promise<DomainMetadata | undefined> {
  const what = { kind: "element", uri: metadataUri, key: metadataKey } as const;
  try {
    return readMetadata(await hypervisor.domains.metadata(domain, what, options(signal)));
  } catch (error) {
    if (isLibvirtError(error, "no-domain", "no-domain-metadata")) return undefined;
    throw error;
  }
}

const options = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });
