// Exec with and without a terminal, against a real wrapper.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type ExecInputInit, type ExecOutput, type ExecStartInit, wrapperService } from "@cke/protocol";
import type { ClientDuplexStream } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAlive, refusalOf, WrapperFixture } from "../testing/wrapper-fixture.ts";

let wrapper: WrapperFixture;
beforeAll(async () => {
  wrapper = await WrapperFixture.start();
});
afterAll(async () => {
  await wrapper.dispose();
});

/** What was told to hang up is killed a second later. */
const patience = { timeout: 120_000 };

/** One session: everything that came, and waiting for parts of it. */
class Session {
  readonly call: ClientDuplexStream<ExecInputInit, ExecOutput>;
  stdout = "";
  stderr = "";
  pid = 0;
  readonly exit: Promise<{ code: number; signal: string }>;

  constructor(start: ExecStartInit) {
    this.call = wrapper.duplex(wrapperService.exec);
    const exit = Promise.withResolvers<{ code: number; signal: string }>();
    this.exit = exit.promise;
    this.exit.catch(() => {});
    this.call.on("data", ({ output }: ExecOutput) => {
      if (output?.kind === "startedPid") this.pid = output.value;
      if (output?.kind === "stdout") this.stdout += Buffer.from(output.value).toString("utf8");
      if (output?.kind === "stderr") this.stderr += Buffer.from(output.value).toString("utf8");
      if (output?.kind === "exit") exit.resolve(output.value);
    });
    this.call.on("error", (error) => exit.reject(new Error(refusalOf(error))));
    this.call.on("end", () => exit.reject(new Error("ended without an exit")));
    this.call.write({ input: { kind: "start", value: start } });
  }

  type(text: string): void {
    this.call.write({ input: { kind: "stdin", value: Buffer.from(text) } });
  }

  endInput(): void {
    this.call.write({ input: { kind: "stdinEnd", value: true } });
  }

  async sees(text: string): Promise<void> {
    await expect.poll(() => this.stdout, { timeout: 120_000 }).toContain(text);
  }

  async hasStarted(): Promise<void> {
    await expect.poll(() => this.pid, { timeout: 120_000 }).not.toBe(0);
  }
}
const sh = (script: string) => ["/bin/sh", "-c", script];
const remains = () => wrapper.sessionCgroups();

it.each([false, true])("is the first to go when the container's memory is used up (terminal: %s)", async (tty) => {
  const session = new Session({ command: ["/bin/cat", "/proc/self/oom_score_adj"], tty });
  expect(await session.exit).toEqual({ code: 0, signal: "" });
  expect(session.stdout.trim()).toBe("1000");
});

