// `pnpm bench operate`: how long it takes to change a cluster that runs. A worker is also added to the same processes that a
// plain shell script has started, in turn with CKE, so that a slow machine is slow for both.
import { Deployment, prepared } from "../../test/e2e/deployment.ts";
import { top } from "../up/paths.ts";
import { command } from "../up/progress/stage.ts";
import { median, table } from "./measurement/table.ts";
import { type Mark, timelineRows } from "./operate/launch-timeline.ts";
import { OperatedCluster } from "./operate/operated-cluster.ts";

/** A new worker is Ready after so many times what the script needs. */
const budget = 1.15;
const rounds = Number(process.env.CKE_OPERATE_ROUNDS ?? 5);

async function scriptSeconds(): Promise<number> {
  const { image } = prepared();
  const text = await command("scripts/bare-cluster", ["--image", image, "--join"], { cwd: top });
  await command("scripts/bare-cluster", ["--down"], { cwd: top });
  const value = /^joined_ready ([\d.]+)$/m.exec(text)?.[1];
  if (value === undefined) throw new Error(`scripts/bare-cluster printed no joined_ready:\n${text}`);
  return Number(value);
}

async function repeated(times: number, measure: (round: number) => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let round = 0; round < times; round += 1) values.push(await measure(round));
  return values;
}

const seconds = (values: readonly number[]) => [
  `${median(values).toFixed(2)} s (least ${Math.min(...values).toFixed(2)})`,
  values.map((value) => value.toFixed(2)).join(" "),
];

/** Prints the table; returns a line for each exceeded budget. */
export async function benchOperate(): Promise<string[]> {
  const deployment = new Deployment({ name: "operate" });
  try {
    await deployment.start();
    const cluster = new OperatedCluster(deployment);
    await cluster.create();
    // The first one of each does not count: caches are cold.
    await scriptSeconds();
    await cluster.addWorker("first", 30);
    const script: number[] = [];
    const added: number[] = [];
    const launches: (readonly Mark[])[] = [];
    for (let round = 0; round < rounds; round += 1) {
      script.push(await scriptSeconds());
      const node = `added${round}`;
      added.push(await cluster.addWorker(node, 31 + round));
      launches.push(await cluster.launchOf(node));
    }
    const rows = [["figure", "measured", "runs"]];
    const row = (...cells: string[]) => {
      console.log(`  ${cells.join(": ")}`);
      rows.push(cells);
    };
    row("a worker is added by a script, until it is Ready", ...seconds(script));
    row("a worker is added by CKE, until it is Ready", ...seconds(added));
    row(
      "a process is restarted, until it is healthy",
      ...seconds(await repeated(rounds, () => cluster.restartProcess())),
    );
    row("first byte of a terminal", ...seconds(await repeated(rounds, () => cluster.terminal())));
    row("output of a process is read", `${((await cluster.readFile()) / 1e6).toFixed(0)} MB/s`, "");
    row("a worker with 20 pods is drained and removed", ...seconds([await cluster.drain("added0", 20)]));
    row("from 1 master to 3, until all are members", ...seconds([await cluster.addMasters()]));
    console.log(table(rows));
    console.log(`\nwhere the time of a new worker goes (medians of ${rounds})\n${table(timelineRows(launches))}\n`);
    const ratio = median(added) / median(script);
    console.log(`a new worker takes ${ratio.toFixed(2)} times the script, the bar is ${budget}`);
    return ratio > budget ? [`POST nodes -> Ready takes ${ratio.toFixed(2)} times the script, budget ${budget}`] : [];
  } finally {
    await deployment.stop();
  }
}
