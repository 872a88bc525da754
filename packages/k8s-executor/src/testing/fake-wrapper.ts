// A wrapper in memory for unit tests: remembers processes, and sends the events it is told to send.
import { createHash } from "node:crypto";
import { LocalUnits } from "@cke/executor-core/testing/local-units";
import {
  WatchEvent as Event,
  InfoResponse as Info,
  type InfoResponse,
  type ListResponse,
  ProcessSpec,
  ProcessState,
  type ProcessStateInit,
  type Resources,
  type WatchEvent,
} from "@cke/protocol";
import { WrapperError } from "../streams/wrapper-error.ts";
import type {
  BalancerSetting,
  Command,
  CommandResult,
  PutFile,
  StopOptions,
  WrapperClient,
} from "../wrapper/wrapper-client.ts";

export class FakeWrapper implements WrapperClient {
  readonly calls: string[] = [];
  readonly files = new Map<string, PutFile>();
  readonly processes = new Map<string, ProcessState>();
  balancer: BalancerSetting | undefined;
  hosts = "127.0.0.1\tlocalhost\n";
  /** By destination. */
  readonly routes = new Map<string, { readonly dst: string; readonly gateway: string; readonly protocol: string }>();
  /** What a program says when it fails, by program. */
  readonly failures = new Map<string, string>();
  readonly streams = new LocalUnits();
  instanceId = "one";
  /** False: every call fails as if the socket were gone. */
  available = true;
  #pid = 100;
  #events: WatchEvent[] = [];
  #wake = Promise.withResolvers<void>();

  async info(): Promise<InfoResponse> {
    this.#called("info");
    return Info.create({
      version: "test",
      instanceId: this.instanceId,
      startedAtMs: 1_000,
      lastSequence: this.#events.length,
    });
  }

  async start(spec: ProcessSpec): Promise<ProcessState> {
    this.#called(`start ${spec.name}`);
    const specHash = specHashOf(spec);
    const old = this.processes.get(spec.name);
    if (old?.specHash === specHash) return old;
    this.#pid += 1;
    const { name, resources } = spec;
    return this.emit({ name, phase: "running", pid: this.#pid, startedAtMs: 1, healthy: false, specHash, resources });
  }

  async stop(name: string, _options?: StopOptions): Promise<void> {
    this.#called(`stop ${name}`);
    const state = this.processes.get(name);
    if (state === undefined) throw new WrapperError("not-found", `no process ${name}`);
    this.emit({ ...state, phase: "stopped", pid: 0 });
    this.processes.delete(name);
    this.#push(Event.create({ sequence: this.#events.length + 1, instanceId: this.instanceId, state, removed: true }));
  }

  async list(): Promise<ListResponse> {
    this.#called("list");
    return { processes: [...this.processes.values()], sequence: this.#events.length };
  }

  async setResources(name: string, resources: Resources): Promise<ProcessState> {
    this.#called(`resources ${name}`);
    const state = this.processes.get(name);
    if (state === undefined) throw new WrapperError("not-found", `no process ${name}`);
    return this.emit({ ...state, resources });
  }

  async putFile(file: PutFile): Promise<boolean> {
    this.#called(`put ${file.path}`);
    this.files.set(file.path, file);
    return true;
  }

  async setBalancer(setting: BalancerSetting): Promise<void> {
    this.#called("balancer");
    const failure = this.failures.get("balancer");
    if (failure !== undefined) throw new WrapperError("unimplemented", failure);
    this.balancer = setting;
  }

  /** Plays `cat`, the shell that writes the hosts file, and `ip` with the routes that it was given. */
  async run({ command, stdin = new Uint8Array(0) }: Command): Promise<CommandResult> {
    const text = new TextDecoder().decode(stdin);
    const line = command.join(" ");
    this.#called(`run ${command[0]}`);
    const failure = this.failures.get(command[0] ?? "");
    if (failure !== undefined) return { code: 1, stdout: "", stderr: failure };
    const done = { code: 0, stdout: "", stderr: "" };
    if (line === "cat /etc/hosts") return { ...done, stdout: this.hosts };
    const routes = () => {
      for (const one of text.trim().split("\n")) if (one !== "") this.#route(one.split(" "));
    };
    if (command[0] === "/bin/sh" && command[2]?.includes("-batch")) {
      this.hosts = `${command[4]}${this.hosts}`;
      routes();
      return done;
    }
    if (command[0] === "/bin/sh") this.hosts = text;
    else if (line.includes("-batch")) routes();
    else return { ...done, stdout: JSON.stringify([...this.routes.values()]) };
    return done;
  }

  #route([, verb, dst = "", , gateway = "", , protocol = ""]: readonly string[]): void {
    if (verb === "del") this.routes.delete(dst);
    else this.routes.set(dst, { dst, gateway, protocol });
  }

  async *watch(fromSequence: number, _instanceId: string, signal: AbortSignal): AsyncIterable<WatchEvent> {
    this.#called("watch");
    const stop = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    let next = fromSequence;
    while (!signal.aborted) {
      for (const event of this.#events.filter(({ sequence }) => sequence >= next)) {
        next = event.sequence + 1;
        yield event;
      }
      // An item that arrived while the reader was busy has not woken it.
      if (this.#events.some(({ sequence }) => sequence >= next)) continue;
      await Promise.race([this.#wake.promise, stop]);
      if (!this.available) throw new WrapperError("unavailable", "the connection broke");
    }
  }

  close(): void {
    this.calls.push("close");
  }

  /** A process changes by itself. */
  emit(init: ProcessStateInit & { readonly name: string }): ProcessState {
    const state = ProcessState.create(init);
    this.processes.set(state.name, state);
    this.#push(Event.create({ sequence: this.#events.length + 1, instanceId: this.instanceId, state }));
    return state;
  }

  /** Breaks every stream; `available` says whether reconnecting works. */
  breakConnections(): void {
    const wake = this.#wake;
    this.#wake = Promise.withResolvers();
    const available = this.available;
    this.available = false;
    wake.resolve();
    queueMicrotask(() =>
      queueMicrotask(() =>
        queueMicrotask(() => {
          this.available = available;
        }),
      ),
    );
  }

  #push(event: WatchEvent): void {
    this.#events.push(event);
    const wake = this.#wake;
    this.#wake = Promise.withResolvers();
    wake.resolve();
  }

  #called(call: string): void {
    if (!this.available) throw new WrapperError("unavailable", "No connection established");
    this.calls.push(call);
  }
}

export function specHashOf(spec: ProcessSpec): string {
  return createHash("sha256")
    .update(ProcessSpec.encode({ ...spec, resources: undefined }))
    .digest("hex");
}
