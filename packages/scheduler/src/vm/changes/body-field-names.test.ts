import { expect, test } from "vitest";
import { bodyFieldOf } from "./body-field-names.ts";

test.each([
  ["cpu.maximum", "maxCpus"],
  ["memory.mib", "mem"],
  ["seed", "cloudInit"],
  ["nics.eth0", "network.eth0"],
  ["disks.data0.size_mib", "disk.data0.size"],
  ["boot.command_line", "boot.commandLine"],
  ["devices.vnc", "devices.vnc"],
  ["os_info", "osInfo"],
  ["title", "title"],
  ["constructor", "constructor"],
])("%s is %s in a body", (part, field) => {
  expect(bodyFieldOf(part)).toBe(field);
});
