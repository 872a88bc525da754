// Keeps the secrets of VMs' seeds in the store: hashes of passwords, user data, network configurations. They are stored in clear text under
// `vm-secrets/`, as keys of clusters are: the store must be protected.
import type { Logger } from "@cke/foundation";
import { z } from "zod";
import { commitInParts } from "../../store/commit-in-parts.ts";
import { type Store, type StoreOperation, unreadableValue } from "../../store/store.ts";

const stored = z.object({ version: z.literal(1), secrets: z.record(z.string(), z.string()) });

const prefix = "vm-secrets/";
const keyOf = (vm: string) => `${prefix}${vm}`;

export class SeedVault {
  readonly #store: Store;
  readonly #logger: Logger;

  constructor({ store, logger }: { readonly store: Store; readonly logger: Logger }) {
    this.#store = store;
    this.#logger = logger;
  }

  /** By name; empty for a VM without any. */
  async secretsOf(vm: string): Promise<ReadonlyMap<string, string>> {
    const key = keyOf(vm);
    const entry = await this.#store.get(key);
    if (entry === undefined) return new Map();
    const { data } = stored.safeParse(entry.value);
    if (data === undefined) throw unreadableValue(key, "at secrets");
    return new Map(Object.entries(data.secrets));
  }

  /** The operations that store them, or that remove what an earlier VM of the name has left. */
  putOperations(vm: string, secrets: ReadonlyMap<string, string>): readonly StoreOperation[] {
    const key = keyOf(vm);
    if (secrets.size === 0) return [{ op: "delete", key }];
    return [{ op: "put", key, value: { version: 1, secrets: Object.fromEntries(secrets) } }];
  }

  deleteOperations(vm: string): readonly StoreOperation[] {
    return [{ op: "delete", key: keyOf(vm) }];
  }

  /** Removes secrets of VMs that do not exist. Called at the start of a term. */
  async sweep(vms: ReadonlySet<string>): Promise<void> {
    const left = (await this.#store.keys(prefix)).filter((key) => !vms.has(key.slice(prefix.length)));
    if (left.length === 0) return;
    await commitInParts(
      this.#store,
      left.map((key) => ({ op: "delete", key })),
    );
    this.#logger.warning("secrets of VMs that are gone were left in the store and are removed", { keys: left.length });
  }
}
