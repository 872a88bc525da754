import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadRecordings } from "./recording.ts";
import { Replay } from "./replay.ts";
import { scaledClock } from "./scaled-clock.ts";
import { scenarios } from "./scenarios.ts";
import { Stage } from "./stage.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/mesos", import.meta.url));

test.for(scenarios)("$name", { timeout: 300_000 }, async ({ name, files, phaseMs, exits = [] }) => {
  const recording = loadRecordings(fixtures, files);
  const clock = scaledClock(Number(process.env.SCALE ?? 4));
  const stage = await Stage.make(clock);
  try {
    const notes = [...recording.notes, ...exits.map(({ file, code, atMs }) => ({ file, text: `exit ${code}`, atMs }))];
    const results = await new Replay(stage, { ...recording, notes }, clock).run(phaseMs);
    const matching = results.filter(({ differences }) => differences.length === 0);
    console.log(`${name}: ${matching.length} of ${results.length} exchanges match`);
    for (const { file, seq, label, differences } of results) {
      for (const difference of differences)
        console.log(`  ${file} #${seq} ${label}: ${difference.slice(0, Number(process.env.CUT ?? 600))}`);
    }
    expect(matching.length).toBeGreaterThan(0);
  } finally {
    await stage.stop();
  }
});
