// Words and order: src/slave/containerizer/mesos of Mesos 1.12, with the flags that an agent has by default.
import type { CommandInfo, ContainerInfo } from "@cke/mesos";
import { expect, test } from "vitest";
import { unsupportedContainer, unsupportedNestedContainer, variableText } from "./container-support.ts";

const mesos = (more: Partial<ContainerInfo> = {}): ContainerInfo => ({ type: "MESOS", ...more });
const image = { image: { type: "DOCKER", docker: { name: "alpine" } } };
const volumes = [{ mode: "RW" as const, container_path: "c", host_path: "/h" }];
const secret = (more: object): CommandInfo => ({
  value: "true",
  environment: { variables: [{ name: "A", type: "SECRET", secret: more }] },
});
const failed = (what: string) => `REASON_CONTAINER_LAUNCH_FAILED Failed to launch container: ${what}`;

test.each<[string, ContainerInfo | undefined, CommandInfo | undefined, string | undefined]>([
  ["no container", undefined, { value: "true" }, undefined],
  ["an empty one", mesos(), undefined, undefined],
  ["the host's network", mesos({ network_infos: [{}], hostname: "h" }), undefined, undefined],
  ["what only other isolators look at", mesos({ rlimit_info: {}, linux_info: {} }), undefined, undefined],
  ["a secret's value", undefined, secret({ type: "VALUE", value: { data: "dg==" } }), undefined],
  [
    "Docker",
    { type: "DOCKER", docker: { image: "alpine" } },
    undefined,
    "REASON_EXECUTOR_TERMINATED Abnormal executor termination: unknown container",
  ],
  ["an image", mesos({ mesos: image, volumes }), undefined, failed("Unsupported container image type: DOCKER")],
  [
    "volumes",
    mesos({ volumes, network_infos: [{ name: "n" }] }),
    undefined,
    failed("Volumes in ContainerInfo is not supported"),
  ],
  [
    "a network of its own",
    mesos({ network_infos: [{}, { name: "n" }] }),
    secret({ type: "REFERENCE", reference: { name: "r" } }),
    failed("Unknown CNI network 'n'"),
  ],
  [
    "a reference to a secret",
    undefined,
    secret({ type: "REFERENCE", reference: { name: "r" } }),
    failed("Default secret resolver cannot resolve references"),
  ],
  ["a secret of nothing", undefined, secret({}), failed("Secret has no value")],
])("%s", (_title, container, command, words) => {
  const ending = unsupportedContainer(container, command);
  expect(ending && `${ending.reason} ${ending.message}`).toBe(words);
});

test.each<[string, ContainerInfo | undefined, string | undefined]>([
  ["volumes", mesos({ volumes }), undefined],
  ["an image", mesos({ mesos: image }), "Unsupported container image type: DOCKER"],
  ["a network", mesos({ network_infos: [{ name: "n" }] }), "Unknown CNI network 'n'"],
])("in a group: %s", (_title, container, words) => {
  expect(unsupportedNestedContainer(container, undefined)).toBe(words);
});

test("a secret is a variable's text", () => {
  expect(variableText({ name: "A", type: "SECRET", secret: { type: "VALUE", value: { data: "w6Q=" } } })).toBe("ä");
  expect(variableText({ name: "A", value: "v" })).toBe("v");
});
