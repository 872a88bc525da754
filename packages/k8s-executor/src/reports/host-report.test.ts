import { type Clock, silentLogger } from "@cke/foundation";
import { ExecutorMessage, HostReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { EngineError, type ImageInfo, type NetworkInfo } from "../docker/engine.ts";
import { hostReport } from "./host-report.ts";
import { HostReporter } from "./host-reporter.ts";

const network = (name: string, driver = "bridge"): NetworkInfo => ({
  name,
  driver,
  scope: "local",
  ranges: [{ subnet: "10.77.0.0/24", gateway: "10.77.0.1" }],
  holders: new Map(),
});
const image = (name: string, labels = {}): ImageInfo => ({ name, id: `sha256:${name}`, labels });
const interest = { network: "z", image: "cke.local/cke-kube-node:v1.37.2" };

test("networks that nodes can use, and images of nodes; what the node asks for comes first", () => {
  const report = hostReport(
    [network("bridge"), network("host", "host"), network("none", "null"), network("z"), network("a", "overlay")],
    [
      image("debian:12"),
      image("cke.local/cke-kube-node:v1.36.3"),
      image("other/node:1", { "cke.kubernetes.version": "1.35.0" }),
      image("cke.local/cke-kube-node:v1.37.2"),
    ],
    interest,
  );
  expect(report.networks.map(({ name, driver }) => `${name} ${driver}`)).toEqual([
    "z bridge",
    "a overlay",
    "bridge bridge",
  ]);
  expect(report.networks[0]).toMatchObject({
    scope: "local",
    ranges: [{ subnet: "10.77.0.0/24", gateway: "10.77.0.1" }],
  });
  expect(report.images.map(({ name }) => name)).toEqual([
    "cke.local/cke-kube-node:v1.37.2",
    "cke.local/cke-kube-node:v1.36.3",
    "other/node:1",
  ]);
});

test("a host with very much of everything gives a small report that has what the node asks for", () => {
  const many = Array.from({ length: 2_000 }, (_, index) => index);
  const long = "x".repeat(10_000);
  const report = hostReport(
    [...many.map((index) => network(`n${index}`, long)), network(long), network("z")],
    [...many.map((index) => image(`cke.local/cke-kube-node:v${index}`)), image(long), image(interest.image)],
    interest,
  );
  expect([report.networks[0]?.name, report.images[0]?.name]).toEqual(["z", interest.image]);
  expect(HostReport.encode(report).length).toBeLessThan(32 * 1024);
});

/** Moves minute by minute; between two of them everything that was set off runs to its end. */
class SteppedClock implements Clock {
  #now = 0;
  readonly #timers = new Map<() => void, number>();

  now = () => this.#now;
  monotonic = () => this.#now;
  sleep = (ms: number) => new Promise<void>((resolve) => void this.after(ms, resolve));

  after(ms: number, callback: () => void): () => void {
    this.#timers.set(callback, this.#now + ms);
    return () => this.#timers.delete(callback);
  }

  async minutes(count: number): Promise<void> {
    for (let minute = 0; minute < count; minute += 1) {
      this.#now += 60_000;
      for (const [callback, at] of this.#timers) if (at <= this.#now && this.#timers.delete(callback)) callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function reporter() {
  const clock = new SteppedClock();
  const sent: HostReport[] = [];
  const engine = { networks: [network("z")], images: [image(interest.image)], broken: false };
  const answer = <T>(value: T) =>
    engine.broken ? Promise.reject(new EngineError("no engine", { code: "ENOENT" })) : Promise.resolve(value);
  const options = {
    engine: { networks: () => answer(engine.networks), images: () => answer(engine.images) },
    interest,
    clock,
    logger: silentLogger,
    send: (data: Uint8Array) => {
      const { message } = ExecutorMessage.decode(data);
      if (message?.kind === "host") sent.push(message.value);
    },
  };
  return { clock, sent, engine, reporter: new HostReporter(options) };
}

test("tells at once, what changes within a minute, and all of it now and then", async () => {
  const { clock, sent, engine, reporter: it } = reporter();
  it.begin();
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toHaveLength(1);
  await clock.minutes(2);
  expect(sent).toHaveLength(1);
  engine.networks.push(network("new"));
  await clock.minutes(1);
  expect(sent.at(-1)?.networks.map(({ name }) => name)).toEqual(["z", "new"]);
  expect(sent).toHaveLength(2);
  await clock.minutes(11);
  expect(sent).toHaveLength(3);
  await it.look(true);
  expect(sent).toHaveLength(4);
  it.stop();
  await clock.minutes(60);
  expect(sent).toHaveLength(4);
});

test("an engine that does not answer is nothing to tell, and is asked again", async () => {
  const { clock, sent, engine, reporter: it } = reporter();
  engine.broken = true;
  it.begin();
  await clock.minutes(1);
  expect(sent).toHaveLength(0);
  engine.broken = false;
  await clock.minutes(1);
  expect(sent).toHaveLength(1);
  it.stop();
});
