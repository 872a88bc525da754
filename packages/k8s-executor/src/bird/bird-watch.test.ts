import { systemClock } from "@cke/foundation";
import type { BgpReport } from "@cke/protocol";
import { expect, test } from "vitest";
import type { Command, PutFile } from "../wrapper/wrapper-client.ts";
import { type Announces, BirdControl } from "./bird-control.ts";
import { watchBird } from "./bird-watch.ts";

const away = "Unable to connect to server control socket (/run/bird/bird.ctl): No such file or directory";
const ready = "BIRD 2.0.12 ready.\n";
const up = (since: string) =>
  `${ready}node.n1    BGP        ---        up     ${since}  Established\n  BGP state:          Established\n    Neighbor address: 10.0.0.2\n`;

/** What its birdc says. */
function fakeBird() {
  const bird = {
    reboot: "",
    file: "",
    sessions: "",
    configure: "Reading configuration from x\nReconfigured\n",
    calls: [] as string[],
  };
  const wrapper = {
    putFile: async ({ path, content }: PutFile) => {
      const text = `${path} ${Buffer.from(content).toString()}`;
      const changed = bird.file !== text;
      bird.file = text;
      bird.calls.push("put");
      return changed;
    },
    run: async ({ command }: Command) => {
      const line = command.at(-1) ?? "";
      bird.calls.push(line);
      if (bird.reboot === "") return { code: 1, stdout: "", stderr: away };
      const stdout = {
        "show status": `${ready}Last reboot on ${bird.reboot}\n`,
        configure: `${ready}${bird.configure}`,
      };
      return {
        code: 0,
        stdout: Object.entries(stdout).find(([key]) => key === line)?.[1] ?? bird.sessions,
        stderr: "",
      };
    },
  };
  return { bird, wrapper };
}

test("the daemon is told of another configuration, and reads it itself while it does not run", async () => {
  const { bird, wrapper } = fakeBird();
  const control = new BirdControl();
  await control.configure(wrapper, () => "a");
  bird.reboot = "12:00";
  await control.configure(wrapper, () => "ab");
  expect(bird.calls).toEqual(["put", "configure", "put", "configure"]);
  await control.configure(wrapper, () => "ab");
  expect(bird.calls.slice(4)).toEqual(["put"]);
});

test("what it has refused is told again when the same is written again", async () => {
  const { bird, wrapper } = fakeBird();
  const control = new BirdControl();
  bird.reboot = "12:00";
  bird.configure = "bird.conf:7:3 syntax error\n";
  for (let attempt = 0; attempt < 2; attempt += 1)
    await expect(control.configure(wrapper, () => "a")).rejects.toThrow("bird.conf:7:3 syntax error");
  bird.configure = "Reconfigured\n";
  await control.configure(wrapper, () => "a");
  expect(bird.calls.filter((call) => call === "configure")).toHaveLength(3);
});

test("a file that was perhaps written, by a write that failed, is read", async () => {
  const { bird, wrapper } = fakeBird();
  const control = new BirdControl();
  bird.reboot = "12:00";
  await control.configure(wrapper, () => "a");
  const lost = async (file: PutFile) => {
    await wrapper.putFile(file);
    throw new Error("cut off");
  };
  await expect(control.configure({ ...wrapper, putFile: lost }, () => "ab")).rejects.toThrow("cut off");
  await control.configure(wrapper, () => "ab");
  expect(bird.calls).toEqual(["put", "configure", "put", "put", "configure"]);
});

test("what it refuses is told", async () => {
  const { bird, wrapper } = fakeBird();
  bird.reboot = "12:00";
  bird.configure =
    "Reading configuration from /etc/cke/bird/bird.conf\n/etc/cke/bird/bird.conf:7:3 syntax error, unexpected TEXT\n";
  await expect(new BirdControl().reload(wrapper)).rejects.toThrow(
    "its BIRD does not take its configuration: /etc/cke/bird/bird.conf:7:3 syntax error, unexpected TEXT",
  );
});

