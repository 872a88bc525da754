// Probes of real processes: how many of their commands run at once, and what is told of what they were answered.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { type ProcessSpecInit, wrapperService } from "@cke/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WrapperFixture } from "../testing/wrapper-fixture.ts";

let wrapper: WrapperFixture;
let server: Server | undefined;
beforeAll(async () => {
  wrapper = await WrapperFixture.start();
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await wrapper.dispose();
});

const start = (spec: ProcessSpecInit) => wrapper.call(wrapperService.start, { spec: { stopGraceMs: 1, ...spec } });
const sleeper = ["/bin/sh", "-c", "exec sleep 1000"];

it("at most four commands run at once, however many probes there are, and every probe gets its turn", async () => {
  const [running, seen] = [join(wrapper.directory, "running"), join(wrapper.directory, "seen")];
  mkdirSync(running);
  mkdirSync(seen);
  // Each run leaves the number of those that it saw at work, itself included.
  const command = (name: string) => [
    "/bin/sh",
    "-c",
    `: >${running}/$$; ls ${running} | wc -l >${seen}/${name}.$$; sleep 0.2; rm ${running}/$$`,
  ];
  const names = Array.from({ length: 16 }, (_, index) => `probe${index}`);
  const health = names.map((name) => ({
    name,
    check: { kind: "exec" as const, value: { command: command(name) } },
    timeoutMs: 240_000,
  }));
  await start({ name: "probed", command: sleeper, health });
  await wrapper.waitFor("probed", ({ healthy }) => healthy);
  const runs = readdirSync(seen);
  expect(names.filter((name) => !runs.some((run) => run.startsWith(`${name}.`)))).toEqual([]);
  const counts = runs.map((run) => Number(readFileSync(join(seen, run), "utf8")));
  expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  await wrapper.call(wrapperService.stop, { name: "probed", forget: true });
});

it("the reason is one line, the raw answer is beside it and bounded", async () => {
  const body = `[+]ping ok\n[-]etcd failed: reason withheld\n[-]log failed: reason withheld\n${"x".repeat(10_000)}\n`;
  server = createServer((_request, response) => response.writeHead(500).end(body)).listen(join(wrapper.directory, "s"));
  const http = { kind: "http" as const, value: { url: "http://a/readyz", unixSocket: join(wrapper.directory, "s") } };
  await start({ name: "sick", command: sleeper, health: [{ name: "readyz", check: http, timeoutMs: 120_000 }] });
  const sick = await wrapper.waitFor("sick", ({ phase, output }) => phase === "running" && output !== "");
  expect(sick.reason).toBe("not healthy: readyz: 2 of its checks fail: etcd, log");
  expect(sick.output).toMatch(/^\[\+\]ping ok\n\[-\]etcd failed: reason withheld\n/);
  expect(Buffer.byteLength(sick.output)).toBeLessThanOrEqual(4_096);
  await wrapper.call(wrapperService.stop, { name: "sick", forget: true });

  await start({
    name: "gated",
    command: sleeper,
    startWhen: [{ name: "apiserver-ready", check: http, timeoutMs: 120_000 }],
  });
  const gated = await wrapper.waitFor("gated", ({ output }) => output !== "");
  expect(gated.reason).toBe("waiting for apiserver-ready: 2 of its checks fail: etcd, log");
  await wrapper.call(wrapperService.stop, { name: "gated", forget: true });
});

it.each([
  ["exit 3", "it is not there yet", "it is not there yet", "/bin/sh exited with 3"],
  ["echo a; echo no socket; exit 1", "it is away", "it is away: no socket", "/bin/sh exited with 1:\na\nno socket\n"],
  ["echo no socket >&2; exit 1", "", "no socket", "/bin/sh exited with 1:\nno socket\n"],
  ["exit 1", "", "its check fails", "/bin/sh exited with 1"],
  ["kill -9 $$", "", "its check fails", "/bin/sh was ended by SIGKILL"],
])(
  "a command that fails (%s) is told in an operator's words (%s), its program and code beside",
  async (script, description, words, output) => {
    const check = { kind: "exec" as const, value: { command: ["/bin/sh", "-c", script], description } };
    await start({ name: "told", command: sleeper, startWhen: [{ name: "socket", check, timeoutMs: 120_000 }] });
    const told = await wrapper.waitFor("told", (state) => state.output !== "");
    expect([told.reason, told.output]).toEqual([`waiting for socket: ${words}`, output]);
    await wrapper.call(wrapperService.stop, { name: "told", forget: true });
  },
);
