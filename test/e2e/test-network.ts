// Where a deployment runs: a Docker network of a test, with addresses that no other network has, and a machine for its agent.
import { freePrefix, ownNetworkLabel } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/progress/stage.ts";

/** Makes the network and returns the first three bytes of its addresses (`wanted`, or free ones). */
export async function makeTestNetwork(name: string, test: string, wanted?: string): Promise<string> {
  const names = (await command("docker", ["network", "ls", "--format", "{{.Name}}"])).split("\n").filter(Boolean);
  const format = "{{range .IPAM.Config}}{{.Subnet}} {{end}}";
  const subnets = (await command("docker", ["network", "inspect", "--format", format, ...names])).split(/\s+/);
  const prefix = wanted ?? freePrefix(subnets.filter(Boolean));
  await command("docker", [
    ...["network", "create", "--label", `cke.test=${test}`, "--label", ownNetworkLabel],
    ...["--subnet", `${prefix}.0/24`, name],
  ]);
  return prefix;
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
