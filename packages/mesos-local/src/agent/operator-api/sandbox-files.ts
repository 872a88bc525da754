// Files of sandboxes for people and programs: /files/browse, /files/read, /files/download, /files/debug and the calls
// LIST_FILES and READ_FILE. Paths are real ones or /frameworks/<id>/executors/<id>/runs/<run or latest>/…; a path
// that leaves the sandbox, also by a symbolic link, is answered like one that does not exist. Answers and error texts: recording operator-api.
import { createReadStream } from "node:fs";
import { lstat, open, readdir, realpath, stat } from "node:fs/promises";
import { basename, join, normalize } from "node:path";
import { jsonAnswer, notFound, textAnswer } from "../../http/answer.ts";
import { readInteger } from "../../http/query.ts";
import { double, type JsonValue, stringifyJson } from "../../wire/index.ts";
import { ownerNames } from "../containerizer/system-user.ts";
import type { HttpAnswer, HttpRequest } from "../http/http-server.ts";
import type { AgentContext } from "../state/agent-context.ts";
import { modeText } from "./file-mode.ts";

/** Most that one read gives: 16 pages. */
const maxReadBytes = 16 * 4096;
const sandboxPath = /^\/slaves\/[^/]+\/frameworks\/[^/]+\/executors\/[^/]+\/runs\/[^/]+(?=\/|$)/;

interface FileRow {
  readonly path: string;
  readonly links: number;
  readonly size: number;
  readonly modified: number;
  readonly mode: number;
  readonly user: string;
  readonly group: string;
}

/** The recorded 400s of /files end in a newline, the 404s of browse and read are empty. */
const bad = (text: string) => textAnswer(400, `${text}\n`);
const missing = textAnswer(404, "");

export class SandboxFiles {
  readonly #context: AgentContext;

  constructor(context: AgentContext) {
    this.#context = context;
  }

  async browse({ query }: HttpRequest): Promise<HttpAnswer> {
    const path = query.get("path");
    if (!path) return bad("Expecting 'path=value' in query.");
    const rows = await this.#list(path);
    if (rows === undefined) return missing;
    const listed = rows.map((row) => ({
      gid: row.group,
      mode: modeText(row.mode),
      mtime: double(row.modified),
      nlink: row.links,
      path: row.path,
      size: row.size,
      uid: row.user,
    }));
    return jsonAnswer(stringifyJson(listed), query.get("jsonp"));
  }

  async read({ query }: HttpRequest): Promise<HttpAnswer> {
    const path = query.get("path");
    if (!path) return bad("Expecting 'path=value' in query.");
    const numbers: Record<string, number | undefined> = {};
    for (const name of ["offset", "length"]) {
      const text = query.get(name);
      if (text === null) continue;
      const value = readInteger(text, 64);
      if (value === undefined) return bad(`Failed to parse ${name}: Failed to convert '${text}' to number.`);
      if (value < -1n) return bad(`Negative ${name} provided: ${value}.`);
      numbers[name] = value === -1n ? undefined : Number(value);
    }
    const real = await this.#resolve(path);
    if (real === undefined) return missing;
    if ((await stat(real)).isDirectory()) return bad("Cannot read a directory.");
    const { data, size } = await readPart(real, numbers.offset, numbers.length);
    const answer = { data: data.toString("utf8"), offset: numbers.offset ?? size };
    return jsonAnswer(stringifyJson(answer), query.get("jsonp"));
  }

  async download({ query }: HttpRequest): Promise<HttpAnswer> {
    const path = query.get("path");
    if (!path) return bad("Expecting 'path=value' in query.");
    const real = await this.#resolve(path);
    if (real === undefined) return notFound;
    const file = await stat(real);
    if (file.isDirectory()) return bad("Cannot download a directory.");
    const headers = [
      ["Content-Length", String(file.size)],
      ["Date", ""],
      ["Content-Disposition", `attachment; filename=${basename(normalize(path))}`],
      ["Content-Type", "application/octet-stream"],
    ] as const;
    // Not more bytes than announced: the file may be growing.
    const body = file.size === 0 ? "" : createReadStream(real, { end: file.size - 1 });
    return { status: 200, headers, body };
  }

