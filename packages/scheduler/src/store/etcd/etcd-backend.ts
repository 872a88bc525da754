// Entries, journal and head below a prefix of etcd. Every transaction is one transaction. It compares the creation revision of the
// leader's key and the text of the head, so that only the present leader can apply it, and only in order.
import { z } from "zod";
import type { Backend, Change, Transaction, TransactionOutcome } from "../shared/backend.ts";
import { costOf } from "../shared/entry-text.ts";
import { StoreError } from "../store.ts";
import type { EtcdClient } from "./etcd-client.ts";
import { EtcdCompaction } from "./etcd-compaction.ts";

/** By default etcd takes 128 operations and 1.5 MiB. The head needs one operation, and the encoding needs some bytes. */
const etcdLimits = { changes: 120, bytes: 1_000_000 } as const;

const pageSize = 500;
const range = z.object({ kvs: z.array(z.object({ key: z.instanceof(Buffer), value: z.instanceof(Buffer) })) });

export class EtcdBackend implements Backend {
  readonly limits = etcdLimits;
  readonly #client: EtcdClient;
  readonly #prefix: string;
  readonly #created: string;
  readonly #compaction = new EtcdCompaction(performance.now());

  /** `prefix` ends with `/`; `created` is the creation revision of the key `<prefix>leader`. */
  constructor(client: EtcdClient, prefix: string, created: string) {
    this.#client = client;
    this.#prefix = prefix;
    this.#created = created;
  }

  async head(): Promise<string | undefined> {
    return readText(this.#client, this.#key("head"));
  }

  async keys(): Promise<readonly string[]> {
    const found = await Promise.all([this.#range("data/", true), this.#range("journal/", true)]);
    return found.flat().map(({ key }) => key);
  }

  async read(key: string): Promise<string | undefined> {
    return readText(this.#client, this.#key(key));
  }

  async readAll(keys: readonly string[]): Promise<readonly { readonly key: string; readonly text: string }[]> {
    const first = keys[0];
    const last = keys.at(-1);
    if (first === undefined || last === undefined) return [];
    // Many keys are those of a prefix: one range read gets them. Guards ask for single keys.
    if (keys.length > 8) {
      const wanted = new Set(keys);
      const found = await this.#range(commonPrefix(first, last), false);
      return found.filter(({ key }) => wanted.has(key));
    }
    const texts = await Promise.all(keys.map(async (key) => ({ key, text: await this.read(key) })));
    return texts.flatMap(({ key, text }) => (text === undefined ? [] : [{ key, text }]));
  }

  async apply({ head, next, changes }: Transaction): Promise<TransactionOutcome> {
    const leader = this.#key("leader");
    const headKey = this.#key("head");
    const answer = await this.#client.call(({ client, options }) =>
      client.kv.txn(
        {
          compare: [
            { key: leader, target: "Create", result: "Equal", create_revision: this.#created },
            head === undefined
              ? { key: headKey, target: "Version", result: "Equal", version: 0 }
              : { key: headKey, target: "Value", result: "Equal", value: Buffer.from(head) },
          ],
          success: [
            { request_put: { key: headKey, value: Buffer.from(next) } },
            ...changes.map((one) => this.#operation(one)),
          ],
          failure: [{ request_range: { key: leader } }, { request_range: { key: headKey } }],
        },
        options,
      ),
    );
    if (answer.succeeded) {
      const bytes = changes.reduce((sum, { key, text }) => sum + costOf(key, text), 0);
      this.#compact(this.#compaction.written(bytes, answer.header.revision, performance.now()));
      return { kind: "applied" };
    }
    const [leaderKv, headKv] = answer.responses.map(({ response_range: found }) => found.kvs[0]);
    const present = headKv?.value.toString();
    return { kind: leaderKv?.create_revision === this.#created ? "moved" : "fenced", head: present };
  }

  /** Nothing waits for it. If it fails, the compaction at the end of the next interval does its work too. */
  #compact(revision: string | undefined): void {
    if (revision === undefined) return;
    this.#client.call(({ client, options }) => client.kv.compact({ revision }, options)).catch(() => {});
  }

  #operation({ key, text }: Change) {
    const name = this.#key(key);
    return text === undefined
      ? { request_delete_range: { key: name } }
      : { request_put: { key: name, value: Buffer.from(text) } };
  }

  #key(name: string): Buffer {
    return Buffer.from(this.#prefix + name);
  }

  /**
   * All keys that begin with `section`, page after page. The pages need not be of one revision: only the leader writes, and
   * it reads between two transactions. Asking for one revision would fail when that revision is compacted meanwhile.
   */
  async #range(section: string, keysOnly: boolean): Promise<{ readonly key: string; readonly text: string }[]> {
    const found: { readonly key: string; readonly text: string }[] = [];
    const end = afterPrefix(this.#key(section));
    const prefixBytes = Buffer.byteLength(this.#prefix);
    let key = this.#key(section);
    for (;;) {
      const answer = await this.#client.call(({ client, options }) =>
        client.kv.range(
          {
            key,
            range_end: end,
            limit: pageSize,
            keys_only: keysOnly,
            sort_target: "Key",
            sort_order: "Ascend",
          },
          options,
        ),
      );
      const { kvs } = range.parse(answer);
      for (const kv of kvs) {
        found.push({ key: kv.key.subarray(prefixBytes).toString(), text: kv.value.toString() });
      }
      const last = kvs.at(-1);
      if (!answer.more || last === undefined) return found;
      key = Buffer.concat([last.key, Buffer.from([0])]);
    }
  }
}

/** The text of one key. */
export async function readText(client: EtcdClient, key: Buffer): Promise<string | undefined> {
  const answer = await client.call(({ client: etcd, options }) => etcd.kv.range({ key }, options));
  return answer.kvs[0]?.value.toString();
}

/** The first key after all that begin with `prefix`. */
function afterPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  const last = end.length - 1;
  const byte = end[last];
  if (byte === undefined || byte === 0xff) throw new StoreError("store_invalid_key", "a prefix cannot end like this");
  end[last] = byte + 1;
  return end;
}

function commonPrefix(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return one.slice(0, length);
}
