import { expect, test } from "vitest";
import type { CommandResult } from "../wrapper/wrapper-client.ts";
import { watchLxcfs } from "./lxcfs-watch.ts";

test("what cannot be read in the node is told once, and that it can be read again", async () => {
  const fine: CommandResult = { code: 0, stdout: "1 2\n", stderr: "" };
  const dead: CommandResult = {
    code: 1,
    stdout: "",
    stderr: "cat: /proc/uptime: Transport endpoint is not connected\n",
  };
  const hung: CommandResult = { code: 137, stdout: "", stderr: "" };
  const answers = [fine, undefined, dead, dead, undefined, fine, hung, fine];
  const over = new AbortController();
  const told: string[] = [];
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    after: () => () => {},
    sleep: async () => {
      if (answers.length === 0) over.abort();
    },
  };
  const wrapper = {
    run: async () => {
      const answer = answers.shift();
      if (answer === undefined) throw new Error("the wrapper does not answer");
      return answer;
    },
  };
  await watchLxcfs({ wrapper, path: "/x", clock, onChange: (problem) => told.push(problem) }, over.signal);
  expect(told).toEqual([
    expect.stringMatching(/^lxcfs at \/x on this host has died .*Transport endpoint is not connected/),
    "",
    expect.stringContaining("it was not read within 5 s"),
    "",
  ]);
});

test("without lxcfs nothing is looked at", async () => {
  const wrapper = {
    run: async () => {
      throw new Error("nobody asks");
    },
  };
  const clock = { now: () => 0, monotonic: () => 0, after: () => () => {}, sleep: async () => {} };
  await watchLxcfs({ wrapper, path: "", clock, onChange: () => {} }, new AbortController().signal);
});
