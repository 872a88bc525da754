import type { FlagRow } from "@cke/foundation/flags";
import { describe, expect, it } from "vitest";
import { type Flags, parseFlags } from "./flags.ts";
import { environmentName, flagTable } from "./flags-table.ts";
import { flagsHelp, flagsMarkdown } from "./flags-text.ts";

function values(argv: readonly string[], environment: Record<string, string> = {}): Flags {
  const outcome = parseFlags(argv, environment);
  if (outcome.kind !== "run") throw new Error(JSON.stringify(outcome));
  return outcome.flags.values;
}

function refusal(argv: readonly string[], environment: Record<string, string> = {}): string {
  const outcome = parseFlags(argv, environment);
  if (outcome.kind !== "refused") throw new Error(JSON.stringify(outcome));
  return outcome.message;
}

describe("Go's ways of writing a flag", () => {
  it.each([[["-name", "x"]], [["-name=x"]], [["--name", "x"]], [["--name=x"]], [["-name", "y", "-name", "x"]]])(
    "%j",
    (argv) => expect(values(argv).name).toBe("x"),
  );

  it.each([
    [["-k8s_cfs"], true],
    [["--k8s_cfs"], true],
    [["-k8s_cfs=true"], true],
    [["-k8s_cfs=1"], true],
    [["-k8s_cfs=T"], true],
    [["-k8s_cfs=false"], false],
    [["-k8s_cfs=0"], false],
    [[], false],
  ] as const)("%j is %s", (argv, expected) => expect(values(argv).k8s_cfs).toBe(expected));

  it("does not take the next argument for a bool's value", () => {
    expect(values(["-k8s_cfs", "-name", "x"])).toMatchObject({ k8s_cfs: true, name: "x" });
    expect(refusal(["-k8s_cfs", "false"])).toBe(
      'unexpected argument "false": flags are written -name value or -name=value',
    );
  });

  it("keeps what follows the first equals sign, and takes values that look like flags", () => {
    expect(values(["-local_attributes=a:b=c"]).local_attributes).toBe("a:b=c");
    expect(values(["-storage_servers", "-odd"]).storage_servers).toBe("-odd");
  });

  it.each([
    [["-help"], "help"],
    [["--help"], "help"],
    [["-h"], "help"],
    [["-name", "x", "-version"], "version"],
    [["--version"], "version"],
    [["-v"], "version"],
  ] as const)("%j", (argv, kind) => expect(parseFlags(argv, {}).kind).toBe(kind));
});

