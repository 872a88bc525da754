// The ClusterService of whoever has it at this moment: the leader's, or for reading what a former leader remembers.
// Routes hold this one; the services behind it come and go with the terms.
import { CkeError } from "@cke/foundation";
import type { ClusterLogEntry, ClusterService, CreatedCluster } from "../kubernetes/views/cluster-service.ts";
import type { Role } from "./role.ts";

/** 503: nobody here can do it now. */
export function notLeading(what = "this scheduler does not lead"): CkeError {
  return new CkeError("not_leader", `${what}; try again in a few seconds`, { status: 503, retryable: true });
}

export class ActingClusterService implements ClusterService {
  readonly #role: () => Role;

  constructor(role: () => Role) {
    this.#role = role;
  }

  /** For what a former leader may still answer. */
  get #known(): ClusterService {
    const role = this.#role();
    if (role.kind === "leader") return role.service;
    if (role.kind === "follower" && role.memory !== undefined) return role.memory.service;
    throw notLeading();
  }

  /** For everything else. */
  get #leading(): ClusterService {
    const role = this.#role();
    if (role.kind === "leader") return role.service;
    throw notLeading();
  }

  async create(body: unknown): Promise<CreatedCluster> {
    return await this.#leading.create(body);
  }

  list(): ReturnType<ClusterService["list"]> {
    return this.#known.list();
  }

  statusCounts(): ReturnType<ClusterService["statusCounts"]> {
    return this.#known.statusCounts();
  }

  get(name: string): ReturnType<ClusterService["get"]> {
    return this.#known.get(name);
  }

  state(name: string): ReturnType<ClusterService["state"]> {
    return this.#known.state(name);
  }

  pending(name: string): ReturnType<ClusterService["pending"]> {
    return this.#known.pending(name);
  }

  json(name: string): ReturnType<ClusterService["json"]> {
    return this.#known.json(name);
  }

  async remove(name: string): Promise<void> {
    await this.#leading.remove(name);
  }

  async changePlan(...asked: Parameters<ClusterService["changePlan"]>): Promise<string> {
    return await this.#leading.changePlan(...asked);
  }

  async expect(...asked: Parameters<ClusterService["expect"]>): Promise<string> {
    return await this.#leading.expect(...asked);
  }

  // Credentials may be made by the first question for them, so they are the leader's business.
  async adminToken(name: string): Promise<string> {
    return await this.#leading.adminToken(name);
  }

  async kubeconfig(name: string): Promise<string> {
    return await this.#leading.kubeconfig(name);
  }

  supportedVersions(): readonly string[] {
    return this.#known.supportedVersions();
  }

  subscribeLog(name: string, listener: (entry: ClusterLogEntry) => void): ReturnType<ClusterService["subscribeLog"]> {
    return this.#leading.subscribeLog(name, listener);
  }

  connected(): boolean {
    const role = this.#role();
    return role.kind === "leader" && role.service.connected();
  }

  unsubscribed(): string {
    const role = this.#role();
    return role.kind === "leader" ? role.service.unsubscribed() : "";
  }

  unwritable(): string {
    const role = this.#role();
    return role.kind === "leader" ? role.service.unwritable() : "";
  }
}
