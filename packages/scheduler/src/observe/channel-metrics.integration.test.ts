// What a real channel does is counted, and what is over is counted no longer.
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { dialStatus, useChannels, wrong } from "../channel/testing/dialled-channels.ts";
import { addChannelMetrics } from "./channel-metrics.ts";

const never = new AbortController().signal;
const { start } = useChannels();

test("channels, streams by kind, openings by outcome, refused dials and bytes", async () => {
  const metrics = new Registry();
  const observer = addChannelMetrics(metrics);
  const lines = async () => (await metrics.metrics()).split("\n").filter((line) => /^cke_channel/.test(line));
  expect(await lines()).toContain('cke_channel_openings_total{outcome="opened"} 0');

  const pair = await start({ observer });
  const channel = await pair.open();
  const stream = await channel.exec({ command: ["cat"] }, never);
  await stream.write(Buffer.alloc(100_000, "x"));
  let echoed = 0;
  for await (const event of stream.events()) {
    if (event.kind === "stdout") echoed += event.data.length;
    if (echoed === 100_000) break;
    expect(await lines()).toEqual(
      expect.arrayContaining([
        "cke_channels 1",
        'cke_channel_streams{kind="exec"} 1',
        expect.stringMatching(/opened"} 1$/),
      ]),
    );
  }
  await expect.poll(lines).toContain('cke_channel_streams{kind="exec"} 0');
  expect(await dialStatus(pair.url, { "x-cke-channel": "x", "x-cke-channel-secret": wrong })).toBe(403);
  await pair.executor.stop();
  await expect.poll(lines).toContain("cke_channels 0");
  expect(await lines()).toContain("cke_channel_dials_refused_total 1");
  for (const direction of ["received", "sent"]) {
    const line = (await lines()).find((one) => one.startsWith(`cke_channel_bytes_total{direction="${direction}"}`));
    expect(Number(line?.split(" ")[1])).toBeGreaterThan(100_000);
  }

  const silent = await start({ observer, delivers: () => false, secretMs: 100 });
  await expect(silent.open()).rejects.toMatchObject({ code: "executor_silent" });
  expect(await lines()).toContain('cke_channel_openings_total{outcome="executor_silent"} 1');
});
