// Where a deployment runs: a Docker network of a test, with addresses that no other network has, and a machine for its agent.
import { freePrefix, ownNetworkLabel } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { waitFor } from "./wait-for.ts";

/**
 * Makes the network and returns the first three bytes of its addresses (`wanted`, or free ones). Networks of others come and go meanwhile,
 * and may take the same addresses: then it tries again.
 */
export function makeTestNetwork(name: string, test: string, wanted?: string): Promise<string> {
  return waitFor(`Docker network ${name} to be made`, async () => {
    const prefix = wanted ?? freePrefix(await subnetsInUse());
    await command("docker", [
      ...["network", "create", "--label", `cke.test=${test}`, "--label", ownNetworkLabel],
      ...["--subnet", `${prefix}.0/24`, name],
    ]);
    return prefix;
  });
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
