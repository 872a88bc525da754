// Finding the leading master through a real ZooKeeper: election, failover, loss and return of ZooKeeper itself.
import { silentLogger, systemClock } from "@cke/foundation";
import { TcpProxy, ZooKeeperServer } from "@cke/test-servers";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ElectedMaster } from "../testing/elected-master.ts";
import { SchedulerHarness, subscribed } from "../testing/scheduler-harness.ts";
import { parseMasterAddress } from "./master-address.ts";
import { masterDetector } from "./master-detection.ts";

const harness = new SchedulerHarness();
const elected: ElectedMaster[] = [];
let server: ZooKeeperServer;
let paths = 0;

beforeAll(async () => {
  server = await ZooKeeperServer.start();
});
afterEach(async () => {
  await harness.stop();
  await Promise.all(elected.splice(0).map((master) => master.leave()));
});
afterAll(() => server.stop());

/** A path of its own for each test, below a chroot's. */
const newPath = () => `/site/mesos-${++paths}`;

async function join(path: string, port: number): Promise<ElectedMaster> {
  const master = await ElectedMaster.join(server.address, path, port);
  elected.push(master);
  return master;
}

async function leave(master: ElectedMaster): Promise<void> {
  elected.splice(elected.indexOf(master), 1);
  await master.leave();
}

function connect(path: string, address = server.address) {
  const detector = masterDetector(parseMasterAddress(`zk://${address}${path}`), {
    clock: systemClock,
    logger: silentLogger,
    secure: false,
  });
  return harness.connect([], { detector });
}

test("B3: the leader is found, and a failover is followed at once while the old leader's stream stays open", async () => {
  const [one, two] = [await harness.master(), await harness.master()];
  const path = newPath();
  const leader = await join(path, one.port);
  await join(path, two.port);
  const { events, connection } = connect(path);
  const first = await one.subscriptions.next();
  first.accept(subscribed());
  await events.next();
  await leave(leader);
  (await two.subscriptions.next()).accept(subscribed());
  await events.next();
  await first.closed;
  expect(await connection.call({ type: "REVIVE" })).toMatchObject({ kind: "accepted" });
  expect(two.calls.pending).toHaveLength(1);
});

test("B3: nobody leads yet, not even the path is there: the first master is subscribed to when it comes", async () => {
  const one = await harness.master();
  const path = newPath();
  const proxy = await TcpProxy.start(server.port);
  try {
    const { events } = connect(path, proxy.address);
    await expect.poll(() => proxy.passed.down).toBeGreaterThan(1);
    await join(path, one.port);
    (await one.subscriptions.next()).accept(subscribed());
    await events.next();
  } finally {
    await harness.stop();
    await proxy.stop();
  }
});

test("B3: ZooKeeper is killed: the subscription stays; a leader that changed meanwhile is followed when it is back", async () => {
  const [one, two] = [await harness.master(), await harness.master()];
  const path = newPath();
  const proxy = await TcpProxy.start(server.port);
  try {
    const leader = await join(path, one.port);
    const { events, connection } = connect(path, proxy.address);
    const first = await one.subscriptions.next();
    first.accept(subscribed());
    await events.next();
    proxy.cut();
    await join(path, two.port);
    await leave(leader);
    // It has tried in vain to look again.
    await expect.poll(() => proxy.refused).toBeGreaterThan(1);
    expect(connection.state).toBe("subscribed");
    proxy.heal();
    (await two.subscriptions.next()).accept(subscribed());
    await events.next();
    await first.closed;
  } finally {
    await harness.stop();
    await proxy.stop();
  }
});

test("B3: a ZooKeeper server that hangs without a word is left for another one", async () => {
  const [one, two] = [await harness.master(), await harness.master()];
  const path = newPath();
  const [hanging, other] = [await TcpProxy.start(server.port), await TcpProxy.start(server.port)];
  try {
    const leader = await join(path, one.port);
    other.cut();
    const { events } = connect(path, `${hanging.address},${other.address}`);
    const first = await one.subscriptions.next();
    first.accept(subscribed());
    await events.next();
    other.heal();
    hanging.stall();
    await join(path, two.port);
    await leave(leader);
    (await two.subscriptions.next()).accept(subscribed());
    await events.next();
  } finally {
    await harness.stop();
    await Promise.all([hanging.stop(), other.stop()]);
  }
});
