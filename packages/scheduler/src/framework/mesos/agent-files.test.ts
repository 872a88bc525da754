import { describe, expect, it } from "vitest";
import type { AskAgent } from "../interfaces/mesos-connection.ts";
import { AgentFiles, addressOf } from "./agent-files.ts";

const agents = { get_agents: { agents: [{ agent_info: { id: { value: "S1" } }, pid: "slave(1)@10.0.0.7:5051" }] } };
const never = new AbortController().signal;
const agent = { host: "10.0.0.7", port: 5051 };
const files = (answer: Awaited<ReturnType<AskAgent>>, body: unknown = agents) =>
  new AgentFiles({
    frameworkId: () => "F",
    ask: async () => ({ kind: "answered", body }),
    askAgent: async () => answer,
  });
const answered = (body: unknown) => files({ kind: "answered", body });

it.each([
  ["slave(1)@10.0.0.7:5051", { host: "10.0.0.7", port: 5051 }],
  ["slave(1)@[fd00::7]:5051", { host: "fd00::7", port: 5051 }],
  ["slave(12)@agent.example:80", { host: "agent.example", port: 80 }],
])("the address of %s", (pid, address) => {
  expect(addressOf(pid)).toEqual(address);
});

it.each(["", "slave(1)", "slave(1)@10.0.0.7", "@:1"])("%j has no address", (pid) => {
  expect(() => addressOf(pid)).toThrow("the address of the agent is not readable");
});

describe("AgentFiles", () => {
  it("finds an agent and the sandbox of an executor", async () => {
    expect(await answered({}).locate("S1")).toEqual(agent);
    expect(answered({}).sandbox("E")).toBe("/frameworks/F/executors/E/runs/latest");
    await expect(answered({}).locate("S2")).rejects.toMatchObject({ code: "agent_unknown" });
    const strange = files({ kind: "answered", body: {} }, { get_agents: 7 });
    await expect(strange.locate("S1")).rejects.toMatchObject({ code: "agent_unreachable", status: 502 });
  });

  it("lists and reads", async () => {
    const info = { path: "/frameworks/x/stdout", size: 7, mtime: { nanoseconds: "1893456000123000000" } };
    const listed = await answered({ list_files: { file_infos: [info] } }).list(agent, "/x", never);
    expect(listed).toEqual([{ name: "stdout", size: 7, modifiedAtMs: 1_893_456_000_123 }]);
    const read = answered({ read_file: { size: 7, data: Buffer.from("abc").toString("base64") } });
    const part = await read.read(agent, { path: "/x", offset: 0, length: 3 }, never);
    expect({ ...part, data: Buffer.from(part.data).toString() }).toEqual({ size: 7, data: "abc" });
  });

  it.each([
    [
      { kind: "failed", reason: "404", status: 404 },
      { code: "file_not_found", status: 404 },
    ],
    [
      { kind: "failed", reason: "401 no", status: 401 },
      { code: "agent_unreachable", status: 502 },
    ],
    [{ kind: "failed", reason: "connect ECONNREFUSED" }, { code: "agent_unreachable" }],
    [{ kind: "answered", body: { read_file: { size: -1 } } }, { code: "agent_unreachable" }],
  ] as const)("%j is an error with a reason", async (answer, error) => {
    await expect(files(answer).read(agent, { path: "/x", offset: 0, length: 1 }, never)).rejects.toMatchObject(error);
  });
});
