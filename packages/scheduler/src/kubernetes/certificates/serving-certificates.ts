// Gives running masters certificates that name the addresses of the load balancer which became known after their launch. What a master
// shows to those who connect is the only memory: nothing is stored, and a scheduler that died after it had written one sees that it is
// there. The key stays, so one file is replaced, at once: an API server that starts meanwhile has the old pair or the new one, and one
// that runs reads the file when it changes. A kubeconfig works without it, so nothing waits for this.
import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { Backoff, CkeError, type Clock, messageOf } from "@cke/foundation";
import type { PresentWorkloads } from "../../workload/kinds/workload-kind.ts";
import { type LaunchRecord, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { type ClusterRecord, clustersOf } from "../cluster/cluster-record.ts";
import { exposesByBalancer, type LateMaster } from "../load-balancer/api-vip.ts";
import type { CertifiedMasters } from "./certified-masters.ts";

/** A certificate for a master's file. */
export interface IssuedCertificate {
  readonly certificate: X509Certificate;
  readonly pem: string;
  /** In the node. */
  readonly path: string;
}

/** What is done in a master that runs. */
export interface ServingMasters {
  /** The certificate that its API server shows. Throws a CkeError. */
  shown(cluster: string, master: string, signal: AbortSignal): Promise<X509Certificate>;
  /**
   * Replaces a file as a whole, in the node of this executor and in no other: a node that was launched anew has another key.
   * Throws a CkeError.
   */
  replace(
    cluster: string,
    master: Pick<LateMaster, "unit" | "executorId">,
    file: Pick<IssuedCertificate, "path" | "pem">,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface CertificateIssuer {
  /** Undefined when the master cannot have another one. */
  issue(cluster: ClusterRecord, master: LateMaster): Promise<IssuedCertificate | undefined>;
}

export interface ServingCertificatesParts {
  readonly certified: CertifiedMasters;
  readonly late: (cluster: ClusterRecord) => readonly LateMaster[];
  readonly masters: ServingMasters;
  readonly issuer: CertificateIssuer;
  /** Writes to a cluster's log. */
  readonly tell: (level: "info" | "warning", cluster: string, words: string) => void;
  readonly clock: Clock;
}

interface Attempt {
  readonly backoff: Backoff;
  busy: boolean;
  failures: number;
  retryAtMs: number;
  written: boolean;
}

const attemptMs = 60_000;
/** Failures of a master after which its cluster is told. */
const worryingFailures = 3;

export class ServingCertificates {
  readonly #parts: ServingCertificatesParts;
  /** By executor. */
  readonly #attempts = new Map<string, Attempt>();
  readonly #working = new Set<Promise<void>>();
  #stopped = false;

  constructor(parts: ServingCertificatesParts) {
    this.#parts = parts;
  }

  /** Begins what is to be done. It waits for nothing. */
  tick(present: PresentWorkloads): void {
    if (this.#stopped) return;
    const { certified, late, clock } = this.#parts;
    const running = new Set<string>();
    for (const cluster of clustersOf(present.workloads())) {
      if (cluster.deleting || !exposesByBalancer(cluster.spec)) continue;
      for (const record of present.unitsOf(cluster.spec.name))
        if (doesRun(record)) running.add(record.launch.executorId);
      for (const master of late(cluster)) {
        const attempt = this.#attempt(master);
        const isDue = !attempt.busy && clock.now() >= attempt.retryAtMs;
        if (running.has(master.executorId) && isDue) this.#start(cluster, master, attempt);
      }
    }
    certified.keep(running);
    for (const id of this.#attempts.keys()) if (!running.has(id)) this.#attempts.delete(id);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#working);
  }

  stop(): void {
    this.#stopped = true;
  }

  #attempt({ executorId }: LateMaster): Attempt {
    const known = this.#attempts.get(executorId);
    if (known !== undefined) return known;
    const backoff = new Backoff({ baseMs: 1_000, maxMs: 300_000, random: () => 1 });
    const attempt: Attempt = { backoff, busy: false, failures: 0, retryAtMs: 0, written: false };
    this.#attempts.set(executorId, attempt);
    return attempt;
  }

  #start(cluster: ClusterRecord, master: LateMaster, attempt: Attempt): void {
    attempt.busy = true;
    const work = this.#work(cluster, master, attempt).finally(() => {
      attempt.busy = false;
      this.#working.delete(work);
    });
    this.#working.add(work);
  }

  /** Never rejects. */
  async #work(cluster: ClusterRecord, master: LateMaster, attempt: Attempt): Promise<void> {
    const { certified, clock, tell } = this.#parts;
    const { name } = cluster.spec;
    const late = new AbortController();
    const cancel = clock.after(attemptMs, () =>
      late.abort(new CkeError("late", `no answer in ${attemptMs / 1_000} s`)),
    );
    try {
      if (await this.#give(cluster, master, attempt, late.signal)) {
        certified.note(master.executorId, master.addresses);
        const words = `the certificate of ${master.unit} names ${master.addresses.join(", ")}`;
        if (attempt.written) tell("info", name, `${words} now, without a restart`);
      } else attempt.retryAtMs = clock.now() + attempt.backoff.next();
    } catch (error) {
      const problem = messageOf(error);
      attempt.failures += 1;
      // An API server that begins to listen in a moment is no trouble.
      if (attempt.failures === worryingFailures)
        tell("warning", name, `the certificate of ${master.unit} cannot be given to it: ${problem}; it is tried again`);
      certified.fail(master.executorId, problem);
      attempt.retryAtMs = clock.now() + attempt.backoff.next();
    } finally {
      cancel();
    }
  }

  /** True when the master shows a certificate that names the addresses. */
  async #give(cluster: ClusterRecord, master: LateMaster, attempt: Attempt, signal: AbortSignal): Promise<boolean> {
    const { issuer, masters } = this.#parts;
    const { name } = cluster.spec;
    const shown = await masters.shown(name, master.unit, signal);
    if (master.addresses.every((address) => names(shown, address))) return true;
    const issued = await issuer.issue(cluster, master);
    if (issued === undefined || !issued.certificate.publicKey.equals(shown.publicKey))
      throw new CkeError(
        "certificate_key",
        "the key that it uses is not the stored one: launch it again (stop and start the cluster)",
      );
    await masters.replace(name, master, issued, signal);
    // It reads the file soon; one that does not is given another one, ever more rarely.
    if (!attempt.written) attempt.backoff.reset();
    attempt.written = true;
    return false;
  }
}

/** A master that is on its way gets its certificate with its launch, or when it runs. */
function doesRun(record: UnitRecord): record is UnitRecord & { readonly launch: LaunchRecord } {
  const task = record.launch === undefined ? undefined : unitTaskOf(record.launch);
  return task?.state === "TASK_RUNNING";
}

const names = (certificate: X509Certificate, address: string) =>
  (isIP(address) === 0 ? certificate.checkHost(address) : certificate.checkIP(address)) !== undefined;
