// What CKE has made for the networks of the VMs of this host, and which VM uses what: files below /run, which are gone after a
// restart of the host, as the links are. Executors of several VMs change them one after the other.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CkeError } from "@cke/foundation/cke-error";
import * as z from "zod";
import type { VmPlace } from "../ports/vm-place.ts";
import { sharedLinkSchema } from "./plan/shared-link.ts";

const endSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("bridge"), namespace: z.string(), bridge: z.string() }),
  z.object({
    kind: z.literal("ovs"),
    bridge: z.string(),
    vlan: z.number(),
    ingressKbps: z.number(),
    egressKbps: z.number(),
  }),
  z.object({
    kind: z.literal("macvtap"),
    parent: z.string(),
    mode: z.enum(["bridge", "private", "vepa", "passthrough"]),
  }),
]);

const nicSchema = z.object({
  name: z.string(),
  /** Label cke.instance of its VM. */
  instance: z.string().default(""),
  /** With its prefix length; "" when it has none. */
  ip: z.string().default(""),
  device: z.string(),
  end: endSchema,
  /** In the order in which they were made. */
  shared: z.array(sharedLinkSchema),
  /** `tcp 31000`, … */
  ports: z.array(z.string()),
  /** The link on which CKE has allowed packets of 127.0.0.1, for these ports; "" for none. */
  localnet: z.string().default(""),
});
export type NicRecord = z.infer<typeof nicSchema>;

const vmSchema = z.array(nicSchema).max(64);
/** Shared things that CKE has made, or has begun to make: a process that is killed then leaves half of one. */
const madeSchema = z.record(z.string(), z.enum(["unfinished", "made"]));
export type Made = ReadonlyMap<string, "unfinished" | "made">;

export type RecordedVm = Pick<VmPlace, "uuid" | "instance">;

export class NetworkRecords {
  readonly #root: string;

  /** `root`: a directory of root's, for example /run/cke/networks. */
  constructor(root: string) {
    this.#root = root;
    mkdirSync(join(root, "vms"), { recursive: true, mode: 0o700 });
  }

  /** Does work that no other executor of this host does at the same time. The lock ends with this process. */
  async exclusively<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const lock = spawn("flock", [join(this.#root, "lock"), "sh", "-c", "echo locked; read -r _"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const stop = () => void lock.kill();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const [word] = await Promise.race([once(lock.stdout, "data"), once(lock, "exit").then(() => [""])]);
      signal?.throwIfAborted();
      if (String(word).trim() !== "locked")
        throw new CkeError(
          "network_failed",
          `the lock of ${this.#root} cannot be had: is there a program flock (util-linux)?`,
        );
      return await work();
    } finally {
      signal?.removeEventListener("abort", stop);
      lock.stdin.end();
    }
  }

  /** NICs of one VM; those of another instance with its uuid are not. */
  nicsOf({ uuid, instance }: RecordedVm): readonly NicRecord[] {
    return this.#all(uuid).filter((nic) => nic.instance === instance || nic.instance === "");
  }

  /** NICs of other instances that have this uuid too. */
  strangersOf({ uuid, instance }: RecordedVm): readonly NicRecord[] {
    return this.#all(uuid).filter((nic) => nic.instance !== instance && nic.instance !== "");
  }

  keepNics(vm: RecordedVm, nics: readonly NicRecord[]): void {
    const all = [...this.strangersOf(vm), ...nics];
    if (all.length === 0) rmSync(this.#vm(vm.uuid), { force: true });
    else this.#write(this.#vm(vm.uuid), all);
  }

  /** NICs of all other VMs. */
  othersThan(uuid: string): readonly NicRecord[] {
    return readdirSync(join(this.#root, "vms"))
      .filter((file) => file.endsWith(".json") && file !== `${uuid}.json`)
      .flatMap((file) => this.#all(file.slice(0, -".json".length)));
  }

  /** By their keys. */
  made(): Made {
    const text = readIfThere(join(this.#root, "made.json"));
    return new Map(Object.entries(text === undefined ? {} : madeSchema.parse(JSON.parse(text))));
  }

  /** Undefined: CKE has none. */
  keepMade(key: string, state: "unfinished" | "made" | undefined): void {
    const others = [...this.made()].filter(([other]) => other !== key);
    this.#write(
      join(this.#root, "made.json"),
      Object.fromEntries(state === undefined ? others : [...others, [key, state]]),
    );
  }

  #all(uuid: string): readonly NicRecord[] {
    const text = readIfThere(this.#vm(uuid));
    return text === undefined ? [] : vmSchema.parse(JSON.parse(text));
  }

  #vm(uuid: string): string {
    if (!/^[0-9a-f-]{36}$/.test(uuid)) throw new CkeError("network_invalid", "a VM's uuid must be one, in lower case");
    return join(this.#root, "vms", `${uuid}.json`);
  }

  #write(path: string, value: unknown): void {
    const draft = `${path}.${process.pid}.new`;
    writeFileSync(draft, JSON.stringify(value), { mode: 0o600 });
    renameSync(draft, path);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
