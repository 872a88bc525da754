import { expect, test } from "vitest";
import { GroupSync } from "./group-sync.ts";

function disk() {
  const rounds: PromiseWithResolvers<void>[] = [];
  const group = new GroupSync(() => {
    const round = Promise.withResolvers<void>();
    rounds.push(round);
    return round.promise;
  });
  const done: string[] = [];
  const write = (name: string) => {
    group.wrote();
    group.durable().then(
      () => done.push(name),
      () => done.push(`${name} failed`),
    );
  };
  const end = async (round: number) => {
    rounds[round]?.resolve();
    for (let step = 0; step < 8; step += 1) await Promise.resolve();
  };
  return { group, rounds, done, write, end };
}

test("B9: a write is durable only after a sync that began after it; those that waited share one", async () => {
  const { rounds, done, write, end } = disk();
  write("a");
  write("b");
  write("c");
  expect(rounds).toHaveLength(1);
  await end(0);
  expect(done).toEqual(["a"]);
  expect(rounds).toHaveLength(2);
  await end(1);
  expect(done).toEqual(["a", "b", "c"]);
  expect(rounds).toHaveLength(2);
});

test("nothing written, nothing to wait for", async () => {
  const { group, rounds } = disk();
  await group.durable();
  expect(rounds).toEqual([]);
});

test("after a failed sync no write is ever called durable", async () => {
  const { rounds, done, write } = disk();
  write("a");
  rounds[0]?.reject(new Error("EIO"));
  for (let step = 0; step < 8; step += 1) await Promise.resolve();
  write("b");
  for (let step = 0; step < 8; step += 1) await Promise.resolve();
  expect(done).toEqual(["a failed", "b failed"]);
  expect(rounds).toHaveLength(1);
});
