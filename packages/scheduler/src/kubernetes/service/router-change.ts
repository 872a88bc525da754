// Other routers for a cluster that runs: what `PATCH /k8s/v1/clusters/:name` may say of them, and how that is stored.
import type { Framework } from "../../framework/loop/framework.ts";
import { Findings } from "../../workload/body/findings.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { type ReadContext, readCluster } from "../cluster/cluster-reader.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import { type BgpSpec, routerAddresses } from "../network/network-spec.ts";
import { routersField } from "../network/router-spec.ts";
import { clusterJson } from "../views/cluster-json.ts";

/** What of a cluster can be in the way of other routers. */
const concerned =
  /^(routers|network|uplink|pod_cidr|service_cidr|loadbalancer_pool|apiserver\.address|(kube)?nodes\[\d+\]\.node_ip)\b/;

/**
 * The cluster's BGP with these routers and no others. A router that stays keeps its password. Throws SpecInvalidError: 400 for what no
 * cluster can have, 422 for what this one cannot have.
 */
export function changedRouters(spec: ClusterSpec, given: unknown, context: ReadContext): BgpSpec {
  const found = new Findings();
  const routers = found.parse(routersField, given, "routers");
  if (routers === undefined) throw new SpecInvalidError(found.problems.map(({ path, message }) => ({ path, message })));
  const { bgp } = spec;
  if (bgp === undefined) {
    const message = "the pods of this cluster are routed by static routes: BGP is asked for at its creation";
    throw new SpecInvalidError([{ path: "routers", message }], 422);
  }
  if (!context.configurations.has(spec.version)) {
    const message = `cannot be checked: there is no cke.conf-${spec.version}.yaml any more`;
    throw new SpecInvalidError([{ path: "routers", message }], 422);
  }
  const named = routers.flatMap(({ password }, index) =>
    password === undefined
      ? []
      : [
          {
            path: `routers[${index}].password`,
            message:
              "cannot be set while the cluster runs: nodes get passwords at their creation. A router that stays keeps the one that it has",
          },
        ],
  );
  if (named.length > 0) throw new SpecInvalidError(named, 422);
  const problems = problemsWith(spec, routers, context);
  if (problems.length > 0) {
    // A cluster may be older than a rule: what is wrong with it anyway is nothing of this change.
    const before = new Set(problemsWith(spec, clusterJson(spec).routers, context).map(({ message }) => message));
    const others = problems.filter(({ path, message }) => path.startsWith("routers") || !before.has(message));
    if (others.length > 0) throw new SpecInvalidError(others, 422);
  }
  const signed = new Set(bgp.routers.filter(({ password }) => password === true).map(({ address }) => address));
  return {
    ...bgp,
    routers: routers.map(({ address, asn }) => ({
      ...{ address, asn },
      ...(signed.has(address) ? { password: true as const } : {}),
    })),
  };
}

/** What is in the way of the cluster with these routers. */
function problemsWith(spec: ClusterSpec, routers: unknown, context: ReadContext): SpecInvalidError["problems"] {
  const others = context.existing.filter(({ name }) => name !== spec.name);
  try {
    // Ranges of a pool are for new clusters: without a pool the cluster has those that it really has.
    readCluster({ ...clusterJson(spec), routers }, { ...context, existing: others, pools: undefined });
    return [];
  } catch (error) {
    if (!(error instanceof SpecInvalidError)) throw error;
    return error.problems.filter(({ path }) => concerned.test(path));
  }
}

/** Stores them, in the framework's queue; returns what happens now. `cluster`: throws where the request is not possible. */
export async function changeRouters(
  framework: Framework,
  { cluster, context }: { readonly cluster: () => ClusterRecord; readonly context: () => ReadContext },
  given: unknown,
  by: string,
): Promise<string> {
  return await framework.change(async () => {
    const { ledger, logs } = framework.parts;
    const before = cluster();
    const { name } = before.spec;
    const bgp = changedRouters(before.spec, given, context());
    if (JSON.stringify(bgp) === JSON.stringify(before.spec.bgp)) return `cluster "${name}" has these routers already`;
    const workload: ClusterRecord = { ...before, spec: { ...before.spec, bgp } };
    await ledger.commit({ workload });
    const now = bgp.routers.length === 0 ? "none" : routerAddresses(bgp).join(", ");
    logs.line("info", name, `its routers are ${now} now, by ${by}`);
    return `the routers of cluster "${name}" are ${now} now: its nodes begin and end sessions, and keep all others`;
  });
}
