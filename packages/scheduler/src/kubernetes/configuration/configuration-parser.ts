// Reads the text of a `cke.conf-<version>.yaml`. Every problem is reported at once, with file and line.
// What can be checked without a node is checked here: shapes, phases, variables, $native, duplicate names.

import { CkeError } from "@cke/foundation";
import { type NodeType, nodeTypes } from "@cke/protocol";
import { CORE_SCHEMA, load, YAMLException } from "js-yaml";
import { readSchema } from "../../workload/body/schema-messages.ts";
import { computedVariableNames, nativeText } from "./computed-variables.ts";
import type { ClusterConfiguration, NodeConfiguration, ProcessConfiguration } from "./configuration.ts";
import {
  type ConfigurationFile,
  configurationSchema,
  type NodeConfigurationFile,
  type ProcessConfigurationFile,
} from "./configuration-schema.ts";
import { type Path, TextPlaces } from "./text-places.ts";
import { VariableError, VariableScope } from "./variables.ts";

interface Problem {
  readonly path: Path;
  readonly message: string;
}

/** All problems of one file, each as `file:line: path: message`. */
export class ConfigurationError extends CkeError {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super("configuration_invalid", problems.join("\n"));
    this.problems = problems;
  }
}

const formatPath = (path: Path) =>
  path.reduce<string>((text, segment) => {
    if (typeof segment === "number") return `${text}[${segment}]`;
    return text === "" ? segment : `${text}.${segment}`;
  }, "");

function toProcess(type: string, file: ProcessConfigurationFile): ProcessConfiguration {
  return {
    ...file,
    type,
    name: file.name ?? type,
    restart: file.restart ?? (file.oneShot ? "on-failure" : "always"),
    args: file.args.map(({ key, value, modify }) => ({ key, modify, ...(value === undefined ? {} : { value }) })),
  };
}

function toNode(file: NodeConfigurationFile, imageName: string): NodeConfiguration {
  return {
    imageName: file.ImageName ?? imageName,
    variables: file.Variables,
    files: file.Files,
    secrets: file.Secrets,
    volumes: file.Volumes,
    tmpfs: file.Tmpfs,
    processes: Object.entries(file.ProcessConfs).map(([type, conf]) => toProcess(type, conf)),
  };
}

function* textsOf(value: unknown, path: Path): Generator<{ readonly path: Path; readonly text: string }> {
  if (typeof value === "string") yield { path, text: value };
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* textsOf(item, [...path, index]);
  else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* textsOf(item, [...path, key]);
  }
}

function* duplicates(values: readonly string[]): Generator<number> {
  for (const [index, value] of values.entries()) if (values.indexOf(value) < index) yield index;
}

function* nodeProblems(file: ConfigurationFile, type: NodeType): Generator<Problem> {
  const node = file.NodeConfs[type];
  const root: Path = ["NodeConfs", type];
  const phases = new Set(file.Phases[type]);
  const processes = Object.entries(node.ProcessConfs);
  for (const index of duplicates(processes.map(([key, { name }]) => name ?? key))) {
    yield {
      path: [...root, "ProcessConfs", processes[index]?.[0] ?? ""],
      message: "another process has the same name",
    };
  }
  for (const [list, key] of [
    [node.Volumes.map(({ name }) => name), "Volumes"],
    [node.Files.map(({ path }) => path), "Files"],
    [node.Secrets.map(({ path }) => path), "Secrets"],
  ] as const) {
    for (const index of duplicates(list))
      yield { path: [...root, key, index], message: `${list[index]} is there twice` };
  }
  for (const [key, conf] of processes) {
    const place = [...root, "ProcessConfs", key];
    if (conf.phase !== "" && !phases.has(conf.phase)) {
      yield { path: [...place, "phase"], message: `"${conf.phase}" is not in Phases.${type}` };
    }
    for (const list of ["startWhen", "joinWhen", "health"] as const) {
      for (const [index, { phase }] of conf[list].entries()) {
        if (phase === "" || phases.has(phase)) continue;
        yield { path: [...place, list, index, "phase"], message: `"${phase}" is not in Phases.${type}` };
      }
    }
    for (const [index, { key: argument, value }] of conf.args.entries()) {
      if (value !== "$native" || nativeText("argument", argument) !== undefined) continue;
      yield { path: [...place, "args", index], message: `the scheduler computes no $native value for ${argument}` };
    }
    for (const [index, { key: name, value }] of conf.envs.entries()) {
      if (value !== "$native" || nativeText("environment", name) !== undefined) continue;
      yield { path: [...place, "envs", index], message: `the scheduler computes no $native value for ${name}` };
    }
  }
  const computed = Object.fromEntries(computedVariableNames.map((name) => [name, ""]));
  const scope = new VariableScope([file.Variables, node.Variables], computed);
  for (const { path, text } of textsOf(node, root)) {
    if (text === "$native") continue;
    try {
      scope.expand(text);
    } catch (error) {
      if (!(error instanceof VariableError)) throw error;
      yield { path, message: error.message };
    }
  }
}

function* fileProblems(file: ConfigurationFile): Generator<Problem> {
  const reserved = new Set<string>(computedVariableNames);
  const scopes: readonly (readonly [Path, Readonly<Record<string, string>>])[] = [
    [["Variables"], file.Variables],
    ...nodeTypes.map((type) => [["NodeConfs", type, "Variables"], file.NodeConfs[type].Variables] as const),
  ];
  for (const [path, variables] of scopes) {
    for (const name of Object.keys(variables)) {
      if (reserved.has(name))
        yield { path: [...path, name], message: "is computed by the scheduler and cannot be set" };
    }
  }
  for (const type of nodeTypes) yield* nodeProblems(file, type);
}

/** The file's values. js-yaml is read first: it takes a third of the time, and keeps no places, which a good file needs not. */
function valuesOf(text: string, places: TextPlaces): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const found = places.syntaxProblems();
    throw new ConfigurationError(
      found.length > 0 ? found : [`${places.line((error.mark?.line ?? 0) + 1)}: ${error.reason}`],
    );
  }
}

/** Throws ConfigurationError with every problem. `fileName` is only for messages. */
export function parseConfiguration(fileName: string, version: string, text: string): ClusterConfiguration {
  const places = new TextPlaces(fileName, text);
  const describe = ({ path, message }: Problem) =>
    `${places.of(path)}: ${path.length === 0 ? "" : `${formatPath(path)}: `}${message}`;
  const parsed = readSchema(configurationSchema, valuesOf(text, places));
  if (!parsed.success) throw new ConfigurationError(parsed.problems.map(describe));
  const file = parsed.data;
  const problems = [...fileProblems(file)];
  if (problems.length > 0) throw new ConfigurationError(problems.map(describe));
  const node = (type: NodeType) => toNode(file.NodeConfs[type], file.ImageName);
  return {
    version,
    kubernetes: file.Kubernetes,
    variables: file.Variables,
    phases: file.Phases,
    nodes: { master: node("master"), node: node("node"), console: node("console"), natgw: node("natgw") },
    placeOf: (path) => places.of(path),
  };
}
