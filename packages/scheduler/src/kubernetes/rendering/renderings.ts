// The renderings of all nodes, made when their cluster was created. They are kept packed, and unpacked for a launch. A
// store of an older version has none: its clusters are rendered once, at the start.
import { type Clock, type Logger, TimeSlice } from "@cke/foundation";
import type { Store, StoreOperation } from "../../store/store.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import type { PresentRenderer } from "./current-renderer.ts";
import { Interned } from "./interned.ts";
import type { NodeOutline } from "./node-outline.ts";
import type { RenderedNode } from "./node-renderer.ts";
import {
  earlierPodCidr,
  type PackedRendering,
  renderingKey,
  renderingPrefix,
  type StoredRendering,
  storedRenderingSchema,
  storeRendering,
  unpackRendering,
  unreadable,
} from "./stored-rendering.ts";

/** Most unpacked renderings in memory, about 30 KB each. */
const unpackedLimit = 64;

/** The renderings of a cluster, to be stored with it. */
export interface NewRenderings {
  readonly operations: readonly StoreOperation[];
  readonly nodes: ReadonlyMap<string, StoredRendering>;
  /** `v1.36.3` */
  readonly kubernetes: string;
}

export interface LoadedClusters {
  readonly clusters: readonly ClusterRecord[];
  readonly nodesOf: (cluster: string) => readonly UnitRecord[];
}

type NamedCluster = Pick<ClusterSpec, "name">;

export class Renderings {
  readonly #present: PresentRenderer;
  readonly #clock: Clock;
  readonly #clusters = new Map<string, Map<string, PackedRendering>>();
  readonly #outlines = new Interned<NodeOutline>();
  /** By key, the last used one last. */
  readonly #unpacked = new Map<string, RenderedNode>();

  constructor(present: PresentRenderer, clock: Clock) {
    this.#present = present;
    this.#clock = clock;
  }

