// Connections to the API server and to etcd of a cluster's masters: TLS over a tunnel, through the channel of a master's executor,
// to the master's own loopback. So the scheduler needs no way into a cluster's network. Whichever master answers is taken.
import { type ClientRequest, request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { CkeError, type Clock, messageOf } from "@cke/foundation";
import type { Channel } from "../../channel/channel.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { ClusterNotFoundError } from "../cluster/cluster-errors.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import { apiserverPort, etcdClientPort } from "../configuration/ports.ts";
import { type ClusterInstance, instanceOf } from "../pki/cluster-instance.ts";
import type { ClusterAuthorities } from "../pki/key-material.ts";
import { ClusterUnreachableError } from "./access-errors.ts";
import { isLeavingMaster, mastersInOrder } from "./master-order.ts";
import { secured, tlsOptions } from "./master-tls.ts";
import { AllFailedError, staggered } from "./staggered.ts";
import { MasterAgent } from "./tunnel-http-agent.ts";

export interface TunnelledTarget {
  readonly cluster: string;
  readonly service: "apiserver" | "etcd";
  /** This master and no other; default: whichever answers. */
  readonly master?: string | undefined;
}

export interface MasterTarget extends TunnelledTarget {
  /**
   * `cke`: a client certificate with all rights. `caller`: none, so that the request's own headers say who asks (API server
   * only: etcd takes nobody without a certificate).
   */
  readonly identity: "cke" | "caller";
}

export interface MasterRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly signal?: AbortSignal | undefined;
}

/** What a user of the masters needs. */
export interface MasterConnections {
  /**
   * Begins a request of node:http; the caller sends the body and reads the answer. Its `error` is a ClusterUnreachableError
   * when no master can be reached. Throws ClusterNotFoundError (404).
   */
  request(target: MasterTarget, request: MasterRequest): ClientRequest;
  /** A connection of one's own. Throws ClusterNotFoundError (404) or ClusterUnreachableError. */
  connect(target: MasterTarget, signal: AbortSignal): Promise<TLSSocket>;
  /** The same without TLS, for a caller who speaks it himself. */
  tunnel(target: TunnelledTarget, signal: AbortSignal): Promise<Duplex>;
}

export interface ChannelMasterParts {
  /** Throws ClusterNotFoundError. */
  readonly cluster: (name: string) => ClusterRecord;
  readonly units: (cluster: string) => readonly UnitRecord[];
  /** Name of the master's process that is the API server; undefined when that is not known. */
  readonly apiserverOf: (cluster: ClusterRecord, master: string) => string | undefined;
  readonly openChannel: (cluster: string, node: string, signal: AbortSignal) => Promise<Pick<Channel, "tunnel">>;
  readonly pki: { authorities(instance: ClusterInstance): Promise<ClusterAuthorities> };
  readonly clock: Clock;
  /** Default 30 s. */
  readonly idleMs?: number;
  /** Default 750 ms: a channel that must be opened first takes a tenth of it. */
  readonly staggerMs?: number;
  /** How long one master may take; default 10 s. */
  readonly attemptMs?: number;
}

/** What is remembered of one instance of a cluster. */
interface Known {
  readonly agents: Map<string, MasterAgent>;
  readonly failedAtMs: Map<string, number>;
  preferred: string | undefined;
}

/** A master that failed is asked last for this time. */
const failedMs = 5_000;
/** How often it is looked whether the master of a request without an answer is to leave. */
const leavingLookMs = 500;
const ports = { apiserver: apiserverPort, etcd: etcdClientPort } as const;

export class ChannelMasters implements MasterConnections {
  readonly #parts: ChannelMasterParts;
  /** By name and creation of the cluster. */
  readonly #known = new Map<string, Known>();
  readonly #masterOf = new WeakMap<Duplex, string>();
  readonly #stopped = new AbortController();

  constructor(parts: ChannelMasterParts) {
    this.#parts = parts;
  }

  request(target: MasterTarget, { method, path, headers, signal }: MasterRequest): ClientRequest {
    const agent = this.#agent(target);
    const host = `${target.service}.${target.cluster}`;
    const fixed = target.master !== undefined;
    if (!fixed) agent.closeKept((connection) => this.#leads(target, connection) !== undefined);
    const request = httpRequest({ agent, host, method, path, headers: { host: "localhost", ...headers }, signal });
    if (!fixed && mayAskAgain(method, headers)) this.#watch(target, request);
    return request;
  }

  /** The master that is to leave to which a connection leads; undefined when it does not lead to such a one. */
  #leads({ cluster }: TunnelledTarget, connection: Duplex | null): string | undefined {
    const master = connection === null ? undefined : this.#masterOf.get(connection);
    if (master === undefined) return undefined;
    try {
      return isLeavingMaster(this.#parts.cluster(cluster), master) ? master : undefined;
    } catch (error) {
      if (error instanceof ClusterNotFoundError) return master;
      throw error;
    }
  }

  /** Ends a request that a master which is to leave does not answer: whoever asked may ask another one. */
  #watch(target: MasterTarget, request: ClientRequest): void {
    const { clock } = this.#parts;
    const look = () => {
      const master = this.#leads(target, request.socket);
      if (master === undefined) cancel = clock.after(leavingLookMs, look);
      else request.destroy(new Error(`master "${master}" is being removed and has not answered`));
    };
    let cancel = clock.after(leavingLookMs, look);
    for (const event of ["response", "close"] as const) request.once(event, () => cancel());
  }

