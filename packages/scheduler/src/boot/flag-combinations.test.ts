import { expect, it } from "vitest";
import { parseFlags } from "../flags/flags.ts";
import { checkFlagCombinations, checkLocalVersions } from "./flag-combinations.ts";

async function check(line: string): Promise<string> {
  const outcome = parseFlags(line.split(" ").filter(Boolean), {});
  if (outcome.kind !== "run") throw new Error(`${line}: ${outcome.kind}`);
  return await checkFlagCombinations(outcome.flags);
}

const sqlite = "-storage_type sqlite -storage_servers /s";
const etcd = "-storage_type etcd -storage_servers e:2379";

it.each([
  ["-master local", "local"],
  [`-master local ${sqlite} -local_resources cpus:2;ports:[1-2] -local_attributes rack:a -local_agents 3`, "local"],
  // A duration is no mistake where it is not used.
  [`-master a ${sqlite} -leader_ttl 5`, "a"],
  [`-master local ${etcd} -local_work_dir /w -leader_ttl 5`, "local"],
  ["-master local -listen 127.0.0.1:0 -local_master_listen 127.0.0.1:0", "local"],
  ["-master a:5050,b -mesos_principal p -mesos_secret_file /s", "a:5050,b"],
  ["-master https://a:1,b:2 -mesos_ca_file /c -mesos_cert_file /c -mesos_key_file /k", "https://a:1,b:2"],
  [
    `-master zk://z:2181/mesos -mesos_ca_file /c ${etcd} -storage_user u -storage_password_file /p`,
    "zk://z:2181/mesos",
  ],
  ["-master a -storage_type zookeeper -storage_servers z1,z2:2181/cke", "a"],
  ["-master a -storage_type etcd -storage_servers https://e:1 -storage_ca_file /c", "a"],
])("%s goes together", async (line, master) => expect(await check(line)).toBe(master));

it.each([
  ["", "flag_missing", /^-master is missing: give host:port/],
  ["-master a -mesos_secret_file /s", "flag_missing", /^-mesos_secret_file needs -mesos_principal/],
  [
    "-master a -mesos_principal a:b -mesos_secret_file /s",
    "flag_invalid",
    /^-mesos_principal must not contain a colon/,
  ],
  ["-master https://a -mesos_cert_file /c", "flag_missing", /^-mesos_cert_file and -mesos_key_file go together/],
  ["-master https://a -mesos_key_file /c", "flag_missing", /^-mesos_cert_file and -mesos_key_file go together/],
  ["-master a:5050 -mesos_ca_file /c", "flag_invalid", /^-mesos_ca_file needs a -master that speaks TLS: https/],
  ["-master local -mesos_ca_file /c", "flag_invalid", /^-mesos_ca_file does not go with -master local/],
  ["-master zk://[::1]:2181/mesos", "flag_invalid", /^-master: the ZooKeeper server \[::1\] must be given by its name/],
  ["-master zk://u:p@z:2181/mesos", "flag_invalid", /^-master: .*credentials do not belong into an address/],
  ["-master a:99999", "flag_invalid", /^-master: /],
  ["-master a -local_agents 2", "flag_invalid", /^-local_agents needs -master local/],
  ["-master a -local_work_dir /w", "flag_invalid", /^-local_work_dir needs -master local/],
  ["-master local -local_resources cpus:many", "flag_invalid", /^-local_resources: value "many" of cpus/],
  ["-master local -local_attributes rack:[x]", "flag_invalid", /^-local_attributes: range "x" of rack/],
  [`-master local ${etcd}`, "flag_missing", /^-master local with -storage_type etcd needs -local_work_dir/],
  [
    "-master local -listen 127.0.0.1:8512 -local_master_listen 127.0.0.1:8512",
    "flag_invalid",
    /^-listen and -local_master_listen are both 127\.0\.0\.1:8512/,
  ],
  ["-master a -storage_servers /s", "flag_invalid", /^-storage_servers does not go with -storage_type empty/],
  ["-master a -storage_type sqlite", "flag_missing", /^-storage_type sqlite needs -storage_servers/],
  ["-master a -storage_type etcd", "flag_missing", /^-storage_type etcd needs -storage_servers/],
  [
    "-master a -storage_type etcd -storage_servers /file",
    "flag_invalid",
    /^-storage_servers: "\/file" is no etcd address/,
  ],
  ["-master a -storage_type etcd -storage_servers u:p@e:1", "flag_invalid", /no user in it/],
  ["-master a -storage_type etcd -storage_servers http://e:1,https://f:1", "flag_invalid", /all are https/],
  [`-master a ${etcd} -storage_ca_file /c`, "flag_invalid", /need https:\/\/ in -storage_servers/],
  ["-master a -storage_type etcd -storage_servers https://e:1 -storage_key_file /k", "flag_missing", /go together/],
  [`-master a ${etcd} -storage_user u`, "flag_missing", /^-storage_user and -storage_password_file go together/],
  [`-master a ${sqlite} -storage_prefix /p`, "flag_invalid", /^-storage_prefix does not go with -storage_type sqlite/],
  ["-master a -storage_type zookeeper", "flag_missing", /^-storage_type zookeeper needs -storage_servers/],
  ["-master a -storage_type zookeeper -storage_servers z//x", "flag_invalid", /is no path for this/],
  ["-master a -k8s_registry= -k8s_registry_cert /c", "flag_invalid", /^-k8s_registry_cert needs -k8s_registry/],
])("%s is refused", async (line, code, words) => {
  await expect(check(line)).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
});

it("no refusal shows a password", async () => {
  for (const line of ["-master zk://u:hunter2@z:1/m", "-master a -storage_type etcd -storage_servers u:hunter2@e:1"])
    await expect(check(line)).rejects.not.toMatchObject({ message: expect.stringContaining("hunter2") });
});

it.each<[string, readonly string[], RegExp | undefined]>([
  ["versions of configurations", ["1.37", "1.36"], undefined],
  ["none", [], undefined],
  ["a patch version", ["1.37.2"], /-k8s_local_versions: there is no cke\.conf of 1\.37\.2; .*: 1\.37, 1\.36$/],
  ["one of two", ["1.37", "1.9"], /no cke\.conf of 1\.9;/],
])("-k8s_local_versions with %s", (_name, versions, words) => {
  const check = () => checkLocalVersions(versions, ["1.37", "1.36"]);
  if (words === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(words);
});
