// A daemon of libvirt in memory: domains that are defined and started, events, and a connection that can be lost.
import {
  type ConnectionState,
  type Domain,
  type DomainEvent,
  type DomainState,
  type EventListener,
  LibvirtConnectionError,
  LibvirtError,
  type StateReason,
} from "@cke/libvirt";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";

export interface HeldDomain {
  readonly name: string;
  readonly uuid: string;
  xml: string;
  metadata: string | undefined;
  state: DomainState;
  reason: StateReason;
  starts: number;
}

type Lifecycle = { readonly event: string; readonly detail: string };

const active = new Set<DomainState>(["running", "paused", "blocked", "shutting-down", "pm-suspended"]);
const between = (text: string, from: string, to: string) => text.split(from)[1]?.split(to)[0];

export class FakeHypervisor implements Hypervisor {
  readonly held = new Map<string, HeldDomain>();
  readonly calls: string[] = [];
  readonly #listeners = new Set<EventListener>();
  readonly #failures = new Map<string, Error[]>();
  #connected = Promise.withResolvers<void>();
  state: ConnectionState = "connected";
  /** What `shutdown` does to a guest; default it ends at once. */
  obeys = true;
  onState: (state: ConnectionState, why: string) => void = () => {};

  constructor() {
    this.#connected.resolve();
  }

  /** The next calls of this name fail so, one after the other. */
  failOn(call: string, ...errors: Error[]): void {
    this.#failures.set(call, [...(this.#failures.get(call) ?? []), ...errors]);
  }

  static refusal(message: string, number = 9): LibvirtError {
    return new LibvirtError("test", number, 10, message);
  }

  lost(): LibvirtConnectionError {
    return new LibvirtConnectionError("the connection was reset");
  }

  /** The daemon dies; its guests run on. */
  lose(): void {
    this.state = "reconnecting";
    this.#connected = Promise.withResolvers<void>();
    this.onState("reconnecting", "the connection was reset");
  }