  /**
   * Renders a new cluster, or some nodes of a cluster. Throws CkeError `configuration_invalid`. Store the operations with
   * it, then call `keep`.
   */
  create(spec: ClusterSpec, names?: ReadonlySet<string>): NewRenderings {
    const rendered = this.#present.render(spec, names);
    const nodes = new Map([...rendered].map(([name, node]) => [name, storeRendering(node, this.#present.version)]));
    const [first] = rendered.values();
    return {
      nodes,
      operations: [...nodes].map(([name, value]) => ({ op: "put", key: renderingKey(spec.name, name), value })),
      kubernetes: first?.kubeNode.labels["cke.kubernetes"] ?? "",
    };
  }

  /**
   * The rendering of a node after `edit`. `fresh` renders the node of this specification anew. Undefined for a node that
   * was never rendered. Throws CkeError `configuration_invalid`. Store the operations, then call `keep`.
   */
  change(
    spec: ClusterSpec,
    node: string,
    edit: (rendered: RenderedNode, fresh: () => RenderedNode) => RenderedNode,
  ): Pick<NewRenderings, "operations" | "nodes"> | undefined {
    const before = this.stored(spec, node);
    const rendered = this.node(spec, node);
    if (before === undefined || rendered === undefined) return undefined;
    // Its kubeconfigs say where its programs find the API server, and stay as they are.
    const balancerPort = rendered.kubeNode.apiBalancer?.port ?? 0;
    const fresh = () => this.#present.render(spec, new Set([node]), balancerPort).get(node) ?? rendered;
    const stored = storeRendering(edit(rendered, fresh), before.renderedBy);
    return {
      operations: [{ op: "put", key: renderingKey(spec.name, node), value: stored }],
      nodes: new Map([[node, stored]]),
    };
  }

  /** Keeps renderings that are stored now. */
  keep(cluster: string, { nodes }: Pick<NewRenderings, "nodes">): void {
    for (const [node, stored] of nodes) this.#remember(cluster, node, stored);
  }

  /** Reads everything and renders what has no rendering yet. Throws CkeError `store_corrupt`. */
  async load(store: Store, { clusters, nodesOf }: LoadedClusters, logger: Logger): Promise<void> {
    const wanted = new Set(clusters.flatMap(({ spec }) => spec.units.map(({ name }) => renderingKey(spec.name, name))));
    const stale: StoreOperation[] = [];
    const pace = new TimeSlice(this.#clock);
    for (const { key, value } of await store.list("renderings/")) {
      await pace.pause();
      const [, cluster = "", node = ""] = key.split("/");
      const parsed = storedRenderingSchema.safeParse(value);
      if (!wanted.has(key)) stale.push({ op: "delete", key });
      else if (parsed.success) this.#remember(cluster, node, parsed.data);
      else throw unreadable(key, parsed.error.issues[0]?.message ?? "");
    }
    if (stale.length > 0) await store.commit(stale);
    for (const { spec } of clusters) {
      await pace.pause();
      await this.#complete(store, spec, nodesOf(spec.name), logger);
    }
  }

  /** One node, unpacked for a launch; undefined when its cluster was never rendered (`problem` has the reason). */
  node(spec: NamedCluster, node: string): RenderedNode | undefined {
    const key = renderingKey(spec.name, node);
    const packed = this.stored(spec, node);
    if (packed === undefined) return undefined;
    const rendered = this.#unpacked.get(key) ?? unpackRendering(packed, key);
    this.#unpacked.delete(key);
    this.#unpacked.set(key, rendered);
    const [oldest] = this.#unpacked.keys();
    if (this.#unpacked.size > unpackedLimit && oldest !== undefined) this.#unpacked.delete(oldest);
    return rendered;
  }

  /** Hashes, who rendered it, and the outline. */
  stored(spec: NamedCluster, node: string): PackedRendering | undefined {
    return this.#clusters.get(spec.name)?.get(node);
  }

  /**
   * The block of the node's pods, "" for none; undefined when it is not known, because an earlier version rendered the
   * node.
   */
  podCidr(spec: NamedCluster, node: string): string | undefined {
    const stored = this.stored(spec, node);
    if (stored?.podCidr !== undefined) return stored.podCidr;
    const rendered = this.node(spec, node);
    return rendered === undefined ? undefined : earlierPodCidr(rendered);
  }

  /** Names of the nodes that have changed processes. */
  changedNodes(cluster: string): readonly string[] {
    return [...(this.#clusters.get(cluster) ?? [])].flatMap(([node, { changed }]) =>
      changed === undefined ? [] : [node],
    );
  }

  outline(spec: NamedCluster, node: string): NodeOutline | undefined {
    return this.stored(spec, node)?.outline;
  }

  /** Why a cluster of an older store cannot be launched: it has no rendering and cannot be rendered now. */
  problem(spec: ClusterSpec): string | undefined {
    const complete = spec.units.every(({ name }) => this.stored(spec, name) !== undefined);
    return complete ? undefined : this.#present.problem(spec);
  }

  /** Of all nodes, or of one. */
  deleteOperations(cluster: string, node?: string): readonly StoreOperation[] {
    const nodes = [...(this.#clusters.get(cluster)?.keys() ?? [])];
    return nodes
      .filter((one) => node === undefined || one === node)
      .map((one) => ({ op: "delete", key: renderingKey(cluster, one) }));
  }

  forgetNode(cluster: string, node: string): void {
    const nodes = this.#clusters.get(cluster);
    const packed = nodes?.get(node);
    if (packed !== undefined) this.#outlines.release(packed.outline);
    nodes?.delete(node);
    this.#unpacked.delete(renderingKey(cluster, node));
  }

  forget(cluster: string): void {
    for (const { outline } of this.#clusters.get(cluster)?.values() ?? []) this.#outlines.release(outline);
    this.#clusters.delete(cluster);
    const prefix = renderingPrefix(cluster);
    for (const key of [...this.#unpacked.keys()]) if (key.startsWith(prefix)) this.#unpacked.delete(key);
  }

  #remember(cluster: string, node: string, { messages, ...rest }: StoredRendering): void {
    const nodes = this.#clusters.get(cluster) ?? new Map<string, PackedRendering>();
    this.#clusters.set(cluster, nodes);
    const before = nodes.get(node);
    if (before !== undefined) this.#outlines.release(before.outline);
    this.#unpacked.delete(renderingKey(cluster, node));
    const outline = this.#outlines.take(rest.outline);
    nodes.set(node, { ...rest, outline, messages: new Uint8Array(Buffer.from(messages, "base64")) });
  }

  /**
   * Renders the nodes of a cluster that an older version stored without renderings. What runs goes on and keeps the
   * hash of its launch. Only its next incarnation uses the rendering that is made now, because the old one is not
   * known.
   */
  async #complete(store: Store, spec: ClusterSpec, records: readonly UnitRecord[], logger: Logger): Promise<void> {
    if (spec.units.every(({ name }) => this.stored(spec, name) !== undefined)) return;
    const problem = this.#present.problem(spec);
    if (problem !== undefined) {
      logger.warning("a cluster of an older store cannot be rendered; it goes on, but nothing of it is launched", {
        cluster: spec.name,
        problem,
      });
      return;
    }
    const made = this.create(spec);
    const nodes = new Map([...made.nodes].filter(([name]) => this.stored(spec, name) === undefined));
    const keys = new Set([...nodes.keys()].map((name) => renderingKey(spec.name, name)));
    await store.commit(made.operations.filter(({ key }) => keys.has(key)));
    this.keep(spec.name, { nodes });
    for (const { unit, launch } of records) {
      const hash = nodes.get(unit)?.configHash;
      if (launch === undefined || launch.cleanup || hash === undefined || hash === launch.configHash) continue;
      logger.warning(
        "a running node has a configuration that cannot be rendered any more; its next incarnation differs",
        {
          cluster: spec.name,
          node: unit,
          runs: launch.configHash,
          next: hash,
        },
      );
    }
  }
}