  /** Which paths lead where. */
  debug({ query }: HttpRequest): HttpAnswer {
    const { state } = this.#context;
    const frameworks = [...state.frameworks.values(), ...state.completedFrameworks];
    const attached = frameworks.flatMap(({ runs, completedRuns }) =>
      [...completedRuns, ...runs.values()].flatMap(({ key, sandbox }) => [
        [`/frameworks/${key.framework}/executors/${key.executor}/runs/latest`, sandbox],
        [sandbox, sandbox],
        [join(sandbox, "..", "latest"), sandbox],
      ]),
    );
    attached.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
    return jsonAnswer(stringifyJson(Object.fromEntries(attached)), query.get("jsonp"));
  }

  /** Content of the answer to LIST_FILES. */
  async listMessage(path: string): Promise<{ readonly [key: string]: JsonValue } | HttpAnswer> {
    const rows = await this.#list(path);
    if (rows === undefined) return missing;
    const file_infos = rows.map((row) => ({
      path: row.path,
      nlink: row.links,
      size: row.size,
      mtime: { nanoseconds: BigInt(row.modified) * 1_000_000_000n },
      mode: row.mode,
      uid: row.user,
      gid: row.group,
    }));
    return { list_files: { file_infos } };
  }

  /** Content of the answer to READ_FILE. */
  async readMessage(
    path: string,
    offset: number,
    length: number | undefined,
  ): Promise<{ readonly [key: string]: JsonValue } | HttpAnswer> {
    const real = await this.#resolve(path);
    if (real === undefined) return missing;
    if ((await stat(real)).isDirectory()) return bad("Cannot read a directory.");
    const { data, size } = await readPart(real, offset, length);
    return { read_file: { size, data: data.toString("base64") } };
  }

  async #list(path: string): Promise<FileRow[] | undefined> {
    const real = await this.#resolve(path);
    if (real === undefined || !(await stat(real)).isDirectory()) return undefined;
    const [users, groups] = [await ownerNames("/etc/passwd"), await ownerNames("/etc/group")];
    const names = (await readdir(real)).sort();
    const rows = names.map(async (name) => {
      const file = await lstat(join(real, name)).catch(() => undefined);
      if (file === undefined) return [];
      return [
        {
          path: join(path, name),
          links: file.nlink,
          size: file.size,
          modified: Math.floor(file.mtimeMs / 1000),
          mode: file.mode,
          user: users.get(file.uid) ?? String(file.uid),
          group: groups.get(file.gid) ?? String(file.gid),
        },
      ];
    });
    return (await Promise.all(rows)).flat();
  }

  /** The real path of something inside a sandbox; undefined when there is no such thing. */
  async #resolve(path: string): Promise<string | undefined> {
    const { paths, state } = this.#context;
    const clean = normalize(path);
    const inside = clean.startsWith("/frameworks/")
      ? `/slaves/${state.agentId ?? ""}${clean}`
      : clean.startsWith(`${paths.workDir}/`)
        ? clean.slice(paths.workDir.length)
        : undefined;
    const sandbox = inside === undefined ? undefined : sandboxPath.exec(inside)?.[0];
    if (inside === undefined || sandbox === undefined) return undefined;
    try {
      const root = await realpath(join(paths.workDir, sandbox));
      const real = await realpath(join(paths.workDir, inside));
      return real === root || real.startsWith(`${root}/`) ? real : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Nothing without an offset: the caller wants to know the size only. */
async function readPart(path: string, offset: number | undefined, length: number | undefined) {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const wanted =
      offset === undefined ? 0 : Math.max(0, Math.min(length ?? maxReadBytes, size - offset, maxReadBytes));
    const data = Buffer.alloc(wanted);
    const { bytesRead } = wanted === 0 ? { bytesRead: 0 } : await file.read(data, 0, wanted, offset ?? 0);
    return { data: data.subarray(0, bytesRead), size };
  } finally {
    await file.close();
  }
}
