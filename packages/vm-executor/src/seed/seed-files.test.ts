import { VmNic, VmSeed } from "@cke/protocol";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { describeSeed, seedFiles, seedSecretNames } from "./seed-files.ts";

const place = {
  vm: "web",
  uuid: "5e1d0c0e-0000-4000-8000-000000000001",
  instance: "i",
  directory: "/d",
  runDirectory: "/r",
};
const hash = "$6$salt$abcdefghijklmnopqrstuvwxyz./0123456789";
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK me@example";
const nics = [{ nic: VmNic.create({ name: "lan", ip: "10.77.0.9/24" }), mac: "52:54:00:00:00:0a" }];

const filesOf = (seed: Parameters<typeof VmSeed.create>[0], secrets: Readonly<Record<string, string>> = {}) => {
  const named = new Map(Object.entries(secrets).map(([name, text]) => [name, Buffer.from(text)]));
  const files = seedFiles({ seed: VmSeed.create(seed), nics, secrets: named, place });
  return new Map([...files].map(([name, content]) => [name, Buffer.from(content).toString()]));
};
const userDataOf = (...args: Parameters<typeof filesOf>) => {
  const text = filesOf(...args).get("user-data") ?? "";
  expect(text.split("\n", 1)).toEqual(["#cloud-config"]);
  return parse(text, { version: "1.1" });
};

test("meta-data and network-config", () => {
  const files = filesOf({ hostname: "web-1.example" });
  expect(parse(files.get("meta-data") ?? "")).toEqual({ "instance-id": place.uuid, "local-hostname": "web-1.example" });
  expect(files.get("network-config")).toContain("10.77.0.9/24");
});

test("a user with a password and keys", () => {
  expect(
    userDataOf({ hostname: "web", user: "me", password: true, sshKeys: [key] }, { password: `${hash}\n` }),
  ).toEqual({
    hostname: "web",
    preserve_hostname: false,
    locale: "C.UTF-8",
    ssh_pwauth: true,
    users: [
      {
        name: "me",
        hashed_passwd: hash,
        lock_passwd: false,
        ssh_authorized_keys: [key],
        shell: "/bin/bash",
        groups: ["sudo"],
        sudo: "ALL=(ALL) NOPASSWD:ALL",
      },
    ],
  });
});

test("the image's own user, and root", () => {
  expect(userDataOf({ password: true, sshKeys: [key] }, { password: hash })).toMatchObject({
    users: ["default"],
    ssh_authorized_keys: [key],
    password: hash,
    chpasswd: { expire: false },
  });
  expect(userDataOf({ user: "root", sshKeys: [key] })).toMatchObject({
    disable_root: false,
    ssh_pwauth: false,
    users: [{ name: "root", lock_passwd: true, ssh_authorized_keys: [key] }],
  });
});

test("what an operator has written is used byte for byte", () => {
  const written = {
    "user-data": "#cloud-config\npackages: [git]  # mine\n",
    "network-config": "version: 2\nethernets: {}\n",
  };
  const files = filesOf({ userData: true, networkConfig: true, password: true }, written);
  expect(files.get("user-data")).toBe(written["user-data"]);
  expect(files.get("network-config")).toBe(written["network-config"]);
  for (const other of [
    "#!/bin/sh\nexit 0\n",
    "#include\nhttps://example/x\n",
    'Content-Type: multipart/mixed; boundary="x"\n',
  ])
    expect(filesOf({ userData: true }, { "user-data": other }).get("user-data")).toBe(other);
});

test.each([
  [{ hostname: "a_b" }, {}, "seed: hostname must be"],
  [{ hostname: "-a" }, {}, "seed: hostname must be"],
  [{ user: "Me" }, {}, "seed: user must be"],
  [{ user: "me", sshKeys: [key, "hunter2"] }, {}, "seed: ssh_keys[1] must be one line"],
  [{ user: "me", sshKeys: [`${key}\nssh-rsa hunter2`] }, {}, "seed: ssh_keys[0] must be one line"],
  [{ user: "me", password: true }, { password: "hunter2" }, "must be a hash as of crypt(5)"],
  [{ user: "me", password: true }, {}, "the secret password did not come"],
  [{ userData: true }, { "user-data": "hunter2: yes" }, 'must begin with "#cloud-config"'],
  [
    { userData: true },
    { "user-data": "#cloud-config\na: hunter2\n b: c\n" },
    /is no YAML: [A-Z_]+ at line \d+, column \d+/,
  ],
  [{ userData: true }, { "user-data": "#cloud-config\n*hunter2\n" }, "secret user-data"],
  [{ userData: true }, { "user-data": "#cloud-config\n- hunter2\n" }, "must be a YAML mapping"],
  [{ userData: true }, { "user-data": "" }, "is empty"],
  [{ userData: true }, { "user-data": `#!${"hunter2".repeat(200_000)}` }, "allowed are 1048576"],
  [{ networkConfig: true }, { "network-config": "hunter2: 1" }, 'must have "version: 2"'],
  [{ networkConfig: true }, { "network-config": "{hunter2" }, "is no YAML"],
])("%j is refused, without a secret in the words", (seed, secrets, words) => {
  expect(() => filesOf(seed, secrets)).toThrow(words);
  expect(() => filesOf(seed, secrets)).toThrow(/^((?!hunter2)[\s\S])*$/);
});

test("a bomb of aliases is not expanded", () => {
  const levels = Array.from(
    { length: 30 },
    (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}]`,
  );
  const bomb = `#cloud-config\na0: &a0 [x]\n${levels.join("\n")}\n`;
  expect(filesOf({ userData: true }, { "user-data": bomb }).get("user-data")).toBe(bomb);
});

test("which secrets a seed needs", () => {
  const names = (seed: Parameters<typeof VmSeed.create>[0]) => seedSecretNames(VmSeed.create(seed));
  expect(names({ password: true })).toEqual(["password"]);
  expect(names({ password: true, userData: true, networkConfig: true })).toEqual(["user-data", "network-config"]);
  expect(names({})).toEqual([]);
});

test("what is shown of a seed has no secret", () => {
  const shown = (seed: Parameters<typeof VmSeed.create>[0]) => describeSeed({ seed: VmSeed.create(seed), nics, place });
  const made = shown({ hostname: "web", user: "me", password: true });
  expect(made.get("user-data")).toContain("name: me");
  expect(made.get("user-data")).toContain("# the secret password, which is not shown");
  expect(shown({ userData: true, networkConfig: true })).toEqual(
    new Map([
      ["meta-data", `instance-id: ${place.uuid}\n`],
      ["user-data", "# the secret user-data, which is not shown\n"],
      ["network-config", "# the secret network-config, which is not shown\n"],
    ]),
  );
});

test("what cannot be made yet is shown with its reason", () => {
  const nic = VmNic.create({ name: "lan", ip: "10.77.0.9" });
  const files = describeSeed({ seed: VmSeed.create({}), nics: [{ nic, mac: "52:54:00:00:00:0a" }], place });
  expect(files.get("network-config")).toMatch(/^# not made yet: NIC lan: ip must be an address with its prefix/);
});
