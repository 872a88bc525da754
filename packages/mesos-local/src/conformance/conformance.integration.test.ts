import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { deliberateDifferences } from "./deliberate-differences.ts";
import { replayElection } from "./election.ts";
import { replayRawBytes } from "./raw-bytes.ts";
import { loadRecordings } from "./recording.ts";
import { type ExchangeResult, Replay } from "./replay.ts";
import { scenarios } from "./scenarios.ts";
import { Stage } from "./stage.ts";
import { StageClock } from "./stage-clock.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/mesos", import.meta.url));

const isListed = (file: string, seq: number, difference: string) =>
  deliberateDifferences.some(
    (listed) => listed.recording === file && listed.seq === seq && listed.pattern.test(difference),
  );

/** Prints the figures and expects that nothing differs but what is listed. */
function report(name: string, results: readonly ExchangeResult[]): void {
  const differing = results.filter(({ differences }) => differences.length > 0);
  const isDeliberate = ({ file, seq, differences }: ExchangeResult) =>
    differences.every((text) => isListed(file, seq, text));
  const listed = differing.filter(isDeliberate);
  const lines = [
    `${name}: ${results.length - differing.length} of ${results.length} exchanges match, ${listed.length} differ deliberately`,
    ...differing.flatMap((result) =>
      result.differences.map((text) => `  ${result.file} #${result.seq} ${result.label}: ${text.slice(0, 500)}`),
    ),
  ];
  console.log(lines.join("\n"));
  expect(differing.filter((result) => !isDeliberate(result)).map(({ file, seq }) => `${file} #${seq}`)).toEqual([]);
}

test.for(scenarios)("$name", { timeout: 600_000 }, async (scenario) => {
  const { name, files, phaseMs, flags, omitted = [], notes = [] } = scenario;
  const whole = loadRecordings(fixtures, files);
  const exchanges = whole.exchanges.filter(({ file, exchange }) => !omitted.includes(`${file} #${exchange.seq}`));
  const recording = { exchanges, notes: [...whole.notes, ...notes] };
  const clock = new StageClock();
  const stage = await Stage.make(clock, flags);
  try {
    const replay = new Replay(stage, recording, clock, { ...scenario, isListed });
    report(name, await replay.run(phaseMs));
  } finally {
    await stage.stop();
  }
});

test("raw-bytes", { timeout: 600_000 }, async () => {
  const clock = new StageClock();
  const stage = await Stage.make(clock);
  try {
    report("raw-bytes", await clock.during(replayRawBytes(fixtures, stage.masterPort)));
  } finally {
    await stage.stop();
  }
});

test("ha-redirect", { timeout: 600_000 }, async () => {
  report("ha-redirect", await replayElection(fixtures));
});

test("docs/mesos-local.md lists every deliberate difference", () => {
  const page = readFileSync(new URL("../../../../docs/mesos-local.md", import.meta.url), "utf8");
  for (const { recording, seq } of deliberateDifferences) expect(page).toContain(`| ${recording} | #${seq} |`);
});