test("sessions and flaps are told when they change, and a daemon that has begun reads its configuration again", async () => {
  const { bird, wrapper } = fakeBird();
  const told: BgpReport[] = [];
  const life = new AbortController();
  const watching = watchBird(
    { wrapper, bird: new BirdControl(), clock: systemClock, onChange: (report) => told.push(report), periodMs: 1 },
    life.signal,
  );
  await expect.poll(() => told.at(-1)?.problem).toBe("its BIRD does not run");
  bird.sessions = up("2026-12-01 01:00:00");
  bird.reboot = "12:00";
  await expect.poll(() => told.at(-1)).toMatchObject({ problem: "", sessions: 1, established: 1, flaps: 0 });
  expect(bird.calls.filter((call) => call === "configure")).toHaveLength(1);
  bird.sessions = up("2026-12-01 01:00:09");
  await expect.poll(() => told.at(-1)?.flaps).toBe(1);
  bird.reboot = "";
  await expect.poll(() => told.at(-1)).toMatchObject({ problem: "its BIRD does not run", sessions: 1, flaps: 1 });
  expect(told).toHaveLength(4);
  life.abort();
  await watching;
});

test("a router that is down is told once, also while BIRD tries again, and what only counts routes is told more rarely", async () => {
  const { bird, wrapper } = fakeBird();
  bird.reboot = "12:00";
  const told: BgpReport[] = [];
  const life = new AbortController();
  const watching = watchBird(
    { wrapper, bird: new BirdControl(), clock: systemClock, onChange: (report) => told.push(report), periodMs: 1 },
    life.signal,
  );
  const looks = async (state: string) => {
    bird.sessions = `${ready}router.r   BGP        ---        start  2026-12-01 01:00:00  ${state}\n`;
    const before = bird.calls.length;
    await expect.poll(() => bird.calls.length).toBeGreaterThan(before + 4);
  };
  for (const word of ["Connect", "Active", "Connect", "Active"]) await looks(`${word}  Socket: No route to host`);
  expect(told.map(({ shown }) => shown[0]?.info)).toEqual(["Connect Socket: No route to host"]);
  await looks("Active  Socket: Connection refused");
  expect(told).toHaveLength(1);
  life.abort();
  await watching;
});

test("a node that ends takes its block back, and nothing that comes later announces it again", async () => {
  const { bird, wrapper } = fakeBird();
  const control = new BirdControl();
  bird.reboot = "12:00";
  const text = (peers: string) => (announces: Announces) => `${peers} ${announces.any ? "block" : "nothing"}`;
  const under = Promise.withResolvers<void>();
  const slow = async (file: PutFile) => {
    await under.promise;
    return await wrapper.putFile(file);
  };
  const late = control.configure({ ...wrapper, putFile: slow }, text("one"));
  const withdrawn = control.withdraw(wrapper, systemClock);
  under.resolve();
  await Promise.all([late, withdrawn]);
  expect([bird.file, bird.calls]).toEqual([
    "/etc/cke/bird/bird.conf one nothing",
    ["put", "configure", "put", "configure"],
  ]);
  await control.configure(wrapper, text("two"));
  await control.configure(wrapper, text("two"));
  expect([bird.file, bird.calls.slice(4)]).toEqual([
    "/etc/cke/bird/bird.conf two nothing",
    ["put", "configure", "put"],
  ]);
});

test("what a node can take decides what it announces, as soon as it has a configuration", async () => {
  const { bird, wrapper } = fakeBird();
  const control = new BirdControl();
  bird.reboot = "12:00";
  const text = ({ services, api }: Announces) => `${services} ${api}`;
  await control.serve({ services: true, api: false });
  expect(bird.calls).toEqual([]);
  await control.configure(wrapper, text);
  await control.serve({ services: true, api: true });
  await control.serve({ services: true, api: true });
  expect([bird.file, bird.calls]).toEqual([
    "/etc/cke/bird/bird.conf true true",
    ["put", "configure", "put", "configure", "put"],
  ]);
});

test("a node whose configuration this executor has not written takes its block back too, and none that is silent holds anything up", async () => {
  const { bird, wrapper } = fakeBird();
  await new BirdControl().withdraw(wrapper, systemClock);
  expect(bird.calls).toEqual(["pods", "services", "api"]);
  bird.calls.length = 0;
  await new BirdControl().withdraw(wrapper, systemClock, "gateway");
  expect(bird.calls).toEqual(["own", "way", '"router.*"']);
  const run = () => Promise.reject(new Error("gone"));
  await new BirdControl().withdraw({ ...wrapper, run }, systemClock);
  const waits: number[] = [];
  const clock = { ...systemClock, sleep: async (ms: number) => void waits.push(ms) };
  await new BirdControl().withdraw({ ...wrapper, run: () => new Promise(() => {}) }, clock);
  expect(waits).toEqual([2_000]);
});
