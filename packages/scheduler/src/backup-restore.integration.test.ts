// A backup of each kind of store, made and restored with the commands of docs/operations.md, under real servers and an embedded
// Mesos: what was in the backup runs on untouched, also a node that was launched anew since; what was created later is
// stopped.
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EtcdServer, ZooKeeperServer } from "@cke/test-servers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { smallBody } from "./kubernetes/testing/user-bodies.ts";
import { SchedulerGroup } from "./testing/scheduler-group.ts";

const run = promisify(execFile);
const later = smallBody({ name: "later", network: "of-later" });

interface Place {
  readonly flags: readonly string[];
  /** Of a running store, or of one whose schedulers are stopped. */
  readonly live: boolean;
  readonly backup: () => Promise<void>;
  /** Every scheduler is stopped. */
  readonly restore: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const places: Readonly<Record<string, (directory: string) => Promise<Place>>> = {
  etcd: async (directory) => {
    const server = await EtcdServer.start();
    const snapshot = join(directory, "cke.db");
    const etcdctl = (...args: readonly string[]) =>
      run("etcdctl", [...args], { env: { ...process.env, ETCDCTL_API: "3" } });
    return {
      flags: ["-storage_type", "etcd", "-storage_servers", server.url],
      live: true,
      backup: async () => {
        await etcdctl(`--endpoints=${server.url}`, "snapshot", "save", snapshot);
      },
      restore: async () => {
        await server.halt();
        await rm(server.dataDirectory, { recursive: true });
        await etcdctl("snapshot", "restore", snapshot, "--data-dir", server.dataDirectory, ...server.member);
        await server.start();
      },
      stop: () => server.stop(),
    };
  },
  ZooKeeper: async (directory) => {
    const server = await ZooKeeperServer.start();
    const data = join(server.dataDirectory, "version-2");
    const copy = join(directory, "version-2");
    return {
      flags: ["-storage_type", "zookeeper", "-storage_servers", server.address],
      live: true,
      backup: () => cp(data, copy, { recursive: true }),
      restore: async () => {
        await server.halt();
        await rm(data, { recursive: true });
        await cp(copy, data, { recursive: true });
        await server.start();
      },
      stop: () => server.stop(),
    };
  },
  sqlite: async (directory) => {
    const file = join(directory, "cke.db");
    return {
      flags: ["-storage_type", "sqlite", "-storage_servers", file],
      live: false,
      backup: async () => {
        await run("sqlite3", [file, `VACUUM INTO '${join(directory, "cke-backup.db")}'`]);
      },
      restore: async () => {
        await rm(`${file}-wal`, { force: true });
        await cp(join(directory, "cke-backup.db"), file);
      },
      stop: async () => {},
    };
  },
};

describe.each(Object.keys(places))("the backup of %s", (name) => {
  let directory: string;
  let place: Place;
  let group: SchedulerGroup;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "cke-backup-"));
    const open = places[name];
    if (open === undefined) throw new Error(name);
    place = await open(directory);
    group = await SchedulerGroup.start({ storage: place.flags, size: 1, ttlSeconds: 10 });
  });
  afterEach(async () => {
    await group.stop();
    await place.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const stopAll = () =>
    Promise.all(
      group.members.map(async ({ process }) => {
        if (process.over) return;
        process.signal("SIGTERM");
        expect(await process.ended).toBe(0);
      }),
    );
  const names = async () => (await group.list(await group.leader())).toSorted();

  test("B11: the restored store takes back what runs, and what it does not know is stopped", async () => {
    await group.runningCluster(await group.leader());
    if (!place.live) await stopAll();
    await place.backup();
    if (!place.live) await group.add();

    const leader = await group.leader();
    // Since the backup: a cluster more, and a node that was launched anew.
    expect((await group.create(leader, later)).status).toBe(201);
    await expect
      .poll(async () => (await group.processes(leader, "later")).status, { timeout: 120_000 })
      .toBe("running");
    const first = await group.processes(leader);
    await group.killExecutor(first.nodes[1]?.[0] ?? "");
    await expect
      .poll(async () => (await group.processes(leader)).nodes[1]?.[0], { timeout: 120_000 })
      .not.toBe(first.nodes[1]?.[0]);
    await expect.poll(async () => (await group.processes(leader)).status, { timeout: 120_000 }).toBe("running");
    const before = await group.processes(leader);
    expect([before.nodes[0], before.nodes[2]]).toEqual([first.nodes[0], first.nodes[2]]);

    await stopAll();
    await place.restore();
    const restored = await group.add();
    expect(await names()).toEqual(["my"]);
    await expect
      .poll(async () => (await group.processes(restored)).nodes.map(([incarnation]) => incarnation), {
        timeout: 120_000,
      })
      .toEqual(before.nodes.map(([incarnation]) => incarnation));
    await expect
      .poll(() => restored.process.stderr, { timeout: 120_000 })
      .toContain("a task that is in no record is killed");
    await expect.poll(async () => (await group.processes(restored)).status, { timeout: 120_000 }).toBe("running");
    expect(restored.tap.since(0, "ACCEPT")).toEqual([]);
    expect(restored.tap.killed().filter((taskId) => !taskId.startsWith("cke.later."))).toEqual([]);
    await expect.poll(() => group.executors(), { timeout: 120_000 }).toEqual(before.nodes.map(([id]) => id).toSorted());
  });
});
