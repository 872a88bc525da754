// Words of a real engine (Docker 20.10.24) and what an operator reads instead.
import { CkeError } from "@cke/foundation";
import { describe, expect, test } from "vitest";
import { EngineError } from "../docker/engine.ts";
import type { LaunchStep } from "../reports/launch-step.ts";
import { headlineOf } from "../reports/node-failure.ts";
import { dockerFailure, lacksPrivilege } from "./docker-failure.ts";

const subject = { image: "reg/open/node:1", network: "net", ip: "192.168.0.80", container: "cke-c-n" };
const failure = (
  words: string,
  step: LaunchStep = "container",
  options: { status?: number; code?: string } = { status: 500 },
) => dockerFailure(new EngineError(words, options), { ...subject, step });

describe("failures in words", () => {
  test.each<[string, LaunchStep, { status?: number; code?: string }, string, RegExp]>([
    ["connect ENOENT /var/run/docker.sock", "engine", { code: "ENOENT" }, "docker_down", /does not answer: start it/],
    ["connect ECONNREFUSED 127.0.0.1:2375", "engine", { code: "ECONNREFUSED" }, "docker_down", /does not answer/],
    ["connect EACCES /var/run/docker.sock", "engine", { code: "EACCES" }, "docker_permission", /docker group/],
    [
      "pull access denied for reg/open/node, repository does not exist or may require 'docker login'",
      "image",
      { status: 404 },
      "image_denied",
      /registry refuses it/,
    ],
    [
      "manifest for reg/open/node:1 not found: manifest unknown: manifest unknown",
      "image",
      { status: 404 },
      "image_missing",
      /neither on this host nor/,
    ],
    ["No such image: reg/open/node:1", "container", { status: 404 }, "image_missing", /neither on this host nor/],
    [
      'Get "https://reg/v2/": dial tcp: lookup reg on 10.0.0.1:53: no such host',
      "image",
      { status: 500 },
      "registry_unreachable",
      /cannot be pulled/,
    ],
    [
      'Get "https://reg/v2/": x509: certificate signed by unknown authority',
      "image",
      { status: 500 },
      "registry_unreachable",
      /trusts its certificate/,
    ],
    [
      "pull of reg/node:1 made no progress for 120 s; last: a1: Downloading 12/300 MB",
      "image",
      {},
      "pull_stalled",
      /stopped coming from its registry: look at the registry .*\. pull of reg\/node:1 made no progress for 120 s; last: a1: Downloading 12\/300 MB$/,
    ],
    ["network net not found", "container", { status: 404 }, "network_missing", /Docker network net does not exist/],
    [
      "Address already in use",
      "container",
      { status: 403 },
      "address_in_use",
      /address 192\.168\.0\.80 of network net is in use/,
    ],
    [
      "Invalid address 192.168.0.80: It does not belong to any of this network's subnets",
      "container",
      { status: 500 },
      "address_outside",
      /not in a subnet/,
    ],
    ["invalid IPv4 address: 999.1.1.1", "container", { status: 400 }, "address_outside", /not in a subnet/],
    [
      "user specified IP address is supported only when connecting to networks with user configured subnets",
      "container",
      { status: 400 },
      "static_address_unsupported",
      /created with --subnet/,
    ],
    [
      "driver failed programming external connectivity on endpoint x (5c5f): Bind for 127.0.0.1:39871 failed: port is already allocated",
      "container",
      { status: 500 },
      "port_taken",
      /published port is taken/,
    ],
    [
      "driver failed programming external connectivity on endpoint x (4c27): Error starting userland proxy: listen tcp4 127.0.0.1:39872: bind: address already in use",
      "container",
      { status: 500 },
      "port_taken",
      /published port is taken.*39872/,
    ],
    [
      'Conflict. The container name "/cke-c-n" is already in use by container "3789". You have to remove (or rename) that container to be able to reuse that name.',
      "container",
      { status: 409 },
      "name_taken",
      /docker rm cke-c-n/,
    ],
    [
      'invalid mount config for type "bind": bind source path does not exist: /nonexist',
      "container",
      { status: 400 },
      "mount_failed",
      /volumes of the node/,
    ],
    [
      'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/nope": stat /nope: no such file or directory: unknown',
      "container",
      { status: 400 },
      "image_unsuitable",
      /not a KubeNode image/,
    ],
    [
      "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: unable to apply caps: operation not permitted: unknown",
      "container",
      { status: 400 },
      "privileges_missing",
      /all capabilities/,
    ],
    [
      "write /var/lib/docker/x: no space left on device",
      "image",
      { status: 500 },
      "disk_full",
      /no space left for Docker/,
    ],
  ])("%s", (words, step, options, code, sentence) => {
    const error = failure(words, step, options);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(sentence);
    // What happened, what to do, Docker's words: each once, in this order.
    expect(error.message.startsWith(`${headlineOf(error)}: `)).toBe(true);
    // Of a pull that stalled the words are CKE's own.
    expect(error.message.endsWith(code === "pull_stalled" ? `. ${words}` : `. Docker: ${words}`)).toBe(true);
    expect(error.message.split(words)).toHaveLength(2);
  });

  test("words that nobody foresaw are passed on with the step", () => {
    expect(failure("something new").message).toBe("the container cannot be created. Docker: something new");
    expect(dockerFailure(new Error("boom"), { ...subject, step: "files" }).message).toBe(
      "the node's files cannot be written: boom",
    );
  });

  test("what is clear already stays as it is", () => {
    const clear = new CkeError("x", "clear");
    expect(dockerFailure(clear, { ...subject, step: "image" })).toBe(clear);
  });

  test("only the capabilities' error asks for reduced privileges", () => {
    expect(lacksPrivilege(new EngineError("runc: unable to apply caps: operation not permitted: unknown"))).toBe(true);
    expect(lacksPrivilege(new EngineError("error setting rlimit type 7: operation not permitted"))).toBe(false);
    expect(lacksPrivilege(new Error("unable to apply caps: operation not permitted"))).toBe(false);
  });
});
