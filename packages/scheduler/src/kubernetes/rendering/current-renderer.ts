// Renders clusters with this version, its configuration and its flags: for a new cluster, and to find out whether an
// old one would be rendered differently today.
import { build, CkeError, messageOf, version } from "@cke/foundation";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import { VariableError } from "../configuration/variables.ts";
import { configurationFor } from "../network/network-provider.ts";
import { type RenderedNode, type RenderOptions, renderNode } from "./node-renderer.ts";

/** Makes renderings; tests give another one, to be another version. */
export interface NodeRenderer {
  /** Version of CKE. */
  readonly version: string;
  readonly render: typeof renderNode;
}

/** The flags and configurations that renderings depend on. */
export type PresentRenderingOptions = Partial<RenderOptions> &
  Pick<RenderOptions, "imagePath" | "cfsQuota"> & {
    /** By version as in the file name (`cke.conf-<version>.yaml`). */
    readonly configurations: ReadonlyMap<string, ClusterConfiguration>;
  };

export interface PresentHashes {
  readonly configHash: string;
  /** By process. */
  readonly processes: ReadonlyMap<string, string>;
}

type Hashes = ReadonlyMap<string, PresentHashes> | { readonly problem: string };

export class PresentRenderer {
  readonly #options: PresentRenderingOptions;
  readonly #renderer: NodeRenderer;
  /** A specification is a new object when it changes; options and configuration stay while this program runs. */
  readonly #hashes = new WeakMap<ClusterSpec, Hashes>();

  constructor(
    options: PresentRenderingOptions,
    renderer: NodeRenderer = { version: `${version}+${build}`, render: renderNode },
  ) {
    this.#options = options;
    this.#renderer = renderer;
  }

  get version(): string {
    return this.#renderer.version;
  }

  /**
   * All nodes, or some of them, by name. `balancerPort`: of a node that runs. Throws CkeError `configuration_invalid`
   * when the configuration does not fit this cluster.
   */
  render(spec: ClusterSpec, names?: ReadonlySet<string>, balancerPort?: number): ReadonlyMap<string, RenderedNode> {
    const whole = this.#options.configurations.get(spec.version);
    if (whole === undefined) {
      throw new CkeError(
        "configuration_invalid",
        `there is no cke.conf-${spec.version}.yaml any more for cluster "${spec.name}"`,
      );
    }
    const configuration = configurationFor(spec, whole);
    const { imagePath, registry, registryCertificate, cfsQuota, lxcfsPath, dockerPath } = this.#options;
    const options = { imagePath, registry, registryCertificate, cfsQuota, lxcfsPath, dockerPath, balancerPort };
    const rendered = new Map<string, RenderedNode>();
    for (const node of spec.units.filter(({ name }) => names === undefined || names.has(name))) {
      try {
        rendered.set(node.name, this.#renderer.render(spec, node, configuration, options));
      } catch (error) {
        if (!(error instanceof VariableError || error instanceof RangeError)) throw error;
        const place = configuration.placeOf(["NodeConfs", node.type]);
        throw new CkeError("configuration_invalid", `${place}: node "${node.name}": ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
    return rendered;
  }

  /**
   * The hashes that the node would have now; undefined when it cannot be rendered. It is rendered once, and only the
   * hashes are kept.
   */
  hashes(spec: ClusterSpec, node: string): PresentHashes | undefined {
    const known = this.#known(spec);
    return "problem" in known ? undefined : known.get(node);
  }

  /** Why the cluster cannot be rendered now. */
  problem(spec: ClusterSpec): string | undefined {
    const known = this.#known(spec);
    return "problem" in known ? known.problem : undefined;
  }

  #known(spec: ClusterSpec): Hashes {
    const known = this.#hashes.get(spec);
    if (known !== undefined) return known;
    const hashes = this.#hash(spec);
    this.#hashes.set(spec, hashes);
    return hashes;
  }

  #hash(spec: ClusterSpec): Hashes {
    try {
      const entries = [...this.render(spec)].map(([name, { configHash, processes }]): [string, PresentHashes] => [
        name,
        { configHash, processes: new Map(processes.map((process) => [process.name, process.configHash])) },
      ]);
      return new Map(entries);
    } catch (error) {
      if (!(error instanceof CkeError)) throw error;
      return { problem: error.message };
    }
  }
}
