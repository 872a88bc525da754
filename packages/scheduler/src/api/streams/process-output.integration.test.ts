// The output of a process that really runs in a wrapper, through the API of a leader and of a follower.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StreamFixture } from "@cke/k8s-executor/testing/stream-fixture";
import type { FileRequest, FilesRequest } from "@cke/protocol";
import { wrapperService } from "@cke/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { StreamsFixture } from "../testing/streams-fixture.ts";

let node: StreamFixture;
let fixture: StreamsFixture;
beforeAll(async () => {
  node = await StreamFixture.start();
  const { streams, wrapper } = node;
  /** A container has the wrapper's directory at its usual place. */
  const inWrapper = (path: string) => path.replace("/var/log/cke", `${wrapper.directory}/output`);
  fixture = await StreamsFixture.start({
    exec: (...asked) => streams.exec(...asked),
    tunnel: (...asked) => streams.tunnel(...asked),
    probe: (...asked) => streams.probe(...asked),
    failureCode: (error) => streams.failureCode(error),
    file: (asked: FileRequest, signal) => streams.file({ ...asked, path: inWrapper(asked.path) }, signal),
    files: (asked: FilesRequest, signal) => streams.files({ directory: inWrapper(asked.directory) }, signal),
  });
});
afterAll(async () => {
  await fixture.stop();
  await node.dispose();
});

const files = "/k8s/v1/clusters/my/nodes/n0/processes/etcd/files";
const line = (index: number) => `line ${String(index).padStart(34, "0")}\n`;
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => line(from + index)).join("");

describe("a process whose output is rotated while it is read", () => {
  const lines = 30_000;

  test("followers of it miss nothing and get nothing twice, from the beginning and from the end", async () => {
    // It writes when those who read the whole are there: on a busy machine the first rotation would come before them.
    const begin = join(node.wrapper.directory, "begin");
    await node.wrapper.call(wrapperService.start, {
      spec: {
        name: "etcd",
        command: [
          "/bin/sh",
          "-c",
          `while [ ! -e '${begin}' ]; do sleep 0.02; done; i=0; while [ $i -lt ${lines} ]; do printf 'line %034d\\n' $i; i=$((i+1)); [ $((i % 500)) = 0 ] && sleep 0.07; done; exec sleep 1000`,
        ],
        outputRotateBytes: 131_072,
        outputKeep: 50,
      },
    });
    const exists = async () => (await fetch(`${fixture.leader}${files}/stdout`, { method: "HEAD" })).status;
    await expect.poll(exists).toBe(200);
    const follow = async (who: "leader" | "follower", query: string) => {
      const gone = new AbortController();
      const answer = await fetch(`${fixture.of(who)}${files}/stdout?follow=true${query}`, { signal: gone.signal });
      expect(answer.status).toBe(200);
      return async () => {
        let text = "";
        for await (const chunk of answer.body ?? []) {
          text += Buffer.from(chunk).toString();
          if (text.endsWith(line(lines - 1))) break;
        }
        gone.abort();
        return text;
      };
    };
    const [readWhole, readPassedOn] = await Promise.all([follow("leader", ""), follow("follower", "")]);
    await writeFile(begin, "");
    const readTail = await follow("leader", "&offset=-40");
    const [whole, passedOn, tail] = await Promise.all([readWhole(), readPassedOn(), readTail()]);
    expect(whole === numbered(0, lines)).toBe(true);
    expect(passedOn === numbered(0, lines)).toBe(true);
    const first = Math.ceil(lines - tail.length / 40);
    expect(tail.endsWith(numbered(first, lines))).toBe(true);
  });

  test("the list and the rotated files make up the whole", async () => {
    const listed = z.object({ files: z.array(z.object({ name: z.string(), size: z.number() })) });
    const list = async () => listed.parse(await (await fetch(`${fixture.follower.url}${files}`)).json()).files;
    await expect.poll(async () => (await list()).map(({ name }) => name)).toContain("stdout.1");
    // No rotation is to come any more: the file is shorter than its bound.
    await expect
      .poll(async () => (await list()).find(({ name }) => name === "stdout")?.size ?? Number.MAX_VALUE)
      .toBeLessThan(131_072);
    const numberOf = (name: string) => Number(name.split(".")[1] ?? 0);
    const present = (await list()).filter(({ name }) => name.startsWith("stdout"));
    let text = "";
    for (const { name, size } of present.toSorted((a, b) => numberOf(b.name) - numberOf(a.name))) {
      const answer = await fetch(`${fixture.leader}${files}/${name}`);
      const part = await answer.text();
      expect([name, part.length, Number(answer.headers.get("content-length"))]).toEqual([name, size, size]);
      text += part;
    }
    expect(text === numbered(0, lines)).toBe(true);
    const ranged = await fetch(`${fixture.leader}${files}/stdout`, { headers: { range: "bytes=-40" } });
    expect([ranged.status, await ranged.text()]).toEqual([206, line(lines - 1)]);
  });
});
