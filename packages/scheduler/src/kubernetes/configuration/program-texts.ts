// What a program can be started with: limits of its options, its environment and its path. execve(2) of Linux takes texts without zero
// bytes, each of at most 128 KiB (MAX_ARG_STRLEN), and all of them together at most a quarter of the stack's limit: 2 MiB by default. The
// limits here are lower, because variables in these texts may stand for longer ones, and because all of a cluster is one value of the
// store. Pure.

export interface ProgramTexts {
  readonly cmd?: string | undefined;
  readonly options: readonly string[];
  readonly envs: readonly { readonly key: string; readonly value: string }[];
}

export interface TextProblem {
  /** `options[2]`, `envs[0]`, `cmd`, or "" for all together. */
  readonly field: string;
  readonly message: string;
}

export const maxTextBytes = 65_536;
export const maxProcessBytes = 131_072;
/** Of all processes of a cluster together, as JSON. */
export const maxClusterBytes = 400_000;

const bytesOf = (text: string) => Buffer.byteLength(text);

function textProblem(text: string): string | undefined {
  if (text.includes("\0")) return "it has a zero byte, with which no program can be started";
  const bytes = bytesOf(text);
  return bytes > maxTextBytes ? `it has ${bytes} bytes; at most ${maxTextBytes} are allowed` : undefined;
}

export function* programTextProblems({ cmd = "", options, envs }: ProgramTexts): Generator<TextProblem> {
  const texts = [
    { field: "cmd", text: cmd },
    ...options.map((text, index) => ({ field: `options[${index}]`, text })),
    ...envs.map(({ key, value }, index) => ({ field: `envs[${index}]`, text: `${key}=${value}` })),
  ];
  for (const { field, text } of texts) {
    const message = textProblem(text);
    if (message !== undefined) yield { field, message };
  }
  for (const [index, { key }] of envs.entries())
    if (key.includes("=") || key === "")
      yield {
        field: `envs[${index}]`,
        message: `${JSON.stringify(key.slice(0, 80))} is no name: it must not be empty and has no "="`,
      };
  const total = texts.reduce((sum, { text }) => sum + bytesOf(text) + 1, 0);
  const large = texts.some(({ text }) => bytesOf(text) > maxTextBytes);
  if (total > maxProcessBytes && !large)
    yield {
      field: "",
      message: `options, envs and cmd have ${total} bytes together; at most ${maxProcessBytes} are allowed for one process`,
    };
}

/**
 * Why all processes of a cluster together have too much text; undefined when they have not. `before`: those that there were before a
 * change; a change that makes no more of it is not refused, for the cluster may be older than the limit.
 */
export function clusterTextProblem(
  processes: Iterable<ProgramTexts>,
  before: Iterable<ProgramTexts> = [],
): string | undefined {
  const total = clusterBytes(processes);
  if (total <= maxClusterBytes || total <= clusterBytes(before)) return undefined;
  return `options, envs and cmd of all processes of the cluster have ${total} bytes together; at most ${maxClusterBytes} are allowed: put long values into files of the image, or into objects of Kubernetes`;
}

function clusterBytes(processes: Iterable<ProgramTexts>): number {
  let total = 0;
  for (const { cmd = "", options, envs } of processes) {
    const isEmpty = cmd === "" && options.length === 0 && envs.length === 0;
    total += isEmpty ? 0 : bytesOf(JSON.stringify({ cmd, options, envs }));
  }
  return total;
}
