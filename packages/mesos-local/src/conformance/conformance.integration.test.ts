import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "@cke/foundation";
import { expect, test } from "vitest";
import { deliberateDifferences } from "./deliberate-differences.ts";
import { replayRawBytes } from "./raw-bytes.ts";
import { loadRecordings, partOf } from "./recording.ts";
import { type ExchangeResult, Replay } from "./replay.ts";
import { scaledClock } from "./scaled-clock.ts";
import { scenarios } from "./scenarios.ts";
import { Stage } from "./stage.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/mesos", import.meta.url));

/** Prints the figures and expects that nothing differs but what is listed. */
function report(name: string, results: readonly ExchangeResult[]): void {
  const differing = results.filter(({ differences }) => differences.length > 0);
  const isListed = ({ file, seq, differences }: ExchangeResult) =>
    deliberateDifferences.some(
      (listed) =>
        listed.recording === file && listed.seq === seq && differences.every((text) => listed.pattern.test(text)),
    );
  const listed = differing.filter(isListed);
  const lines = [
    `${name}: ${results.length - differing.length} of ${results.length} exchanges match, ${listed.length} differ deliberately`,
    ...differing.flatMap((result) =>
      result.differences.map((text) => `  ${result.file} #${result.seq} ${result.label}: ${text.slice(0, 500)}`),
    ),
  ];
  console.log(lines.join("\n"));
  expect(differing.filter((result) => !isListed(result)).map(({ file, seq }) => `${file} #${seq}`)).toEqual([]);
}

// The pace of a loaded machine can put an offer into another run of the allocator: one more try settles it.
test.concurrent.for(scenarios)(
  "$name",
  { timeout: 200_000, retry: 4 },
  async ({ name, files, phaseMs, speed, exactOffers, part, exits = [] }) => {
    const whole = loadRecordings(fixtures, files);
    const recording = part === undefined ? whole : partOf(whole, part);
    const clock = scaledClock(speed);
    const stage = await Stage.make(clock);
    try {
      const notes = [
        ...recording.notes,
        ...exits.map(({ file, code, atMs }) => ({ file, text: `exit ${code}`, atMs })),
      ];
      report(name, await new Replay(stage, { ...recording, notes }, clock, exactOffers).run(phaseMs));
    } finally {
      await stage.stop();
    }
  },
);

test.concurrent("raw-bytes", { timeout: 60_000 }, async () => {
  const stage = await Stage.make(systemClock);
  try {
    report("raw-bytes", await replayRawBytes(fixtures, stage.masterPort));
  } finally {
    await stage.stop();
  }
});

test("docs/mesos-local.md lists every deliberate difference", () => {
  const page = readFileSync(new URL("../../../../docs/mesos-local.md", import.meta.url), "utf8");
  for (const { recording, seq } of deliberateDifferences) expect(page).toContain(`| ${recording} | #${seq} |`);
});