describe("defaults and sources", () => {
  it("are those of the interface", () => {
    expect(values([])).toMatchObject({
      storage_type: "empty",
      storage_servers: undefined,
      listen: "0.0.0.0:8512",
      master: undefined,
      name: "cke-framework",
      roles: "*",
      service_host: undefined,
      service_port: undefined,
      failover: 86000,
      log_level: "INFO",
      k8s_cfs: false,
      k8s_executor: "cke-k8s-exec",
      k8s_image_path: "reg.mg.hcbss/open",
      k8s_config: "./default_cfg",
      k8s_registry: "reg.mg.hcbss:10.124.142.43",
      k8s_registry_cert: "/cke-scheduler/reg.mg.hcbss.crt",
      vm_executor: "cke-vm-exec",
    });
  });

  it("take the command line before the environment before the default", () => {
    const environment = { CKE_NAME: "from-environment", CKE_FAILOVER: "5", CKE_K8S_CFS: "true", CKE_ROLES: "" };
    expect(values([], environment)).toMatchObject({ name: "from-environment", failover: 5, k8s_cfs: true, roles: "*" });
    expect(values(["-name", "x", "-k8s_cfs=false"], environment)).toMatchObject({ name: "x", k8s_cfs: false });
  });

  it("know every alias, on the command line and in the environment", () => {
    expect(values(["-k8s_lxcfs_path=/a", "-k8s_node_image", "r/x", "-k8s_config_path", "/c"])).toMatchObject({
      k8s_lxcfs: "/a",
      k8s_image_path: "r/x",
      k8s_config: "/c",
    });
    expect(values([], { CKE_K8S_CONFIG_PATH: "/e" }).k8s_config).toBe("/e");
  });

  it("tell which flags were given", () => {
    const outcome = parseFlags(["-k8s_lxcfs_path=/a"], { CKE_NAME: "n" });
    expect(outcome.kind === "run" && [...outcome.flags.given].toSorted()).toEqual(["k8s_lxcfs", "name"]);
  });

  it("look service_host and service_port up in the environment, others not", () => {
    expect(values([], { HOST: "10.0.0.1", PORT: "31000" })).toMatchObject({
      service_host: "10.0.0.1",
      service_port: "31000",
    });
    expect(values(["-service_host", "$H", "-service_port=$P"], { H: "h", P: "9", HOST: "no" })).toMatchObject({
      service_host: "h",
      service_port: "9",
    });
    expect(values(["-name", "$HOST"], { HOST: "x" }).name).toBe("$HOST");
    expect(refusal(["-service_host", "$NOPE"])).toBe(
      "-service_host: the environment variable $NOPE is not set: allowed is a host name or an IP address that others can reach, not 0.0.0.0",
    );
    for (const every of ["0.0.0.0", "::", "[::]"])
      expect(refusal(["-service_host", every])).toMatch(/that others can reach/);
    // Of no use with -master local, and so it may be anything.
    expect(values(["-master=local"], { HOST: "0.0.0.0" }).service_host).toBeUndefined();
    expect(refusal([], { PORT: "http" })).toBe('$PORT: bad value "http": allowed is a port number, 1 to 65535');
  });

  it("listen for this host alone with -master local, unless the operator says otherwise", () => {
    const local = ["-master", "local"];
    expect(values(local, { HOST: "sched.example" })).toMatchObject({
      listen: "127.0.0.1:8512",
      service_host: undefined,
    });
    expect(values([...local, "-service_host", "h"])).toMatchObject({ listen: "127.0.0.1:8512", service_host: "h" });
    expect(values([...local, "-listen", "0.0.0.0:8512"], { HOST: "sched.example" })).toMatchObject({
      listen: "0.0.0.0:8512",
      service_host: "sched.example",
    });
    expect(values(local, { CKE_LISTEN: "0.0.0.0:1" }).listen).toBe("0.0.0.0:1");
    expect(values(["-master", "10.0.0.1:5050"]).listen).toBe("0.0.0.0:8512");
  });

  it("accept the command line of the user's documentation", () => {
    const line =
      "-name cke-test -roles cke -k8s_executor cke-k8s-exec -k8s_image_path reg.mg.hcbss/open -k8s_lxcfs_path=/var/lib/lxc/lxcfs -k8s_registry_cert=./reg.mg.hcbss/reg.mg.hcbss.crt -k8s_config_path=./default_cfg -k8s_spider_lb_endpoint=http://10.124.142.49:65334";
    expect(values(line.split(" "), { HOST: "10.124.142.224", PORT: "8512" })).toMatchObject({
      name: "cke-test",
      service_host: "10.124.142.224",
      k8s_lxcfs: "/var/lib/lxc/lxcfs",
      k8s_spider_lb_endpoint: "http://10.124.142.49:65334",
    });
  });
});

