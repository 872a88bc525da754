// Rendered nodes, made once per cluster and kept: they depend only on the specification, the configuration and the options.
import { CkeError, messageOf } from "@cke/foundation";
import type { ClusterSpec } from "../domain/cluster-spec.ts";
import type { ClusterConfiguration } from "../domain/configuration.ts";
import { type RenderedNode, renderNode } from "../domain/node-renderer.ts";
import { VariableError } from "../domain/variables.ts";
import type { FrameworkOptions } from "./dependencies.ts";

export class Renderings {
  readonly #options: FrameworkOptions;
  readonly #rendered = new WeakMap<ClusterSpec, ReadonlyMap<string, RenderedNode>>();

  constructor(options: FrameworkOptions) {
    this.#options = options;
  }

  configuration(spec: ClusterSpec): ClusterConfiguration | undefined {
    return this.#options.configurations.get(spec.version);
  }

  /** All nodes by name. Throws CkeError `configuration_invalid` when the configuration cannot serve this cluster. */
  of(spec: ClusterSpec): ReadonlyMap<string, RenderedNode> {
    const known = this.#rendered.get(spec);
    if (known !== undefined) return known;
    const configuration = this.configuration(spec);
    if (configuration === undefined) {
      throw new CkeError(
        "configuration_invalid",
        `there is no cke.conf-${spec.version}.yaml any more for cluster "${spec.name}"`,
      );
    }
    const rendered = new Map<string, RenderedNode>();
    for (const node of spec.nodes) {
      try {
        const { imagePath, registry, registryCertificate, cfsQuota, lxcfsPath, dockerPath } = this.#options;
        const options = { imagePath, registry, registryCertificate, cfsQuota, lxcfsPath, dockerPath };
        rendered.set(node.name, renderNode(spec, node, configuration, options));
      } catch (error) {
        if (!(error instanceof VariableError || error instanceof RangeError)) throw error;
        const place = configuration.placeOf(["NodeConfs", node.type]);
        throw new CkeError("configuration_invalid", `${place}: node "${node.name}": ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
    this.#rendered.set(spec, rendered);
    return rendered;
  }

  /** One node; undefined when its cluster cannot be rendered (the reason is in `problem`). */
  node(spec: ClusterSpec, node: string): RenderedNode | undefined {
    return this.problem(spec) === undefined ? this.of(spec).get(node) : undefined;
  }

  /** Why a stored cluster cannot be rendered now. */
  problem(spec: ClusterSpec): string | undefined {
    try {
      this.of(spec);
      return undefined;
    } catch (error) {
      if (!(error instanceof CkeError)) throw error;
      return error.message;
    }
  }
}