  mend(): void {
    this.state = "connected";
    this.onState("connected", "");
    this.#connected.resolve();
    for (const listener of this.#listeners) listener.gap();
  }

  /** Something happens to a guest, and is told. */
  happen(uuid: string, state: DomainState, reason: StateReason, ...told: readonly Lifecycle[]): void {
    const one = this.#domain(uuid);
    one.state = state;
    one.reason = reason;
    for (const lifecycle of told) this.tell(uuid, { kind: "lifecycle", ...lifecycle } as never);
  }

  tell(uuid: string, event: Omit<DomainEvent, "domain">): void {
    const one = this.#domain(uuid);
    const domain: Domain = { uuid, name: one.name, id: active.has(one.state) ? 1 : undefined };
    if (this.state === "connected")
      for (const listener of this.#listeners) listener.event({ ...event, domain } as never);
  }

  readonly domains: Hypervisor["domains"] = {
    list: async () => this.#do("list", () => [...this.held.values()].map((one) => this.#ref(one))),
    byUuid: async (uuid) => this.#do("byUuid", () => this.#find(uuid)),
    byName: async (name) =>
      this.#do("byName", () => {
        const one = [...this.held.values()].find((held) => held.name === name);
        return one === undefined ? undefined : this.#ref(one);
      }),
    define: async (xml) =>
      this.#do("define", () => {
        const uuid = between(xml, "<uuid>", "</uuid>") ?? "";
        const name = between(xml, "<name>", "</name>") ?? "";
        const old = this.held.get(uuid);
        const metadata = `<cke:vm${between(xml, "<cke:vm", "</cke:vm>")}</cke:vm>`;
        const fresh = { state: "shut-off", reason: "unknown", starts: 0 } as const;
        this.held.set(uuid, { ...fresh, ...old, name, uuid, xml, metadata });
        return { uuid, name, id: undefined };
      }),
    undefine: async ({ uuid }) => this.#do("undefine", () => void this.held.delete(uuid)),
    start: async ({ uuid }, options) =>
      this.#do("start", () => {
        const one = this.#domain(uuid);
        if (active.has(one.state)) throw new LibvirtError("start", 55, 10, "domain is already running");
        one.starts += 1;
        one.state = options?.paused === true ? "paused" : "running";
        one.reason = options?.paused === true ? "user" : "booted";
        return this.#ref(one);
      }),
    destroy: async ({ uuid }) => this.#do("destroy", () => this.#stop(uuid, "destroyed")),
    shutdown: async ({ uuid }, mode) => {
      const work = () => void (this.obeys && this.#stop(uuid, "shutdown"));
      return mode === "acpi" ? this.#do("shutdown acpi", work) : this.#ofAgent("shutdown", work);
    },
    reboot: async (_domain, mode) =>
      mode === "acpi" ? this.#do("reboot acpi", () => {}) : this.#ofAgent("reboot", () => {}),
    reset: async () => this.#do("reset", () => {}),
    suspend: async ({ uuid }) => this.#do("suspend", () => this.#to(uuid, "paused", "user")),
    resume: async ({ uuid }) => this.#do("resume", () => this.#to(uuid, "running", "unpaused")),
    xml: async ({ uuid }) => this.#do("xml", () => this.#domain(uuid).xml),
    state: async ({ uuid }) =>
      this.#do("state", () => {
        const { state, reason } = this.#domain(uuid);
        return { state, reason };
      }),
    metadata: async ({ uuid }, what) =>
      this.#do("metadata", () => (what.kind === "element" ? this.#domain(uuid).metadata : undefined)),
    isPersistent: async () => this.#do("isPersistent", () => true),
    setMetadata: async ({ uuid }, what, value) =>
      this.#do(`setMetadata ${what.kind}`, () => {
        if (what.kind === "element") this.#domain(uuid).metadata = value;
      }),
  };
  readonly migration: Hypervisor["migration"] = {
    jobStats: async () => this.#do("jobStats", () => ({ type: "none", operation: "unknown" })),
    abortJob: async () => this.#do("abortJob", () => {}),
  };
  /** Migrations need real daemons. */
  readonly migrationSteps: Hypervisor["migrationSteps"] = {
    begin: async () => this.#refuse("begin"),
    prepare: async () => this.#refuse("prepare"),
    perform: async () => this.#refuse("perform"),
    finish: async () => this.#refuse("finish"),
    confirm: async () => this.#refuse("confirm"),
  };
  readonly devices: Hypervisor["devices"] = {
    attach: async ({ uuid }, xml) =>
      this.#do("attach", () => {
        this.#domain(uuid).xml += xml;
      }),
    detachAlias: async ({ uuid }, alias) =>
      this.#do(`detach ${alias}`, () => {
        const one = this.#domain(uuid);
        one.xml = one.xml.replace(`<alias name="${alias}"/>`, "");
      }),
    update: async () => this.#do("update", () => {}),
  };
  /** What the balloon leaves to the guest. */
  balloonKib = 0;
  /** False for a guest without a driver of the balloon: it gives nothing back. */
  givesBack = true;
  readonly sizing: Hypervisor["sizing"] = {
    setVcpus: async (_domain, count) => this.#do(`setVcpus ${count}`, () => {}),
    setMemory: async (_domain, kib) =>
      this.#do(`setMemory ${kib}`, () => {
        if (this.givesBack) this.balloonKib = kib;
      }),
    memoryStats: async () => this.#do("memoryStats", () => ({ balloonKib: this.balloonKib })),
    setSchedulerParameters: async (_domain, { cpuShares, globalQuotaUs }) =>
      this.#do(`setSchedulerParameters ${cpuShares} ${globalQuotaUs}`, () => {}),
    setMemoryParameters: async (_domain, { hardLimitKib }) => this.#do(`setMemoryParameters ${hardLimitKib}`, () => {}),
  };
  readonly disks: Hypervisor["disks"] = {
    resize: async (_domain, disk, bytes) => this.#do(`resize ${disk} ${bytes}`, () => {}),
    errors: async () => this.#do("errors", () => []),
    setIoTune: async (_domain, disk) => this.#do(`setIoTune ${disk}`, () => {}),
  };
  /** Of snapshots with memory, by name. */
  readonly descriptions = new Map<string, string>();
  readonly snapshots: Hypervisor["snapshots"] = {
    create: async (domain) => this.#do("snapshot", () => ({ domain, name: "s" })),
    list: async () => this.#do("snapshots", () => []),
    byName: async (domain, name) =>
      this.#do("snapshotByName", () => (this.descriptions.has(name) ? { domain, name } : undefined)),
    current: async () => this.#do("currentSnapshot", () => undefined),
    xml: async ({ name }) => this.#do("snapshotXml", () => this.descriptions.get(name) ?? ""),
    revert: async ({ domain }) =>
      this.#do("revert", () => {
        const one = this.#domain(domain.uuid);
        Object.assign(one, { state: "running", reason: "from-snapshot", starts: one.starts + 1 });
      }),
    delete: async () => this.#do("deleteSnapshot", () => {}),
  };
  /** What QEMU's monitor answers, by command. */
  readonly monitor = new Map<string, unknown>();
  /** What the guest agent answers; undefined: there is none. */
  agent: ((command: string) => unknown) | undefined;
  /** The guest agent takes every question and answers none: calls that wait for it never end. */
  hangs = false;
  readonly guest: Hypervisor["guest"] = {
    agentCommand: async (_domain, command) =>
      this.#ofAgent("agentCommand", () => {
        if (this.agent === undefined) throw new LibvirtError("agentCommand", 86, 10, "Guest agent is not responding");
        return JSON.stringify({ return: this.agent(command) });
      }),
    monitorCommand: async (_domain, command) =>
      this.#do(`monitor ${command}`, () => {
        const { execute } = JSON.parse(command);
        return JSON.stringify(this.monitor.get(execute) ?? { return: {} });
      }),
    freeze: async () => this.#ofAgent("freeze", () => 1),
    thaw: async () => this.#ofAgent("thaw", () => 1),
    setResponseTimeout: async (_domain, seconds) => this.#do(`setResponseTimeout ${seconds}`, () => {}),
    interfaces: async () =>
      this.#ofAgent("interfaces", () => {
        if (this.agent === undefined) throw new LibvirtError("interfaces", 86, 10, "Guest agent is not responding");
        return [];
      }),
  };
  readonly consoles: Hypervisor["consoles"] = {
    screenshot: async () => {
      throw new LibvirtError("screenshot", 55, 10, "no screen");
    },
  };
  readonly host: Hypervisor["host"] = {
    capabilities: async () => this.#do("capabilities", () => "<capabilities/>"),
    hypervisorVersion: async () => this.#do("hypervisorVersion", () => ({ text: "7.2.0", number: 7_002_000 })),
  };
  readonly events: Hypervisor["events"] = {
    listen: async (listener) => {
      this.#listeners.add(listener);
      return () => void this.#listeners.delete(listener);
    },
  };

  async whenConnected(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    const aborted = new Promise<never>((_, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true }),
    );
    await (signal === undefined ? this.#connected.promise : Promise.race([this.#connected.promise, aborted]));
  }

  async close(): Promise<void> {
    this.state = "closed";
  }

  #refuse(call: string): never {
    return this.#do(call, () => {
      throw FakeHypervisor.refusal(call, 3);
    });
  }

  #do<T>(call: string, work: () => T): T {
    this.calls.push(call);
    const failure = this.#failures.get(call.split(" ")[0] ?? "")?.shift();
    if (failure !== undefined) throw failure;
    if (this.state !== "connected") throw new LibvirtConnectionError("the daemon is away");
    return work();
  }

  /** What waits for the guest's agent. */
  async #ofAgent<T>(call: string, work: () => T): Promise<T> {
    if (!this.hangs) return this.#do(call, work);
    this.calls.push(call);
    return await new Promise<never>(() => {});
  }

  #domain(uuid: string): HeldDomain {
    const one = this.held.get(uuid);
    if (one === undefined) throw new LibvirtError("test", 42, 10, "no domain with matching uuid");
    return one;
  }

  #find(uuid: string): Domain | undefined {
    const one = this.held.get(uuid);
    return one === undefined ? undefined : this.#ref(one);
  }

  #ref({ uuid, name, state }: HeldDomain): Domain {
    return { uuid, name, id: active.has(state) ? 1 : undefined };
  }

  #to(uuid: string, state: DomainState, reason: StateReason): void {
    this.happen(uuid, state, reason, { event: state === "paused" ? "suspended" : "resumed", detail: "unknown" });
  }

  #stop(uuid: string, reason: "destroyed" | "shutdown"): void {
    if (!active.has(this.#domain(uuid).state)) throw new LibvirtError("stop", 55, 10, "domain is not running");
    this.happen(uuid, "shut-off", reason, { event: "stopped", detail: reason });
  }
}
