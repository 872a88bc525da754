import { systemClock } from "@cke/foundation";
import type { BgpReport } from "@cke/protocol";
import { expect, test } from "vitest";
import type { Command, PutFile } from "../wrapper/wrapper-client.ts";
import { configureBird, reloadBird, withdrawBlock } from "./bird-control.ts";
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

test("the daemon is told of a configuration, and reads it itself while it does not run", async () => {
  const { bird, wrapper } = fakeBird();
  await configureBird(wrapper, "a");
  bird.reboot = "12:00";
  await configureBird(wrapper, "ab");
  await expect.poll(() => bird.calls).toEqual([expect.any(String), "configure", expect.any(String), "configure"]);
});

test("what it has refused is told again when the same is written again", async () => {
  const { bird, wrapper } = fakeBird();
  bird.reboot = "12:00";
  bird.configure = "bird.conf:7:3 syntax error\n";
  for (let attempt = 0; attempt < 2; attempt += 1)
    await expect(configureBird(wrapper, "a")).rejects.toThrow("bird.conf:7:3 syntax error");
  bird.configure = "Reconfigured\n";
  await configureBird(wrapper, "a");
});

test("what it refuses is told", async () => {
  const { bird, wrapper } = fakeBird();
  bird.reboot = "12:00";
  bird.configure =
    "Reading configuration from /etc/cke/bird/bird.conf\n/etc/cke/bird/bird.conf:7:3 syntax error, unexpected TEXT\n";
  await expect(reloadBird(wrapper)).rejects.toThrow(
    "its BIRD does not take its configuration: /etc/cke/bird/bird.conf:7:3 syntax error, unexpected TEXT",
  );
});

test("sessions and flaps are told when they change, and a daemon that has begun reads its configuration again", async () => {
  const { bird, wrapper } = fakeBird();
  const told: BgpReport[] = [];
  const life = new AbortController();
  const watching = watchBird(
    { wrapper, clock: systemClock, onChange: (report) => told.push(report), periodMs: 1 },
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

test("a node that ends takes its block back, and a node that does not answer holds nothing up", async () => {
  const { bird, wrapper } = fakeBird();
  await withdrawBlock(wrapper);
  expect(bird.calls).toEqual(["pods"]);
  await withdrawBlock({ run: () => Promise.reject(new Error("gone")) });
});
