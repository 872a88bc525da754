// scripts/docker-engine on machines with a slow engine: the real shell code, with scripted engines.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/docker-engine", import.meta.url));
let directory = "";
const file = (name: string) => join(directory, name);

function program(name: string, text: string): void {
  writeFileSync(file(name), `#!/bin/bash\n${text}\n`);
  chmodSync(file(name), 0o755);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-engine-"));
  // A client whose engine answers when the file `answers` exists, and accepts connections silently when `listens`
  // exists.
  program(
    "docker",
    `[[ -e ${file("answers")} ]] && { echo 99.1; exit; }\n[[ -e ${file("listens")} ]] && sleep 60\nexit 1`,
  );
  program("systemctl", "exit 1"); // so that no service of this machine is touched
});
afterEach(() => {
  if (existsSync(file("started"))) {
    for (const pid of readFileSync(file("started"), "utf8").split("\n").filter(Boolean)) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // has ended
      }
    }
  }
  rmSync(directory, { recursive: true });
});

/** Runs the script. `hear` is called with all that it has said so far. */
function engine(
  words: string | readonly string[],
  environment: Readonly<Record<string, string>> = {},
  hear: (words: string) => void = () => {},
) {
  const env = {
    ...process.env,
    PATH: `${directory}:${process.env.PATH}`,
    DOCKER_HOST: `unix://${file("socket")}`,
    XDG_STATE_HOME: directory,
    CKE_DOCKER_TELL: "1",
    ...environment,
  };
  return new Promise<{ code: number; words: string }>((resolve) => {
    const child = execFile(script, [words].flat(), { env, encoding: "utf8" }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), words: `${stdout}${stderr}` }),
    );
    let said = "";
    child.stderr?.on("data", (data: string) => {
      said += data;
      hear(said);
    });
  });
}
const started = () =>
  existsSync(file("started")) ? readFileSync(file("started"), "utf8").trim().split("\n").length : 0;

test("an engine that listens and is too busy to answer is waited for, and no second one is started on its socket", async () => {
  program("dockerd", `echo $$ >>${file("started")}; exec sleep 60`);
  writeFileSync(file("listens"), "");
  const { code, words } = await engine("up", {}, (said) => {
    if (said.includes("waiting for the engine that listens")) writeFileSync(file("answers"), "");
  });
  expect(words).toContain("Docker 99.1");
  expect([code, started()]).toEqual([0, 0]);
});

test("an engine that lives is waited for, also when its pid file comes late", async () => {
  program("dockerd", `echo $$ >>${file("started")}; exec sleep 60`);
  const { code, words } = await engine("up", {}, (said) => {
    if (said.includes("waiting for Docker to answer")) writeFileSync(file("answers"), "");
  });
  expect(words).toContain("Docker 99.1");
  expect(code).toBe(0);
  await expect.poll(started).toBe(1);
});

test("several that are to start an engine at the same moment start one", async () => {
  program("dockerd", `echo $$ >>${file("started")}; sleep 1; touch ${file("answers")}; exec sleep 60`);
  const all = await Promise.all([engine("up"), engine("up"), engine("up")]);
  expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(started()).toBe(1);
  expect(all.filter(({ words }) => words.includes("started dockerd"))).toHaveLength(1);
});

test("a lock that a killed run has left holds nobody up, also while its dockerd lives", async () => {
  program("dockerd", `echo $$ >>${file("started")}; touch ${file("answers")}; exec sleep 60`);
  expect((await engine("up")).code).toBe(0);
  rmSync(file("answers"));
  const second = await engine("up", {}, (said) => {
    if (said.includes("started dockerd")) writeFileSync(file("answers"), "");
  });
  expect(second.code).toBe(0);
  await expect.poll(started).toBe(2);
});

test("an engine that ends is not waited for, and its last words are shown", async () => {
  program("dockerd", `echo $$ >>${file("started")}; echo "no space left"; exit 1`);
  const { code, words } = await engine("up");
  expect(words).toMatch(/no space left[\s\S]*dockerd ended before it answered/);
  expect([code, started()]).toEqual([1, 1]);
});