describe("exec without a terminal", () => {
  it("keeps stdout and stderr apart, and tells the exit code", async () => {
    const session = new Session({ command: sh("echo out; echo err >&2; exit 7") });
    expect(await session.exit).toEqual({ code: 7, signal: "" });
    expect([session.stdout, session.stderr]).toEqual(["out\n", "err\n"]);
    expect(session.pid).toBeGreaterThan(0);
    await expect.poll(remains, patience).toEqual([]);
  });

  it("has real pipes: /dev/stdin, /dev/stdout and /dev/stderr can be opened", async () => {
    const session = new Session({ command: sh("cat </dev/stdin; echo a >/dev/stdout; echo b >/dev/stderr") });
    session.type("in\n");
    session.endInput();
    expect(await session.exit).toEqual({ code: 0, signal: "" });
    expect([session.stdout, session.stderr]).toEqual(["in\na\n", "b\n"]);
  });

  it("passes much data through, both ways", async () => {
    const session = new Session({ command: ["/usr/bin/sha256sum"] });
    const chunk = Buffer.alloc(65_536, "x");
    for (let index = 0; index < 160; index += 1) {
      if (!session.call.write({ input: { kind: "stdin", value: chunk } })) await once(session.call, "drain");
    }
    session.endInput();
    expect(await session.exit).toMatchObject({ code: 0 });
    expect(session.stdout).toMatch(/^[0-9a-f]{64} {2}-\n$/);
    const flood = new Session({ command: sh("head -c 5000000 /dev/zero | tr '\\0' x") });
    expect(await flood.exit).toMatchObject({ code: 0 });
    expect(flood.stdout.length).toBe(5_000_000);
  });

  it("has the environment and directory it is given", async () => {
    const session = new Session({
      command: sh("echo $A; pwd"),
      environment: [{ name: "A", value: "x y" }],
      workingDirectory: "/usr",
    });
    await session.exit;
    expect(session.stdout).toBe("x y\n/usr\n");
  });

  it("delivers signals", async () => {
    const session = new Session({
      command: sh("trap 'echo got; exit 4' USR1; echo ready; while :; do sleep 0.02; done"),
    });
    await session.sees("ready");
    session.call.write({ input: { kind: "signal", value: "USR1" } });
    expect(await session.exit).toEqual({ code: 4, signal: "" });
    const killed = new Session({ command: ["/bin/sleep", "1000"] });
    await killed.hasStarted();
    killed.call.write({ input: { kind: "signal", value: "KILL" } });
    expect(await killed.exit).toEqual({ code: 137, signal: "KILL" });
  });

  it("delivers a signal to a command that does not read, before input that waits for it", async () => {
    const session = new Session({ command: ["/bin/sleep", "1000"] });
    await session.hasStarted();
    // More than a pipe holds.
    for (let piece = 0; piece < 5; piece += 1) session.type("x".repeat(32 * 1024));
    session.call.write({ input: { kind: "signal", value: "TERM" } });
    expect(await session.exit).toEqual({ code: 143, signal: "TERM" });
  });

  it("refuses a signal that there is not", async () => {
    const session = new Session({ command: ["/bin/sleep", "1000"] });
    await session.hasStarted();
    session.call.write({ input: { kind: "signal", value: "NONSENSE" } });
    await expect(session.exit).rejects.toThrow(/^INVALID_ARGUMENT: .*NONSENSE/);
  });

  it("refuses what cannot be run", async () => {
    await expect(new Session({ command: ["/nonexistent"] }).exit).rejects.toThrow(
      /^FAILED_PRECONDITION: .*\/nonexistent.*ENOENT/,
    );
    await expect(new Session({ command: ["./ls"] }).exit).rejects.toThrow(/^INVALID_ARGUMENT: start\.command\[0\]: /);
    await expect(new Session({ command: ["no-such-program"] }).exit).rejects.toThrow(
      /^FAILED_PRECONDITION: .*no-such-program/,
    );
    await expect(
      new Session({ command: ["true"], environment: [{ name: "PATH", value: "/nonexistent:/etc" }] }).exit,
    ).rejects.toThrow(/^FAILED_PRECONDITION: .*\/nonexistent:\/etc/);
    expect(await new Session({ command: ["true"] }).exit).toEqual({ code: 0, signal: "" });
    const call = wrapper.duplex(wrapperService.exec);
    call.write({ input: { kind: "stdinEnd", value: true } });
    const [error] = await once(call, "error");
    expect(refusalOf(error)).toMatch(/^INVALID_ARGUMENT: start: must be the first message/);
    await expect.poll(remains, patience).toEqual([]);
  });

  it("ends at its time limit", async () => {
    const session = new Session({ command: ["/bin/sleep", "1000"], timeoutMs: 100 });
    await expect(session.exit).rejects.toThrow(/^DEADLINE_EXCEEDED: /);
    await expect.poll(() => isAlive(session.pid), patience).toBe(false);
  });

  it("leaves nothing when the client cancels, not even a descendant in a session of its own", async () => {
    const session = new Session({ command: sh("setsid sh -c 'echo $$; exec sleep 1000' & exec sleep 1000") });
    await session.sees("\n");
    const daemon = Number(session.stdout);
    session.call.cancel();
    await expect.poll(() => isAlive(session.pid), patience).toBe(false);
    const { cgroupVersion } = await wrapper.call(wrapperService.info, {});
    if (cgroupVersion > 0) await expect.poll(() => isAlive(daemon), patience).toBe(false);
    else process.kill(daemon, "SIGKILL");
    await expect.poll(remains, patience).toEqual([]);
  });

  it("leaves nothing when the client is killed", async () => {
    const client = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { Client, credentials, Metadata } from "@grpc/grpc-js";
       import { wrapperService } from "@cke/protocol";
       const client = new Client("unix:${wrapper.socket}", credentials.createInsecure());
       const open = (m) => client.makeBidiStreamRequest(m.path, m.requestSerialize, m.responseDeserialize, new Metadata());
       const exec = open(wrapperService.exec);
       exec.on("data", ({ output }) => output.kind === "startedPid" && console.log(output.value));
       exec.write({ input: { kind: "start", value: { command: ["/bin/sleep", "1000"] } } });
       const w = wrapperService.watch;
       client.makeServerStreamRequest(w.path, w.requestSerialize, w.responseDeserialize, {}).on("data", () => {});`,
      ],
      { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "inherit"] },
    );
    const [line] = await once(client.stdout, "data");
    const pid = Number(String(line));
    expect(isAlive(pid)).toBe(true);
    client.kill("SIGKILL");
    await once(client, "exit");
    await expect.poll(() => isAlive(pid), patience).toBe(false);
    await expect.poll(remains, patience).toEqual([]);
    expect((await wrapper.call(wrapperService.list, {})).processes).toEqual([]);
  });
});

describe("exec with a terminal", () => {
  it("is a terminal of the asked size, and follows its changes", async () => {
    const session = new Session({ command: ["/bin/sh"], tty: true, size: { rows: 24, columns: 80 } });
    await session.hasStarted();
    session.type("tty; stty size\n");
    await session.sees("24 80");
    expect(session.stdout).toMatch(/\/dev\/pts\/\d+/);
    session.call.write({ input: { kind: "resize", value: { rows: 50, columns: 132 } } });
    // The size is set by another process: ask until it is.
    const sizes = () => {
      session.type("stty size\n");
      return session.stdout;
    };
    await expect.poll(sizes, patience).toContain("50 132");
    session.type("exit 9\n");
    expect(await session.exit).toEqual({ code: 9, signal: "" });
    await expect.poll(remains, patience).toEqual([]);
  });

  it("tells the program about a resize (SIGWINCH)", async () => {
    const session = new Session({
      command: sh(
        `trap 'told=$(stty size)' WINCH; echo ready; while [ "$told" != "30 40" ]; do sleep 0.02; done; echo "told $told"`,
      ),
      tty: true,
      size: { rows: 10, columns: 20 },
    });
    await session.sees("ready");
    session.call.write({ input: { kind: "resize", value: { rows: 30, columns: 40 } } });
    await session.sees("told 30 40");
    expect(await session.exit).toMatchObject({ code: 0 });
  });

  it("interrupts what runs in the foreground, by key and by signal", async () => {
    const session = new Session({ command: ["/bin/sh"], tty: true });
    await session.hasStarted();
    // Quotes make what is echoed differ from what is printed.
    session.type("sh -c 'echo run\"\"ning; exec sleep 1000'\n");
    await session.sees("running");
    session.type("\x03");
    session.type('echo ali""ve\n');
    await session.sees("alive");
    session.call.write({ input: { kind: "signal", value: "KILL" } });
    expect((await session.exit).code).not.toBe(0);
  });

  it("passes arguments as they are, and the program's pid", async () => {
    const session = new Session({ command: ["/usr/bin/printf", "[%s]", "it's $HOME", "`x`"], tty: true });
    expect(await session.exit).toEqual({ code: 0, signal: "" });
    expect(session.stdout).toBe("[it's $HOME][`x`]");
    const self = new Session({ command: sh("echo pid=$$"), tty: true });
    await self.exit;
    expect(self.stdout).toBe(`pid=${self.pid}\r\n`);
  });

  it("ends when the input does", async () => {
    const session = new Session({ command: ["/bin/cat"], tty: true });
    await session.hasStarted();
    session.type("half a line");
    session.endInput();
    expect(await session.exit).toMatchObject({ code: 0 });
    expect(session.stdout).toContain("half a line");
  });

  it("leaves nothing when the client goes away", async () => {
    const session = new Session({
      command: sh("trap '' HUP TERM; echo ready; while :; do sleep 0.05; done"),
      tty: true,
    });
    await session.sees("ready");
    session.call.cancel();
    await expect.poll(() => isAlive(session.pid), patience).toBe(false);
    await expect.poll(remains, patience).toEqual([]);
  });
});
