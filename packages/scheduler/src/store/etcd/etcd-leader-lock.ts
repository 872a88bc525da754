// The leader's lock in etcd: one key with a lease. The scheduler that creates the key leads. Every commit of its term compares
// the key's creation revision, which no later key of that name has.
import type { Clock } from "@cke/foundation";
import { z } from "zod";
import type { SchedulerAddress } from "../election.ts";
import type { HeldLock, LeaderLock } from "../shared/backend.ts";
import { EtcdBackend, readText } from "./etcd-backend.ts";
import type { EtcdClient } from "./etcd-client.ts";

export interface EtcdLeaderLockOptions {
  readonly client: EtcdClient;
  /** Ends with `/`. */
  readonly prefix: string;
  readonly ttlSeconds: number;
  readonly clock: Clock;
}

const leaderSchema = z.object({ id: z.string(), url: z.string() });

export class EtcdLeaderLock implements LeaderLock {
  readonly #options: EtcdLeaderLockOptions;

  constructor(options: EtcdLeaderLockOptions) {
    this.#options = options;
  }

  async observe(): Promise<SchedulerAddress | undefined> {
    return (await this.#look())?.address;
  }

  async head(): Promise<string | undefined> {
    return readText(this.#options.client, Buffer.from(`${this.#options.prefix}head`));
  }

  async take(self: SchedulerAddress): Promise<HeldLock | undefined> {
    const present = await this.#look();
    if (present !== undefined) {
      // This process made the key in an earlier campaign: it gave the term up, or the answer to the creation was lost.
      if (present.address?.id === self.id) await this.#remove(present.created);
      return undefined;
    }
    const { client, ttlSeconds, clock, prefix } = this.#options;
    const sentAt = clock.monotonic();
    const granted = await client.call(({ client: etcd, options }) =>
      etcd.leaseClient.leaseGrant({ TTL: ttlSeconds }, options),
    );
    const { ID: lease } = granted;
    const value = Buffer.from(JSON.stringify({ id: self.id, url: self.url }));
    const answer = await client.call(({ client: etcd, options }) =>
      etcd.kv.txn(
        {
          compare: [{ key: this.#key, target: "Version", result: "Equal", version: 0 }],
          success: [{ request_put: { key: this.#key, value, lease } }],
        },
        options,
      ),
    );
    if (!answer.succeeded) {
      await this.#revoke(lease);
      return undefined;
    }
    const created = answer.header.revision;
    return {
      backend: new EtcdBackend(client, prefix, created),
      validUntil: sentAt + Number(granted.TTL) * safeShare,
      renew: () => this.#renew(lease, created),
      release: async () => {
        await this.#remove(created);
        await this.#revoke(lease);
      },
    };
  }

  async withdraw(): Promise<void> {}

  async close(): Promise<void> {
    this.#options.client.close();
  }

  get #key(): Buffer {
    return Buffer.from(`${this.#options.prefix}leader`);
  }

  async #look(): Promise<{ readonly address: SchedulerAddress | undefined; readonly created: string } | undefined> {
    const answer = await this.#options.client.call(({ client, options }) =>
      client.kv.range({ key: this.#key }, options),
    );
    const kv = answer.kvs[0];
    if (kv === undefined) return undefined;
    return { address: parseLeader(kv.value.toString()), created: kv.create_revision };
  }

  async #renew(lease: string, created: string): Promise<number | "lost"> {
    const { client, clock } = this.#options;
    const sentAt = clock.monotonic();
    const ttl = await client.call(async ({ client: etcd, options }) => {
      const stream = await etcd.leaseClient.leaseKeepAlive(options);
      try {
        return await new Promise<number>((resolve, reject) => {
          stream.on("data", ({ TTL }) => resolve(Number(TTL)));
          stream.on("error", reject);
          stream.on("end", () => reject(new Error("the stream ended")));
          stream.write({ ID: lease });
        });
      } finally {
        stream.end();
      }
    });
    if (ttl <= 0 || (await this.#look())?.created !== created) return "lost";
    return sentAt + ttl * safeShare;
  }

  async #remove(created: string): Promise<void> {
    await this.#options.client.call(({ client, options }) =>
      client.kv.txn(
        {
          compare: [{ key: this.#key, target: "Create", result: "Equal", create_revision: created }],
          success: [{ request_delete_range: { key: this.#key } }],
        },
        options,
      ),
    );
  }

  async #revoke(lease: string): Promise<void> {
    await this.#options.client.call(({ client, options }) => client.leaseClient.leaseRevoke({ ID: lease }, options));
  }
}

/** The holder counts on this many milliseconds of each second of its lease, because clocks may differ a little in pace. */
const safeShare = 950;

function parseLeader(text: string): SchedulerAddress | undefined {
  try {
    return leaderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
