// Keeps every cluster's keys and certificates in the store, so that a node gets the same files after a restart of the
// scheduler. They are stored in clear text under `pki/`: everybody who can read the store can act for its clusters, so
// the store must be protected (sqlite: mode 0600). Encryption with a key beside the data would only look safer.
import { createHash } from "node:crypto";
import { type Clock, type Logger, systemClock } from "@cke/foundation";
import { z } from "zod";
import { commitInParts } from "../../store/commit-in-parts.ts";
import type { Store, StoreOperation } from "../../store/store.ts";
import { StoreError, unreadableValue } from "../../store/store.ts";
import { leafYears } from "./certificate.ts";
import { createClusterAuthorities } from "./cluster-authorities.ts";
import { type ClusterInstance, commitForInstance } from "./cluster-instance.ts";
import { type ClusterAuthorities, type NodeSecrets, type NodeSecretsRequest, secretNames } from "./key-material.ts";
import { issueNodeSecrets, issueServingCertificate } from "./node-secrets.ts";

const pair = z.object({ certificate: z.string(), privateKey: z.string() });
const authoritiesSchema = z.object({
  version: z.literal(1),
  cluster: z.string(),
  createdAt: z.string(),
  kubernetes: pair,
  etcd: pair,
  frontProxy: pair,
  serviceAccount: z.object({ publicKey: z.string(), privateKey: z.string() }),
  adminToken: z.string(),
});
const nodeRecordSchema = z.object({
  version: z.literal(1),
  /** Hash of what the secrets were made from. Other inputs make new secrets. */
  fingerprint: z.string(),
  issuedAtMs: z.number(),
  secrets: z.partialRecord(z.enum(secretNames), z.string()),
});

/** Certificates older than this are made anew when the node asks next, long before they expire. */
const renewAfterMs = (leafYears / 2) * 365.25 * 24 * 3_600_000;

export class PkiVault {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pending = new Map<string, Promise<unknown>>();

  constructor(options: { readonly store: Store; readonly logger: Logger; readonly clock?: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger;
  }

  /**
   * The cluster's authorities, made and stored at the first call. Throws ClusterGoneError when the instance is gone.
   */
  authorities(instance: ClusterInstance): Promise<ClusterAuthorities> {
    const cluster = instance.name;
    return this.#once(`authorities/${cluster}/${instance.createdAtMs}`, async () => {
      const key = `pki/${cluster}/authorities`;
      const stored = await this.#store.get(key);
      if (stored !== undefined) return parse(authoritiesSchema, stored.value, key);
      const created = await createClusterAuthorities(cluster, { clock: this.#clock });
      try {
        await commitForInstance(this.#store, instance, [{ op: "put", key, value: created }], [{ key, revision: 0 }]);
      } catch (error) {
        if (!(error instanceof StoreError && error.code === "conflict")) throw error;
        const other = await this.#store.get(key);
        if (other !== undefined) return parse(authoritiesSchema, other.value, key);
        throw error;
      }
      this.#logger.info("authorities of the cluster created", { cluster });
      return created;
    });
  }

  /**
   * The node's secrets: the stored ones while they fit the request and are new enough, otherwise new ones, which are
   * stored. Throws ClusterGoneError when the instance is gone.
   */
  nodeSecrets(instance: ClusterInstance, request: NodeSecretsRequest): Promise<NodeSecrets> {
    const cluster = instance.name;
    return this.#once(
      `nodes/${cluster}/${instance.createdAtMs}/${request.node}/${fingerprintOf(request)}`,
      async () => {
        const key = nodeKey(cluster, request.node);
        const fingerprint = fingerprintOf(request);
        const stored = await this.#store.get(key);
        if (stored !== undefined) {
          const record = parse(nodeRecordSchema, stored.value, key);
          const age = this.#clock.now() - record.issuedAtMs;
          if (record.fingerprint === fingerprint && age < renewAfterMs) return record.secrets;
        }
        const authorities = await this.authorities(instance);
        const secrets = issueNodeSecrets(authorities, request, { clock: this.#clock });
        const value = { version: 1, fingerprint, issuedAtMs: this.#clock.now(), secrets };
        await commitForInstance(this.#store, instance, [{ op: "put", key, value }]);
        this.#logger.info("certificates of the node issued", { cluster, node: request.node, years: leafYears });
        return secrets;
      },
    );
  }

  /**
   * A certificate of the node's API server for the key that the node was given, with the names that the request has now. It is stored
   * nowhere: the next launch of the node gets other secrets. Undefined for a node without such a key.
   */
  async servingCertificate(instance: ClusterInstance, request: NodeSecretsRequest): Promise<string | undefined> {
    const key = nodeKey(instance.name, request.node);
    const stored = await this.#store.get(key);
    const own = stored && parse(nodeRecordSchema, stored.value, key).secrets["apiserver.key"];
    if (own === undefined) return undefined;
    return issueServingCertificate(await this.authorities(instance), request, own, this.#clock.now());
  }

  /** The operations that remove the cluster's keys. Commit them together with the cluster's removal. */
  async deleteOperations(cluster: string): Promise<readonly StoreOperation[]> {
    const keys = await this.#store.keys(`pki/${cluster}/`);
    return keys.map((key) => ({ op: "delete", key }));
  }

  /** The operations that remove the keys of one node. Commit them together with the node's removal. */
  async deleteNodeOperations(cluster: string, node: string): Promise<readonly StoreOperation[]> {
    const keys = await this.#store.keys(`pki/${cluster}/nodes/`);
    return keys.filter((key) => key === nodeKey(cluster, node)).map((key) => ({ op: "delete", key }));
  }

  /** Removes keys of clusters that do not exist, which earlier versions could leave behind. Called at the start. */
  async sweep(clusters: ReadonlySet<string>): Promise<void> {
    const left = (await this.#store.keys("pki/")).filter((key) => !clusters.has(key.split("/")[1] ?? ""));
    if (left.length === 0) return;
    await commitInParts(
      this.#store,
      left.map((key) => ({ op: "delete", key })),
    );
    const of = [...new Set(left.map((key) => key.split("/")[1] ?? ""))];
    this.#logger.warning("keys of clusters that are gone were left in the store and are removed", { clusters: of });
  }

  #once<T>(name: string, work: () => Promise<T>): Promise<T> {
    const running = this.#pending.get(name);
    // The name in the map determines the type: all callers of one name pass the same kind of work.
    if (running !== undefined) return running.then(() => work());
    const started = work().finally(() => this.#pending.delete(name));
    this.#pending.set(
      name,
      started.catch(() => undefined),
    );
    return started;
  }
}

const nodeKey = (cluster: string, node: string) => `pki/${cluster}/nodes/${node}`;

function fingerprintOf(request: NodeSecretsRequest): string {
  const { node, nodeType, nodeIp, masterIps, serviceCidr, apiServerUrl } = request;
  const { extraSans = [], processTypes = [], registryCertificate = "" } = request;
  const parts = [
    [node, nodeType, nodeIp, serviceCidr, apiServerUrl, registryCertificate],
    masterIps.toSorted(),
    [...new Set(extraSans)].toSorted(),
    [...new Set(processTypes)].toSorted(),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function parse<T>(schema: z.ZodType<T>, value: unknown, key: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const where = result.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw unreadableValue(key, `at ${where}`);
}
