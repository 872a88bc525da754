// A VM as its operator sees it: over the REST API and its WebSockets.
import { WebSocket } from "ws";
import { z } from "zod";
import { waitFor } from "../wait-for.ts";

const stateSchema = z.looseObject({
  status: z.string(),
  reason: z.string(),
  uuid: z.string(),
  start_time: z.string(),
  step: z.string(),
  at_next_start: z.array(z.string()),
  domain: z
    .looseObject({ state: z.string(), reason: z.string(), guest_agent: z.boolean(), warnings: z.array(z.string()) })
    .nullable(),
});
export type VmState = z.infer<typeof stateSchema>;

/** On an idle machine. A guest without KVM boots in 5 s there. */
const longMs = 600_000;

/** A Deployment is one. */
export interface AskedScheduler {
  readonly url: string;
  /** The last words of its programs, for a failed test. */
  words(): string;
}

export class VmClient {
  readonly name: string;
  readonly #scheduler: AskedScheduler;
  #console = "";

  constructor(scheduler: AskedScheduler, name: string) {
    this.#scheduler = scheduler;
    this.name = name;
  }

  /** `path`: below the VM's own; "" is the VM itself. */
  async ask(method: string, path = "", json?: object): Promise<{ status: number; text: string }> {
    return await this.#request(method, `vms/${this.name}${path === "" ? "" : `/${path}`}`, json);
  }

  /** The same, for a call that must be taken. */
  async does(method: string, path = "", json?: object): Promise<string> {
    const { status, text } = await this.ask(method, path, json);
    if (status >= 300) throw new Error(`${method} ${this.name}/${path} answers ${status}: ${text}\n${this.words()}`);
    return text;
  }

  /** A GET below the VM, as text. */
  async text(path: string): Promise<string> {
    return await this.does("GET", path);
  }

  async bytes(path: string): Promise<Buffer> {
    const answer = await fetch(`${this.#scheduler.url}/vm/v1/vms/${this.name}/${path}`, {
      signal: AbortSignal.timeout(300_000),
    });
    if (!answer.ok) throw new Error(`GET ${path} answers ${answer.status}: ${await answer.text()}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  /** `vms` or `overvms`, as text. */
  async list(what: "vms" | "overvms"): Promise<string> {
    return (await this.#request("GET", what)).text;
  }

  /** Any body, whatever its name. */
  async post(body: object): Promise<{ status: number; text: string }> {
    return await this.#request("POST", "vms", body);
  }

  async create(body: object): Promise<void> {
    const { status, text } = await this.post({ ...body, name: this.name });
    if (status !== 201) throw new Error(`POST of VM ${this.name} answers ${status}: ${text}`);
  }

  async #request(method: string, path: string, json?: object): Promise<{ status: number; text: string }> {
    const answer = await fetch(`${this.#scheduler.url}/vm/v1/${path}`, {
      method,
      ...(json === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(json) }),
      signal: AbortSignal.timeout(300_000),
    });
    return { status: answer.status, text: await answer.text() };
  }

  /** Undefined when there is no such VM, or no scheduler. */
  async state(): Promise<VmState | undefined> {
    const answer = await this.ask("GET", "state").catch(() => undefined);
    if (answer === undefined || answer.status !== 200) return undefined;
    return stateSchema.parse(JSON.parse(answer.text));
  }

  async until(wanted: string): Promise<void> {
    await this.untilState(wanted, (state) => state?.status === wanted);
  }

  async untilState(what: string, fits: (state: VmState | undefined) => boolean): Promise<void> {
    let last: VmState | undefined;
    await waitFor(
      `VM ${this.name}: ${what}`,
      async () => {
        last = await this.state();
        return fits(last);
      },
      () => `${JSON.stringify(last)}\n${this.#console.slice(-2_000)}\n${this.words()}`,
      { limitMs: longMs },
    );
  }

  async remove(): Promise<void> {
    await this.does("DELETE");
    await waitFor(
      `VM ${this.name} to be gone`,
      async () => (await this.ask("GET")).status === 404,
      () => this.words(),
      { limitMs: longMs },
    );
  }

  /** What the guest has written to its serial line; what was read last while its executor cannot be asked. */
  async console(): Promise<string> {
    const answer = await this.ask("GET", "files/logs/console.log").catch(() => undefined);
    if (answer?.status === 200) this.#console = answer.text;
    return this.#console;
  }

  /** Waits until the tiny guest has booted so many times. */
  async booted(times: number): Promise<void> {
    await this.untilConsole(`to boot ${times} times`, (text) => text.split("guest: ready").length - 1 === times);
  }

  async untilConsole(what: string, fits: (text: string) => boolean): Promise<string> {
    return await waitFor(
      `the guest of VM ${this.name} ${what}`,
      async () => {
        const text = await this.console();
        return fits(text) ? `${text} ` : undefined;
      },
      () => `${this.#console.slice(-4_000)}\n${this.words()}`,
      { everyMs: 300, limitMs: longMs },
    );
  }

  /** Identities of the boots of the tiny guest that its console tells of. */
  boots(): readonly string[] {
    return [...this.#console.matchAll(/guest: boot (\S+)/g)].map(([, id = ""]) => id);
  }

  /** The identity of the boot of the guest that runs, as it says itself: another one is a guest that was started again. */
  async bootId(): Promise<string> {
    const words = await this.type(
      "echo boot-$((40+2)) $(cat /proc/sys/kernel/random/boot_id)",
      /boot-42 [0-9a-f-]{36}/,
      {
        again: true,
      },
    );
    return words.slice("boot-42 ".length);
  }

  /**
   * Types a line on the serial console, and waits for an answer, which is not what was typed. `again`: it is typed every five seconds, for a
   * guest that still boots reads nothing.
   */
  async type(line: string, answer: RegExp, { again = false } = {}): Promise<string> {
    const socket = this.socket("console/serial/ws");
    let seen = "";
    let repeated: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string>((resolve, reject) => {
        const end = (why: string) =>
          reject(new Error(`serial line of VM ${this.name}: ${why}; typed: ${line}; seen:\n${seen}\n${this.words()}`));
        const timer = setTimeout(() => end("no answer for 10 minutes"), longMs);
        timer.unref();
        const typed = () => socket.readyState === WebSocket.OPEN && socket.send(Buffer.from(`${line}\n`));
        if (again) repeated = setInterval(typed, 5_000);
        socket.on("error", (error) => end(error.message));
        socket.on("close", (code, reason) => end(`closed with ${code} ${reason.toString()}`));
        socket.on("message", (data: Buffer, binary) => {
          if (!binary) {
            if (data.toString().includes('"type":"session"')) typed();
            return;
          }
          seen += data.toString();
          socket.send(JSON.stringify({ type: "shown", bytes: data.length }));
          const [found] = answer.exec(seen) ?? [];
          if (found === undefined) return;
          clearTimeout(timer);
          resolve(found);
        });
      });
    } finally {
      clearInterval(repeated);
      socket.terminate();
    }
  }

  socket(path: string): WebSocket {
    return new WebSocket(`${this.#scheduler.url.replace(/^http/, "ws")}/vm/v1/vms/${this.name}/${path}`);
  }

  words(): string {
    return this.#scheduler.words();
  }
}
