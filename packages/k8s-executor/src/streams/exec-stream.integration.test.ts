// Commands in a node, between the executor's client and a real wrapper.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExecStart } from "@cke/protocol";
import { isAlive } from "@cke/wrapper/testing/wrapper-fixture";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { never, patience, StreamFixture, sh } from "../testing/stream-fixture.ts";

let node: StreamFixture;
beforeAll(async () => {
  node = await StreamFixture.start();
});
afterEach(() => node.closeServers());
afterAll(() => node.dispose());

describe("exec", () => {
  it.each([
    [{ command: sh("echo out; echo err >&2; exit 7") }, { code: 7, signal: "", stdout: "out\n", stderr: "err\n" }],
    [{ command: sh("kill -KILL $$") }, { code: 137, signal: "KILL", stdout: "", stderr: "" }],
    [{ command: ["printf", "%s", "a b'c$d"] }, { code: 0, signal: "", stdout: "a b'c$d", stderr: "" }],
    [
      { command: ["pwd"], workingDirectory: "/usr" },
      { code: 0, signal: "", stdout: "/usr\n", stderr: "" },
    ],
    [
      { command: sh("echo $A"), environment: [{ name: "A", value: "ä" }] },
      { code: 0, signal: "", stdout: "ä\n", stderr: "" },
    ],
    [
      { command: sh("id -u; id -g; id -G; echo $HOME; echo x >/dev/stdout"), user: "daemon" },
      { code: 0, signal: "", stdout: "1\n1\n1\n/usr/sbin\nx\n", stderr: "" },
    ],
    [
      { command: sh("id -u; id -g; echo $HOME"), user: "4242:daemon" },
      { code: 0, signal: "", stdout: "4242\n1\n/\n", stderr: "" },
    ],
    [
      { command: ["stty", "size"], tty: true, size: { rows: 33, columns: 121 } },
      { code: 0, stdout: "33 121\r\n" },
    ],
    [
      { command: ["stty", "size"], tty: true },
      { code: 0, stdout: "24 80\r\n" },
    ],
    [
      { command: sh("id -un; stty size <$(tty)"), tty: true, user: "daemon" },
      { code: 0, stdout: "daemon\r\n24 80\r\n" },
    ],
    [{ command: sh("kill -KILL $$"), tty: true }, { code: 137 }],
  ])("%j", async (init, expected) => {
    const { stdout, stderr, ...rest } = await node.run(init);
    expect({ ...rest, stdout: stdout.toString(), stderr: stderr.toString() }).toMatchObject(expected);
  });

  it("carries every byte both ways, in pieces of any length", async () => {
    const input = Buffer.alloc(3_000_001, Buffer.from(Array.from({ length: 251 }, (_, byte) => byte)));
    const { stdout, code } = await node.run({ command: ["cat"] }, input);
    expect(code).toBe(0);
    expect(stdout.equals(input)).toBe(true);
  });

  it.each([
    [{ command: [] }, "invalid-argument", "start.command"],
    [{ command: ["./x"] }, "invalid-argument", "start.command[0]"],
    [{ command: ["true", "a\0b"] }, "invalid-argument", "start.command[1]"],
    [{ command: ["true"], environment: [{ name: "A=B", value: "" }] }, "invalid-argument", "start.environment[0].name"],
    [{ command: ["true"], workingDirectory: "usr" }, "invalid-argument", "start.working_directory"],
    [{ command: ["true"], size: { rows: 0, columns: 80 } }, "invalid-argument", "start.size"],
    [{ command: ["true"], user: "nobody-knows" }, "invalid-argument", "start.user"],
    [{ command: ["true"], user: "root:nobody-knows" }, "invalid-argument", "start.user"],
    [{ command: ["true"], user: "a:b:c" }, "invalid-argument", "start.user"],
    [{ command: ["true", "x".repeat(70_000)] }, "invalid-argument", "start"],
    [{ command: ["/nonexistent"] }, "failed-precondition", "cannot start /nonexistent"],
    [{ command: ["/etc/passwd"] }, "failed-precondition", "cannot start /etc/passwd"],
    [{ command: ["no-such-program"] }, "failed-precondition", "cannot start no-such-program"],
    [{ command: ["true"], workingDirectory: "/nonexistent" }, "failed-precondition", "working directory /nonexistent"],
    [{ command: ["sleep", "1000"], timeoutMs: 50 }, "deadline", "50 ms"],
  ])("refuses %j", async (init, status, words) => {
    await expect(node.run(init)).rejects.toMatchObject({ kind: status, message: expect.stringContaining(words) });
  });

  it("runs nothing as root for a wrapper that does not know users", async () => {
    const stream = node.earlier.exec(ExecStart.create({ command: ["true"], user: "daemon" }), never);
    await stream.send({ input: { kind: "stdinEnd", value: true } });
    await expect(stream.output[Symbol.asyncIterator]().next()).rejects.toMatchObject({ kind: "unimplemented" });
  });

  it("resizes its terminal and delivers signals", async () => {
    const { command, output } = await node.start({
      command: sh("trap 'stty size' WINCH; trap 'exit 5' USR1; echo ready; while :; do sleep 0.05; done"),
      tty: true,
    });
    let text = "";
    for (let next = await output.next(); !next.done; next = await output.next()) {
      const message = next.value.output;
      if (message?.kind === "stdout") text += Buffer.from(message.value).toString();
      if (message?.kind === "exit") expect(message.value.code).toBe(5);
      if (text === "ready\r\n") await command.send({ input: { kind: "resize", value: { rows: 50, columns: 132 } } });
      if (text.includes("50 132")) await command.send({ input: { kind: "signal", value: "USR1" } });
    }
    expect(text).toContain("50 132");
  });

  it.each([
    ["a process that ends by SIGHUP", "exec sleep 1000"],
    [
      "one that ignores everything, in a session of its own",
      "trap '' HUP TERM; setsid sleep 1000 & sleep 1000; sleep 1000",
    ],
  ])("leaves nothing when its caller aborts: %s", async (_, script) => {
    for (const tty of [false, true]) {
      const ending = new AbortController();
      const { command, output, pid } = await node.start({ command: sh(script), tty }, ending.signal);
      ending.abort();
      await expect(output.next()).rejects.toMatchObject({ kind: "cancelled" });
      await command.send({ input: { kind: "stdin", value: Buffer.from("x") } });
      await expect.poll(() => isAlive(pid), patience).toBe(false);
    }
    await expect.poll(() => node.wrapper.sessionCgroups(), patience).toEqual([]);
  });

  it("gives what runs a second to hear of the end of its terminal", async () => {
    const path = join(node.wrapper.directory, "heard");
    // On a busy machine a second may be too short for the shell: then another one is tried. Without that second none is ever heard.
    const heard = async () => {
      const ending = new AbortController();
      const { output, pid } = await node.start(
        { command: sh(`trap 'sleep 0.2; echo heard >${path}; exit' HUP; echo ready; while :; do sleep 0.02; done`) },
        ending.signal,
      );
      await output.next();
      ending.abort();
      await expect.poll(() => isAlive(pid), patience).toBe(false);
      return textOf(path);
    };
    await expect.poll(heard, patience).toBe("heard\n");
  });

  it("ends when nobody reads its output any more", async () => {
    const { output, pid } = await node.start({ command: sh("while :; do echo x; sleep 0.02; done") });
    await output.return?.();
    await expect.poll(() => isAlive(pid), patience).toBe(false);
  });
});

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
