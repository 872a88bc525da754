// Reads files of sandboxes through the operator API of agents (LIST_FILES, READ_FILE). The Mesos master's API says where an agent is.
import { CkeError, messageOf } from "@cke/foundation";
import type { AgentAddress, AgentCall } from "@cke/mesos";
import { z } from "zod";
import type { Ask, AskAgent } from "../interfaces/mesos-connection.ts";

export interface AgentFilesParts {
  readonly frameworkId: () => string;
  readonly ask: Ask | undefined;
  readonly askAgent: AskAgent | undefined;
}

export interface SandboxFile {
  readonly name: string;
  readonly size: number;
  readonly modifiedAtMs: number;
}

/** Most bytes that an agent gives at a time: 16 pages (src/files/files.cpp). */
export const agentPieceBytes = 65_536;

const int64 = z.union([z.number(), z.string(), z.bigint()]).transform(Number).pipe(z.number().min(0));
const agentsSchema = z.object({
  get_agents: z.object({
    agents: z
      .array(z.object({ agent_info: z.object({ id: z.object({ value: z.string() }).optional() }), pid: z.string() }))
      .default([]),
  }),
});
const listSchema = z.object({
  list_files: z.object({
    file_infos: z
      .array(
        z.object({
          path: z.string(),
          size: int64.default(0),
          mtime: z.object({ nanoseconds: int64 }).optional(),
        }),
      )
      .default([]),
  }),
});
const readSchema = z.object({ read_file: z.object({ size: int64, data: z.base64().default("") }) });

/** All calls throw a CkeError: `agent_unknown` (the master knows no such agent), `agent_unreachable`, `file_not_found`. */
export class AgentFiles {
  readonly #parts: AgentFilesParts;

  constructor(parts: AgentFilesParts) {
    this.#parts = parts;
  }

  /** The directory of an executor of this framework, as its agent shows it: of its last run. */
  sandbox(executorId: string): string {
    return `/frameworks/${this.#parts.frameworkId()}/executors/${executorId}/runs/latest`;
  }

  async locate(agentId: string): Promise<AgentAddress> {
    const { ask } = this.#parts;
    const answer = ask === undefined ? undefined : await ask("GET_AGENTS");
    if (answer?.kind !== "answered")
      throw unreachable(
        `the Mesos master does not say where the agent is: ${answer?.reason ?? "it is not asked here"}`,
      );
    const known = agentsSchema.safeParse(answer.body);
    if (!known.success) throw unreachable(`the Mesos master's answer is not readable: ${messageOf(known.error)}`);
    const agent = known.data.get_agents.agents.find(({ agent_info }) => agent_info.id?.value === agentId);
    if (agent === undefined)
      throw new CkeError("agent_unknown", `the Mesos master knows no agent ${agentId} now`, { status: 410 });
    return addressOf(agent.pid);
  }

  /** The regular files of a directory and what else is in it, by name. */
  async list(agent: AgentAddress, path: string, signal: AbortSignal): Promise<readonly SandboxFile[]> {
    const call = { type: "LIST_FILES", list_files: { path } };
    const { list_files } = await this.#call(agent, call, listSchema, path, signal);
    return list_files.file_infos.map(({ path: file, size, mtime }) => ({
      name: file.slice(file.lastIndexOf("/") + 1),
      size,
      modifiedAtMs: Math.floor((mtime?.nanoseconds ?? 0) / 1_000_000),
    }));
  }

  /** At most `agentPieceBytes` from an offset on, and the size of the file at that moment. */
  async read(
    agent: AgentAddress,
    part: { readonly path: string; readonly offset: number; readonly length: number },
    signal: AbortSignal,
  ): Promise<{ readonly size: number; readonly data: Uint8Array }> {
    const call = { type: "READ_FILE", read_file: part };
    const { read_file } = await this.#call(agent, call, readSchema, part.path, signal);
    return { size: read_file.size, data: Buffer.from(read_file.data, "base64") };
  }

  async #call<T>(
    agent: AgentAddress,
    call: AgentCall,
    schema: z.ZodType<T>,
    path: string,
    signal: AbortSignal,
  ): Promise<T> {
    const where = `the agent at ${agent.host}:${agent.port}`;
    const answer = await this.#parts.askAgent?.(agent, call, signal);
    if (answer?.kind !== "answered") {
      if (answer?.status === 404)
        throw new CkeError("file_not_found", `${where} has no file ${path} (any more)`, { status: 404 });
      throw unreachable(`${where} does not answer: ${answer?.reason ?? "it is not asked here"}`);
    }
    const parsed = schema.safeParse(answer.body);
    if (parsed.success) return parsed.data;
    throw unreachable(`the answer of ${where} is not readable: ${messageOf(parsed.error)}`);
  }
}

/** "slave(1)@10.0.0.7:5051" → 10.0.0.7 and 5051. Throws a CkeError. */
export function addressOf(pid: string): AgentAddress {
  const [, ipv6, host = ipv6, port] = /@(?:\[([0-9a-f:.]+)\]|([^\s:@]+)):(\d{1,5})$/i.exec(pid) ?? [];
  if (host === undefined || port === undefined) throw unreachable(`the address of the agent is not readable: ${pid}`);
  return { host, port: Number(port) };
}

function unreachable(words: string): CkeError {
  return new CkeError("agent_unreachable", words, { status: 502, retryable: true });
}