test("an engine that lives and never answers is given up late, with what was waited for", async () => {
  program("dockerd", `echo $$ >>${file("started")}; exec sleep 60`);
  const { code, words } = await engine("up", { CKE_DOCKER_WAIT: "2" });
  expect(words).toContain("dockerd runs and has not answered");
  expect(code).toBe(1);
});

test("an engine in which containers of others run is not stopped; later it is", async () => {
  const pidFile = file("cke/dockerd.pid");
  program("docker", `[[ $1 == ps ]] && { cat ${file("containers")}; exit; }\nexit 1`);
  program("dockerd", `echo $$ >>${file("started")}; echo $$ >${pidFile}; trap exit TERM; while :; do sleep 0.1; done`);
  mkdirSync(file("cke"));
  writeFileSync(file("containers"), "0123\n4567\n");
  const dockerd = spawn(file("dockerd"), { stdio: "ignore" });
  const ended = once(dockerd, "exit");
  await expect.poll(() => existsSync(pidFile) && readFileSync(pidFile, "utf8")).toContain(`${dockerd.pid}`);
  expect(await engine("down")).toMatchObject({ code: 0, words: expect.stringContaining("2 containers") });
  expect(dockerd.exitCode).toBeNull();
  writeFileSync(file("containers"), "");
  expect((await engine("down")).code).toBe(0);
  await ended;
  expect(existsSync(pidFile)).toBe(false);
});

describe("an engine that was started for", () => {
  const deployment = (name: string) => {
    mkdirSync(file(name), { recursive: true });
    return file(name);
  };
  const runs = () => existsSync(file("cke/dockerd.pid"));
  const start = async (...user: string[]) => {
    // `docker ps` prints nothing: no container runs in it.
    program("docker", `[[ $1 == ps ]] && exit\n[[ -e ${file("answers")} ]] && { echo 99.1; exit; }\nexit 1`);
    program(
      "dockerd",
      `echo $$ >>${file("started")}; echo $$ >${file("cke/dockerd.pid")}; touch ${file("answers")}; trap exit TERM; while :; do sleep 0.1; done`,
    );
    expect((await engine(["up", ...user])).code).toBe(0);
    expect(runs()).toBe(true);
  };

  test("a deployment is stopped with it", async () => {
    await start(deployment("a"));
    expect(await engine(["down", file("a")])).toMatchObject({ code: 0, words: expect.stringContaining("stopped") });
    expect(runs()).toBe(false);
  });

  test("nobody by name is not stopped by a deployment, and is by hand", async () => {
    await start();
    expect((await engine(["up", deployment("a")])).code).toBe(0);
    const left = await engine(["down", file("a")]);
    expect(left).toMatchObject({
      code: 0,
      words: expect.stringMatching(/left running.*not started for this deployment/),
    });
    expect(runs()).toBe(true);
    expect(await engine("down")).toMatchObject({ code: 0, words: expect.stringContaining("stopped") });
    expect(runs()).toBe(false);
  });

  test("one deployment and used by another is stopped with the last of them", async () => {
    await start(deployment("a"));
    expect((await engine(["up", deployment("b")])).code).toBe(0);
    const left = await engine(["down", file("a")]);
    expect(left).toMatchObject({
      code: 0,
      words: expect.stringContaining(`used by make up with its state in ${file("b")}`),
    });
    expect(runs()).toBe(true);
    expect((await engine("down")).words).toContain("left running");
    expect(await engine(["down", file("b")])).toMatchObject({ code: 0, words: expect.stringContaining("stopped") });
    expect(runs()).toBe(false);
  });

  test("a deployment is not stopped while a process uses it", async () => {
    await start(deployment("a"));
    const tests = spawn("sleep", ["600"], { stdio: "ignore" });
    try {
      expect((await engine(["up", `${tests.pid}`])).code).toBe(0);
      expect((await engine(["down", file("a")])).words).toContain(`used by sleep (pid ${tests.pid})`);
      expect(runs()).toBe(true);
    } finally {
      const ended = once(tests, "exit");
      tests.kill("SIGKILL");
      await ended;
    }
    expect((await engine(["down", file("a")])).words).toContain("stopped");
    expect(runs()).toBe(false);
  });
});
