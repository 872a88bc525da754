// The nodes of the cluster: what each has, what its pods have asked for, and what is used.
import { useEffect, useState } from "preact/hooks";
import type { ClusterClient } from "../cluster-api/cluster-client.ts";
import { type Json, nameOf } from "../cluster-api/objects.ts";
import { bytesText, cpuText } from "../cluster-api/quantity.ts";
import { type Amount, nodeUse, usedOf } from "../kinds/node-use.ts";
import { useLiveList, usePage } from "./hooks.ts";
import { routeText } from "./route.ts";

/** Between two questions to the kubelets for what is used. */
const usageMs = 10_000;

export function NodesView({ filter }: { readonly filter: string }) {
  const nodes = useLiveList("/api/v1/nodes");
  const pods = useLiveList("/api/v1/pods");
  const used = useUsage(nodes.items.map(nameOf).sort());
  const problem = nodes.problem || pods.problem;
  return (
    <section>
      {problem !== "" && <p role="alert">{problem}</p>}
      <p role="status">{nodes.read ? `${nodes.items.length}` : "Reading…"}</p>
      <div class="wide">
        <table>
          <caption class="hidden">Nodes</caption>
          <thead>
            <tr>
              {["Name", "Status", "Roles", "Version", "Address", "CPUs", "Memory", "Pods"].map((title) => (
                <th scope="col" key={title}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {nodes.items.map((node) => (
              <NodeRow key={nameOf(node)} node={node} pods={pods.items} used={used.get(nameOf(node))} filter={filter} />
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft">CPUs and memory: used now, asked for by pods, and what pods may take.</p>
    </section>
  );
}

interface NodeRowProps {
  readonly node: Json;
  readonly pods: readonly Json[];
  readonly used: Amount | undefined;
  readonly filter: string;
}

function NodeRow({ node, pods, used, filter }: NodeRowProps) {
  const { name, status, mood, roles, version, address, allocatable, requested, pods: count } = nodeUse(node, pods);
  return (
    <tr>
      <td>
        <a href={routeText({ view: "nodes", name, namespace: "", filter })}>{name}</a>
      </td>
      <td data-mood={mood}>{status}</td>
      <td>{roles}</td>
      <td>{version}</td>
      <td>{address}</td>
      <td>
        <Share
          part={used?.cpu}
          asked={requested.cpu}
          whole={allocatable.cpu}
          text={cpuText}
          label={`CPUs of ${name}`}
        />
      </td>
      <td>
        <Share
          part={used?.memory}
          asked={requested.memory}
          whole={allocatable.memory}
          text={bytesText}
          label={`Memory of ${name}`}
        />
      </td>
      <td>
        {count.count} of {count.most}
      </td>
    </tr>
  );
}

interface ShareProps {
  readonly part: number | undefined;
  readonly asked: number;
  readonly whole: number;
  readonly text: (value: number) => string;
  readonly label: string;
}

function Share({ part, asked, whole, text, label }: ShareProps) {
  return (
    <>
      <meter min={0} max={whole} high={whole * 0.9} value={part ?? asked} aria-label={label} />{" "}
      {part === undefined ? "?" : text(part)} / {text(asked)} / {text(whole)}
    </>
  );
}

/** By name of the node; what a kubelet does not answer is left out. */
function useUsage(names: readonly string[]): ReadonlyMap<string, Amount> {
  const { client } = usePage();
  const [used, setUsed] = useState<ReadonlyMap<string, Amount>>(new Map());
  const key = names.join("\n");
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      const found = await Promise.all(
        key
          .split("\n")
          .filter(Boolean)
          .map((name) => usageOf(client, name, gone.signal)),
      );
      if (gone.signal.aborted) return;
      setUsed(new Map(found.filter((entry) => entry !== undefined)));
      timer = setTimeout(() => void look(), usageMs);
    };
    void look();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [client, key]);
  return used;
}

async function usageOf(
  client: ClusterClient,
  name: string,
  signal: AbortSignal,
): Promise<readonly [string, Amount] | undefined> {
  try {
    const path = `/api/v1/nodes/${encodeURIComponent(name)}/proxy/stats/summary?only_cpu_and_memory=true`;
    const used = usedOf(await client.json(path, { signal }));
    return used === undefined ? undefined : [name, used];
  } catch {
    return undefined;
  }
}