  async connect(target: MasterTarget, signal: AbortSignal): Promise<TLSSocket> {
    const { service, identity } = target;
    const { clock, pki } = this.#parts;
    const authorities = await pki.authorities(instanceOf(this.#parts.cluster(target.cluster)));
    const secure = tlsOptions(authorities, service, identity === "cke", clock.now());
    return await this.#reach(target, signal, async (tunnel, abort) => await secured(tunnel, secure, abort));
  }

  async tunnel(target: TunnelledTarget, signal: AbortSignal): Promise<Duplex> {
    return await this.#reach(target, signal, async (tunnel) => tunnel);
  }

  /** The term is over: every connection ends. */
  stop(): void {
    this.#stopped.abort(new CkeError("not_leader", "this scheduler leads no longer", { status: 503, retryable: true }));
    for (const { agents } of this.#known.values()) for (const agent of agents.values()) agent.destroy();
    this.#known.clear();
  }

  #agent(target: MasterTarget): MasterAgent {
    const { agents } = this.#of(this.#parts.cluster(target.cluster));
    const key = `${target.service}/${target.identity}/${target.master ?? ""}`;
    const there = agents.get(key);
    if (there !== undefined) return there;
    const agent = new MasterAgent(
      async () => await this.connect(target, this.#stopped.signal),
      this.#parts.idleMs ?? 30_000,
    );
    agents.set(key, agent);
    return agent;
  }

  #of(record: ClusterRecord): Known {
    const key = `${record.spec.name}@${record.createdAtMs}`;
    const there = this.#known.get(key);
    if (there !== undefined) return there;
    this.#forget();
    const known: Known = { agents: new Map(), failedAtMs: new Map(), preferred: undefined };
    this.#known.set(key, known);
    return known;
  }

  /** What has no connection is made anew when it is asked for: so nothing is kept of clusters that are gone. */
  #forget(): void {
    for (const [key, { agents }] of this.#known)
      if ([...agents.values()].every(({ idle }) => idle)) this.#known.delete(key);
  }

  /** The first master that gives what `finish` makes of a tunnel to it. */
  async #reach<Connection extends Duplex>(
    target: TunnelledTarget,
    signal: AbortSignal,
    finish: (tunnel: Duplex, signal: AbortSignal) => Promise<Connection>,
  ): Promise<Connection> {
    const { clock, staggerMs = 750 } = this.#parts;
    const record = this.#parts.cluster(target.cluster);
    const known = this.#of(record);
    const candidates = target.master === undefined ? this.#inOrder(record, known) : [target.master];
    const attempt = async (master: string, abort: AbortSignal) => {
      const connection = await this.#dial(target, master, finish, abort).catch((error: unknown) => {
        if (!abort.aborted) known.failedAtMs.set(master, clock.now());
        throw error;
      });
      known.failedAtMs.delete(master);
      if (target.master === undefined) known.preferred = master;
      this.#masterOf.set(connection, master);
      return connection;
    };
    const discard = (connection: Duplex) => void connection.destroy();
    try {
      const either = AbortSignal.any([signal, this.#stopped.signal]);
      return await staggered(candidates, attempt, { clock, staggerMs, signal: either, discard });
    } catch (error) {
      throw error instanceof AllFailedError ? unreachable(record, error) : error;
    }
  }

  #inOrder(record: ClusterRecord, { failedAtMs, preferred }: Known): readonly string[] {
    const { units, apiserverOf, clock } = this.#parts;
    const recent = [...failedAtMs].filter(([, atMs]) => clock.now() - atMs < failedMs).map(([master]) => master);
    const memory = { preferred, failed: new Set(recent) };
    return mastersInOrder(record, units(record.spec.name), (master) => apiserverOf(record, master), memory);
  }

  async #dial<Connection>(
    { cluster, service }: TunnelledTarget,
    master: string,
    finish: (tunnel: Duplex, signal: AbortSignal) => Promise<Connection>,
    abort: AbortSignal,
  ): Promise<Connection> {
    const { openChannel, clock, attemptMs = 10_000 } = this.#parts;
    const late = new AbortController();
    const cancel = clock.after(attemptMs, () => late.abort(new Error(`no answer within ${attemptMs / 1_000} s`)));
    const signal = AbortSignal.any([abort, late.signal]);
    try {
      const channel = await openChannel(cluster, master, signal);
      const address = `127.0.0.1:${ports[service]}`;
      const tunnel = await channel.tunnel({ target: { kind: "tcpAddress", value: address } }, signal);
      return await finish(tunnel, signal);
    } catch (error) {
      throw late.signal.aborted ? late.signal.reason : error;
    } finally {
      cancel();
    }
  }
}

function unreachable({ spec: { name: cluster, expect } }: ClusterRecord, { failures }: AllFailedError) {
  if (expect !== "RUN") {
    const start = `it is stopped; POST /k8s/v1/clusters/${cluster}/start starts it again, with all that it had`;
    return new ClusterUnreachableError(cluster, start, { cause: failures[0]?.error });
  }
  const words = failures.map(({ candidate, error }) => `master "${candidate}": ${messageOf(error)}`);
  const why = words.length === 0 ? "it has no master" : words.join("; ");
  return new ClusterUnreachableError(cluster, why, { cause: failures[0]?.error });
}

/** True for a request that changes nothing and has no body (RFC 9110 §9.2.1). One that asks for another protocol is not watched. */
function mayAskAgain(method: string, headers: OutgoingHttpHeaders): boolean {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const more = ["content-length", "transfer-encoding", "upgrade"];
  return ["GET", "HEAD", "OPTIONS"].includes(method) && !names.some((name) => more.includes(name));
}
