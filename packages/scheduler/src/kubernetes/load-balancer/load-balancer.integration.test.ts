// Hosts of clusters against a load balancer that knows exactly the calls of its API: as nodes come and go, over outages, and over a scheduler
// that is killed at every moment.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BalancerWorld } from "./testing/balancer-world.ts";
import { type Fate, StrictSpider } from "./testing/strict-spider.ts";

const worker = (name: string, ip: string) => ({ name, type: "node", ip });

let spider: StrictSpider;
let world: BalancerWorld;
const start = async () => {
  spider = await StrictSpider.start();
  world = new BalancerWorld(spider);
  await world.restart();
};
beforeEach(start);
afterEach(async () => {
  await world.balancer.stop();
  await spider.stop();
  expect(spider.violations).toEqual([]);
});

const two = [worker("n0", "10.0.0.2"), worker("n1", "10.0.0.3")];

describe("hosts", () => {
  it("come with nodes that run, and go with them; the address of the load balancer is shown", async () => {
    spider.vips.set("vpc1", ["10.9.9.9"]);
    world.down.add("n1");
    await world.set({ nodes: two });
    await world.settle();
    expect(spider.hostsOf("vpc1")).toEqual(["10.0.0.2"]);
    world.down.delete("n1");
    await world.settle();
    expect(spider.hostsOf("vpc1")).toEqual(["10.0.0.2", "10.0.0.3"]);
    expect(world.view("c")).toEqual({
      vpc: "vpc1",
      vip: ["10.9.9.9"],
      hosts: ["10.0.0.2", "10.0.0.3"],
      adding: [],
      removing: [],
      problem: "",
      certificate_problem: "",
    });
    // It is launched again: traffic finds it when it is back.
    world.down.add("n1");
    await world.settle();
    expect(spider.hostsOf("vpc1")).toEqual(["10.0.0.2", "10.0.0.3"]);
    await world.set({ nodes: two.slice(0, 1) });
    await world.settle();
    expect(spider.hostsOf("vpc1")).toEqual(["10.0.0.2"]);
    expect(world.told).toContain("info c: the load balancer has no more the hosts 10.0.0.3");
    spider.vips.set("vpc1", ["10.9.9.10"]);
    await world.clock.advance(61_000);
    await world.settle();
    expect(world.view("c")?.vip).toEqual(["10.9.9.10"]);
  });

  it("of two clusters on one vpc are not taken from each other; services go with the last one", async () => {
    spider.services.set("vpc1", new Set(["s1", "s2"]));
    spider.services.set("vpc2", new Set(["other"]));
    await world.set({ name: "a", nodes: [worker("a0", "10.0.0.2")] });
    await world.set({ name: "b", nodes: [worker("b0", "10.0.0.3")] });
    await world.settle();
    await world.set({ name: "a", nodes: [worker("a0", "10.0.0.2")], deleting: true });
    await world.settle();
    await world.remove("a");
    await world.settle();
    expect(spider.hostsOf("vpc1")).toEqual(["10.0.0.3"]);
    expect(spider.servicesOf("vpc1")).toEqual(["s1", "s2"]);
    await world.remove("b");
    await world.settle();
    expect(spider.hostsOf("vpc1")).toEqual([]);
    expect(spider.servicesOf("vpc1")).toEqual([]);
    expect(spider.servicesOf("vpc2")).toEqual(["other"]);
    expect(await world.store.keys("load-balancer/")).toEqual([]);
  });

  it.each([
    ["before they are listed", "POST /v1/spider/cke/host/update", ["s1", "s2"]],
    ["after they are listed", "GET /v1/spider/lb/service/get", ["s1", "s2"]],
    ["after one was deleted", "DELETE /v1/spider/lb/service/del/", ["s2"]],
  ])(
    "of a vpc stay for a cluster that is created while the last one's are taken back: %s",
    async (_title, moment, left) => {
      spider.services.set("vpc1", new Set(["s1", "s2"]));
      await world.set({ name: "a", nodes: [worker("a0", "10.0.0.2")] });
      await world.settle();
      let created: Promise<void> | undefined;
      spider.fate = (request) => {
        if (request === moment) created ??= world.set({ name: "b", nodes: [worker("b0", "10.0.0.3")] });
        return "answer";
      };
      await world.remove("a");
      await world.settle();
      expect(created).toBeDefined();
      await created;
      await world.settle();
      expect([spider.hostsOf("vpc1"), spider.servicesOf("vpc1")]).toEqual([["10.0.0.3"], left]);
      await world.remove("b");
      await world.settle();
      expect(spider.servicesOf("vpc1")).toEqual([]);
    },
  );

  it("of a cluster that is created again at once stay", async () => {
    await world.set({ nodes: two });
    await world.settle();
    await world.remove("c");
    await world.set({ nodes: two, createdAtMs: 2 });
    await world.settle();
    expect(spider.hostsOf("vpc1")).toEqual(["10.0.0.2", "10.0.0.3"]);
    expect(await world.store.keys("load-balancer/")).toEqual(["load-balancer/clusters/c"]);
  });
});

