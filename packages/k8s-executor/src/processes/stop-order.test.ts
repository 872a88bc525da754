import { systemClock } from "@cke/foundation";
import { expect, test } from "vitest";
import { FakeWrapper } from "../testing/fake-wrapper.ts";
import { stopInOrder } from "./stop-order.ts";

test("goes on after a failure, and gives up at the limit", async () => {
  const wrapper = new FakeWrapper();
  wrapper.emit({ name: "b", phase: "running" });
  const options = { clock: systemClock, limitMs: 5_000, silence: new AbortController().signal };
  expect(await stopInOrder(wrapper, [{ name: "a" }, { name: "b" }], options)).toEqual(["a: no process a"]);
  wrapper.stop = () => new Promise(() => {});
  const before = systemClock.monotonic();
  await stopInOrder(wrapper, [{ name: "a" }, { name: "b" }], {
    clock: systemClock,
    limitMs: 30,
    silence: new AbortController().signal,
  });
  expect(systemClock.monotonic() - before).toBeLessThan(1_000);
});

test("asks nobody any more once the wrapper does not answer", async () => {
  const wrapper = new FakeWrapper();
  const asked: string[] = [];
  const silent = new AbortController();
  wrapper.stop = (name) => {
    asked.push(name);
    silent.abort();
    return new Promise(() => {});
  };
  const options = { clock: systemClock, limitMs: 600_000, silence: silent.signal };
  await stopInOrder(wrapper, [{ name: "a" }, { name: "b" }], options);
  await stopInOrder(wrapper, [{ name: "c" }], options);
  expect(asked).toEqual(["b"]);
});