describe("refusals are one line that names the flag and what is allowed", () => {
  it.each([
    [["-nmae", "x"], "unknown flag -nmae, did you mean -name?; -help lists the flags"],
    [["-completely_other"], "unknown flag -completely_other; -help lists the flags"],
    [["--=x"], 'unexpected argument "--=x": flags are written -name value or -name=value'],
    [["--"], 'unexpected argument "--": flags are written -name value or -name=value'],
    [["start"], 'unexpected argument "start": flags are written -name value or -name=value'],
    [["-name"], "flag -name needs a value: allowed is 1 to 128 characters without spaces"],
    [["-failover", "1h"], '-failover: bad value "1h": allowed is a whole number of seconds, 0 to 999999999'],
    [["-failover=-1"], '-failover: bad value "-1": allowed is a whole number of seconds, 0 to 999999999'],
    [["-k8s_cfs=yes"], '-k8s_cfs: bad value "yes": allowed is true or false'],
    [["-k8s_cfs=constructor"], '-k8s_cfs: bad value "constructor": allowed is true or false'],
    [["-log_level", "trace"], '-log_level: bad value "trace": allowed is error, warning, info or debug'],
    [["-storage_type=redis"], '-storage_type: bad value "redis": allowed is empty, sqlite, etcd or zookeeper'],
    [["-listen", "8512"], '-listen: bad value "8512": allowed is host:port, e.g. 0.0.0.0:8512'],
    [["-listen", "0.0.0.0:99999"], '-listen: bad value "0.0.0.0:99999": allowed is host:port, e.g. 0.0.0.0:8512'],
    [
      ["-k8s_registry=reg"],
      '-k8s_registry: bad value "reg": allowed is empty, or domain:ip, e.g. reg.example:10.0.0.1',
    ],
    [["-k8s_executor=../x"], '-k8s_executor: bad value "../x": allowed is a file name without a path'],
    [
      ["-k8s_node_image=r/x:v1"],
      '-k8s_node_image: bad value "r/x:v1": allowed is empty, or a registry path without a tag, e.g. registry.example/open',
    ],
  ])("%j", (argv, message) => expect(refusal(argv)).toBe(message));

  it("name the environment variable that a bad value came from", () => {
    expect(refusal([], { CKE_FAILOVER: "soon" })).toMatch(/^CKE_FAILOVER \(flag -failover\): bad value "soon"/);
  });
});

describe("values of addresses", () => {
  it.each([
    ["-master", "local"],
    ["-master", "10.0.0.1:5050"],
    ["-master", "a:5050,b:5050"],
    ["-master", "zk://h1:2181,h2:2181/mesos"],
    ["-master", "http://10.0.0.1:5050"],
    ["-listen", "[::1]:0"],
    ["-listen", ":8512"],
    ["-service_host", "[::1]"],
    ["-executor_url", "cdn.example:80/x"],
    ["-executor_url", "[fd00::1]:80"],
    ["-executor_url", "https://cdn.example/x"],
    ["-allowed_hosts", "cke.example"],
    ["-allowed_hosts", "cke.example, 10.0.0.1,[fd00::1],fd00::2"],
    ["-k8s_image_path", ""],
    ["-k8s_image_path", "registry:5000/open"],
    ["-k8s_registry", ""],
    ["-k8s_registry_cert", ""],
  ])("%s %s is taken", (flag, value) => expect(parseFlags([flag, value], {}).kind).toBe("run"));

  it.each([
    ["-master", "zk://h1:2181"],
    ["-master", "a b"],
    ["-framework_url", "ui.example"],
    ["-executor_url", "ftp://cdn.example/x"],
    ["-executor_url", "cdn.example:http"],
    ["-service_port", "0"],
    ["-local_agents", "0"],
    ["-local_resources", "cpus=8"],
    ["-allowed_hosts", ""],
    ["-allowed_hosts", "*"],
    ["-allowed_hosts", "a,,b"],
    ["-allowed_hosts", "cke.example:443"],
    ["-allowed_hosts", "https://cke.example"],
  ])("%s %s is refused", (flag, value) => expect(parseFlags([flag, value], {}).kind).toBe("refused"));
});

describe("texts from the table", () => {
  const rows: readonly FlagRow[] = flagTable;

  it("have every flag, alias and environment variable", () => {
    const help = flagsHelp("cke-scheduler");
    const markdown = flagsMarkdown();
    for (const row of rows) {
      for (const name of [row.name, ...(row.aliases ?? [])]) expect(help).toContain(`-${name}`);
      expect(markdown).toContain(`| ${environmentName(row.name)} |`);
    }
    expect(markdown.split("\n").filter((line) => line.startsWith("|"))).toHaveLength(rows.length + 2);
  });

  it("describe defaults that the table itself accepts", () => {
    for (const row of rows) {
      if (row.default === undefined || row.environmentLookup === true || row.type === "bool") continue;
      expect(row.accepts?.(row.default) ?? true, row.name).toBe(true);
    }
  });
});