describe("an outage of the load balancer", () => {
  it.each<Fate>(["refuse", "cut-before", "cut-after"])(
    "%s: it is shown, told, and tried again ever more rarely",
    async (fate) => {
      spider.fate = () => fate;
      await world.set({ nodes: two });
      await world.settle();
      expect(world.view("c")?.problem).toMatch(
        /^the load balancer does not do what is asked of it: POST .*; tried again at 20/,
      );
      expect(world.view("c")?.adding).toEqual(["10.0.0.2", "10.0.0.3"]);
      for (let second = 0; second < 300; second += 1) {
        await world.clock.advance(1_000);
        await world.settle();
      }
      expect(spider.requests.length).toBeLessThan(15);
      expect(world.told).toHaveLength(1);
      spider.fate = () => "answer";
      await world.clock.advance(61_000);
      await world.settle();
      expect(world.view("c")).toMatchObject({ hosts: ["10.0.0.2", "10.0.0.3"], problem: "" });
      expect(world.told.at(-1)).toContain("answers again");
    },
  );

  it("holds up no delete: what is left is taken back later, also by a later scheduler", async () => {
    await world.set({ nodes: two });
    await world.settle();
    spider.fate = () => "refuse";
    await world.set({ nodes: two, deleting: true });
    await world.settle();
    expect(world.view("c")?.removing).toEqual(["10.0.0.2", "10.0.0.3"]);
    await world.remove("c");
    await world.restart();
    await world.settle();
    expect(await world.store.keys("load-balancer/")).toEqual(["load-balancer/tombstones/c@1"]);
    spider.fate = () => "answer";
    await world.clock.advance(61_000);
    await world.settle();
    expect(spider.hostsOf("vpc1")).toEqual([]);
    expect(await world.store.keys("load-balancer/")).toEqual([]);
  });

  it("that lasts for two weeks is given up for a cluster that is gone", async () => {
    await world.set({ nodes: two });
    await world.settle();
    spider.fate = () => "refuse";
    await world.remove("c");
    await world.settle();
    await world.clock.advance(15 * 86_400_000);
    await world.settle();
    expect(await world.store.keys("load-balancer/")).toEqual([]);
  });

  it("without an endpoint nothing is asked, and what is registered is shown as such", async () => {
    await world.set({ nodes: two });
    await world.settle();
    await world.restart(false);
    await world.settle();
    expect(world.view("c")).toMatchObject({
      hosts: ["10.0.0.2", "10.0.0.3"],
      problem: expect.stringContaining("-k8s_spider"),
    });
    await world.set({ name: "new", nodes: [worker("x", "10.0.0.9")] });
    expect(world.view("new")).toBeNull();
  });
});

describe("a scheduler that is killed", () => {
  /** Nodes come and go, and two clusters are removed; returns what was to be registered at each stage and what was. */
  const story = async () => {
    spider.services.set("vpc1", new Set(["s1", "s2"]));
    spider.fate = () => world.fate();
    const seen: (readonly string[])[] = [];
    const stage = async () => {
      await world.settle();
      seen.push([...spider.hostsOf("vpc1"), ...spider.servicesOf("vpc1")]);
    };
    await world.set({ nodes: two });
    await world.set({ name: "d", nodes: [worker("d0", "10.0.0.4")] });
    await stage();
    await world.set({ nodes: two.slice(0, 1) });
    await stage();
    await world.set({ nodes: two.slice(0, 1), deleting: true });
    await stage();
    await world.remove("c");
    await stage();
    await world.set({ name: "d", nodes: [worker("d0", "10.0.0.4")], deleting: true });
    await world.remove("d");
    await stage();
    return seen;
  };
  const expected = [
    ["10.0.0.2", "10.0.0.3", "10.0.0.4", "s1", "s2"],
    ["10.0.0.2", "10.0.0.4", "s1", "s2"],
    ["10.0.0.4", "s1", "s2"],
    ["10.0.0.4", "s1", "s2"],
    [],
  ];

  it("at any moment, before and after each commit and each call, ends with the same", async () => {
    let moments = 0;
    for (let moment = 1; ; moment += 1) {
      await world.balancer.stop();
      await spider.stop();
      await start();
      world.callsLeft = moment;
      expect(await story(), `killed at moment ${moment}`).toEqual(expected);
      expect(await world.store.keys("load-balancer/"), `killed at moment ${moment}`).toEqual([]);
      expect(spider.violations).toEqual([]);
      if (world.callsLeft !== Number.POSITIVE_INFINITY) break;
      moments = moment;
    }
    expect(moments).toBeGreaterThan(25);
  });
});
