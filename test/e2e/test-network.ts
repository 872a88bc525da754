// Where a deployment runs: a Docker network of a test, with addresses that no other network has, and a machine for its agent.
import { startTimeOf } from "../../scripts/up/daemon.ts";
import { freePrefix, ownNetworkLabel } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { waitFor } from "./wait-for.ts";

/**
 * Makes the network and returns the first three bytes of its addresses (`prefix`, or free ones). `mtu`: default Docker's. Networks of others come and go meanwhile,
 * and may take the same addresses: then it tries again.
 */
export function makeTestNetwork(
  name: string,
  test: string,
  { prefix: wanted, mtu }: { readonly prefix?: string | undefined; readonly mtu?: number | undefined } = {},
): Promise<string> {
  return waitFor(`Docker network ${name} to be made`, async () => {
    const prefix = wanted ?? freePrefix(await subnetsInUse());
    await command("docker", [
      ...["network", "create", "--label", `${testLabel}=${test}`, "--label", `${runnerLabel}=${runnerNow()}`],
      ...["--label", ownNetworkLabel],
      ...(mtu === undefined ? [] : ["--opt", `com.docker.network.driver.mtu=${mtu}`]),
      ...["--subnet", `${prefix}.0/24`, name],
    ]);
    return prefix;
  });
}

/** Name of the deployment, and the process of the test that made it: "<pid> <start time>". */
const testLabel = "cke.test";
const runnerLabel = "cke.test.runner";
const runnerNow = () => `${process.pid} ${startTimeOf(process.pid) ?? ""}`;

/** The test that made the network; undefined when there is no such network. Rejects when nobody knows, or when the test still runs. */
export async function killedTestOf(network: string): Promise<string | undefined> {
  const format = `{{index .Labels "${testLabel}"}}\n{{index .Labels "${runnerLabel}"}}`;
  const found = await command("docker", ["network", "inspect", "--format", format, network]).catch(() => "");
  const [test = "", runner = ""] = found.split("\n");
  if (found === "") return undefined;
  const [pid, startTime] = runner.split(" ");
  if (test === "") throw new Error(`the Docker network ${network} is not of a test: this test needs its name`);
  if (startTime !== undefined && startTimeOf(Number(pid)) === startTime)
    throw new Error(`pid ${pid} runs this test on the network ${network} now`);
  return test;
}

async function subnetsInUse(): Promise<readonly string[]> {
  const names = (await command("docker", ["network", "ls", "--format", "{{.Name}}"])).split("\n").filter(Boolean);
  const format = "{{range .IPAM.Config}}{{.Subnet}} {{end}}";
  return (await command("docker", ["network", "inspect", "--format", format, ...names])).split(/\s+/).filter(Boolean);
}

/** A machine for the agent, which reaches this one at an address. */
export interface AgentMachine {
  /** Command and arguments that run a program in it, as the same process. */
  enter(...argv: readonly string[]): readonly [string, ...string[]];
  /** Of this machine, for it. */
  readonly outside: string;
  /** Its own. */
  readonly address: string;
}
