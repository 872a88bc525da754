import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@cke/foundation";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { issueLeaf } from "./certificate.ts";
import {
  adminToken,
  apiServerNames,
  type ClusterAuthorities,
  clusterKubeconfig,
  createClusterAuthorities,
  issueNodeSecrets,
  type NodeSecrets,
  type NodeSecretsRequest,
  secretNamesOf,
} from "./index.ts";
import { firstServiceAddress } from "./service-address.ts";

const master: NodeSecretsRequest = {
  node: "master",
  nodeType: "master",
  nodeIp: "192.168.0.80",
  masterIps: ["192.168.0.80", "192.168.0.83"],
  serviceCidr: "10.96.0.0/12",
  apiServerUrl: "https://127.0.0.1:6443",
  extraSans: ["api.example.test", "127.0.0.9"],
};
const worker: NodeSecretsRequest = {
  ...master,
  node: "node0",
  nodeType: "node",
  nodeIp: "192.168.0.81",
  apiServerUrl: "https://192.168.0.80:6443",
  registryCertificate: "-----BEGIN CERTIFICATE-----\n",
};

let authorities: ClusterAuthorities;
let masterSecrets: NodeSecrets;
let workerSecrets: NodeSecrets;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "cke-pki-"));
  authorities = await createClusterAuthorities("my");
  masterSecrets = issueNodeSecrets(authorities, master);
  workerSecrets = issueNodeSecrets(authorities, worker);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function request(text: string | undefined): string {
  if (text === undefined) throw new Error("the secret is missing");
  return text;
}

/** Runs `openssl verify` for a purpose; throws with its words when the chain is refused. */
function opensslVerify(authority: string, certificate: string, purpose: string): string {
  const ca = join(directory, "ca.crt");
  const leaf = join(directory, "leaf.crt");
  writeFileSync(ca, authority);
  writeFileSync(leaf, certificate);
  return execFileSync("openssl", ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, leaf], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

const subjects = [
  ["etcd.crt", "CN=etcd-master", "etcd", ["sslserver", "sslclient"]],
  ["apiserver.crt", "CN=kube-apiserver", "kubernetes", ["sslserver"]],
  ["apiserver-etcd-client.crt", "CN=kube-apiserver-etcd-client", "etcd", ["sslclient"]],
  ["apiserver-kubelet-client.crt", "O=system:masters\nCN=kube-apiserver-kubelet-client", "kubernetes", ["sslclient"]],
  ["front-proxy-client.crt", "CN=front-proxy-client", "frontProxy", ["sslclient"]],
] as const;

describe("certificates", () => {
  it.each(subjects)(
    "%s has its subject, is signed by its authority and serves its purpose",
    (name, subject, ca, uses) => {
      const text = request(masterSecrets[name]);
      const certificate = new X509Certificate(text);
      const issuer = new X509Certificate(authorities[ca].certificate);
      expect(certificate.subject).toBe(subject);
      expect(certificate.checkIssued(issuer)).toBe(true);
      expect(certificate.verify(issuer.publicKey)).toBe(true);
      for (const use of uses) expect(opensslVerify(authorities[ca].certificate, text, use)).toContain("OK");
      const key = createPrivateKey(request(masterSecrets[name.replace(".crt", ".key") as "etcd.key"]));
      expect(certificate.checkPrivateKey(key)).toBe(true);
      expect(key.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    },
  );

  it("is refused by another authority and for another purpose", () => {
    const text = request(masterSecrets["apiserver-etcd-client.crt"]);
    expect(() => opensslVerify(authorities.kubernetes.certificate, text, "sslclient")).toThrow();
    expect(() => opensslVerify(authorities.etcd.certificate, text, "sslserver")).toThrow();
  });

  it("names every way to reach the API server", () => {
    const certificate = new X509Certificate(request(masterSecrets["apiserver.crt"]));
    for (const ip of ["127.0.0.1", "192.168.0.80", "192.168.0.83", "10.96.0.1", "127.0.0.9"]) {
      expect(certificate.checkIP(ip), ip).toBe(ip);
    }
    for (const name of [
      "localhost",
      "master",
      "kubernetes",
      "kubernetes.default.svc.cluster.local",
      "api.example.test",
    ]) {
      expect(certificate.checkHost(name), name).toBe(name);
    }
    expect(apiServerNames(master).filter((name) => name === "192.168.0.80")).not.toHaveLength(0);
  });

  it("is valid from five minutes ago, ten years for authorities and five for leafs", async () => {
    const now = Date.parse("2030-01-01T00:00:00Z");
    const clock = { ...systemClock, now: () => now };
    const old = await createClusterAuthorities("old", { clock });
    const secrets = issueNodeSecrets(old, master, { clock });
    const authority = new X509Certificate(old.kubernetes.certificate);
    const leaf = new X509Certificate(request(secrets["apiserver.crt"]));
    expect(Date.parse(authority.validFrom)).toBe(now - 300_000);
    expect(authority.validTo).toContain("2040");
    expect(Date.parse(leaf.validFrom)).toBe(now - 300_000);
    expect(leaf.validTo).toContain("Jan  1 06:00:00 2035");
    expect(authority.ca).toBe(true);
    expect(leaf.ca).toBe(false);
  });

  it("gives the kubelet one identity for serving and for asking", () => {
    const text = request(workerSecrets["kubelet.crt"]);
    const certificate = new X509Certificate(text);
    expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:node0");
    expect(certificate.checkIP("192.168.0.81")).toBe("192.168.0.81");
    expect(certificate.checkHost("node0")).toBe("node0");
    expect(opensslVerify(authorities.kubernetes.certificate, text, "sslserver")).toContain("OK");
    expect(opensslVerify(authorities.kubernetes.certificate, text, "sslclient")).toContain("OK");
  });

  it("signs service-account tokens with an RSA-2048 pair", () => {
    const { publicKey, privateKey } = authorities.serviceAccount;
    const key = createPrivateKey(privateKey);
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048);
    const data = Buffer.from("header.payload");
    expect(verify("sha256", data, createPublicKey(publicKey), sign("sha256", data, key))).toBe(true);
  });

  it("takes names with characters that a distinguished name would have to escape", async () => {
    const odd = issueNodeSecrets(authorities, { ...worker, node: 'a,b+c"d' });
    expect(new X509Certificate(request(odd["kubelet.crt"])).subject).toContain(String.raw`system:node:a\,b\+c\"d`);
  });
});

/** Made by the library that CKE used before: its name is a PrintableString. Nobody has its key any more. */
const oldAuthority = `-----BEGIN CERTIFICATE-----
MIIBgzCCASmgAwIBAgIQeTevfRQlVXPTEHR22UazATAKBggqhkjOPQQDAjAgMR4w
HAYDVQQDExVja2Utb2xkLWt1YmVybmV0ZXMtY2EwHhcNMjYxMTI1MTcxMTE2WhcN
MzYxMTI1MDUxNjE2WjAgMR4wHAYDVQQDExVja2Utb2xkLWt1YmVybmV0ZXMtY2Ew
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASxrgRPX0cA6htAzSC2cTiiBnmU/lPb
EzxGQNqJe7cHrf0mEWX2oTlp3efqd+aHW1VrWQ2x+9EgWB52S4iTeew8o0UwQzAS
BgNVHRMBAf8ECDAGAQH/AgEAMA4GA1UdDwEB/wQEAwIBhjAdBgNVHQ4EFgQUdivI
fRBcoMetmDvxl0uC3IXXyG8wCgYIKoZIzj0EAwIDSAAwRQIhAOiExyBLggcBYfdE
XNysGwLuhWkHL0Wmd+7y+XuNqonNAiAtDFo0/PzO1qSVI/UnpWJBdTKxIwAl6NGo
N+a57+DZjA==
-----END CERTIFICATE-----
`;

describe("certificates of stored authorities", () => {
  it("name an authority of an older version as it names itself, and its key", () => {
    const { privateKey } = authorities.kubernetes;
    const now = Date.parse("2035-01-01T00:00:00Z");
    const options = { subject: { commonName: "any" }, usages: ["client"], now } as const;
    const leaf = new X509Certificate(issueLeaf({ certificate: oldAuthority, privateKey }, options).certificate);
    expect(leaf.checkIssued(new X509Certificate(oldAuthority))).toBe(true);
    expect(leaf.checkIssued(new X509Certificate(authorities.kubernetes.certificate))).toBe(false);
    // Not longer than its authority.
    expect(leaf.validTo).toBe("Nov 25 05:16:16 2036 GMT");
  });

  it.each(["fd00::1", "::1", "2001:db8:0:1:2:3:4:5", "::ffff:10.1.2.3", "fe80::"])("name the address %s", (ip) => {
    const options = { subject: { commonName: "any" }, usages: ["server"], names: [ip], now: Date.now() } as const;
    const { certificate } = issueLeaf(authorities.kubernetes, options);
    expect(new X509Certificate(certificate).checkIP(ip)).toBe(ip);
    expect(opensslVerify(authorities.kubernetes.certificate, certificate, "sslserver")).toContain("OK");
  });
});

describe("what a node gets", () => {
  it("is what its type needs and nothing else", () => {
    expect(Object.keys(masterSecrets).toSorted()).toEqual([...secretNamesOf(master)].toSorted());
    expect(Object.keys(workerSecrets).toSorted()).toEqual(
      [
        "kubernetes-ca.crt",
        "kube-proxy.kubeconfig",
        "kubelet.crt",
        "kubelet.key",
        "kubelet.kubeconfig",
        "registry.crt",
      ].toSorted(),
    );
    expect(secretNamesOf({ nodeType: "console" })).toEqual(["kubernetes-ca.crt", "admin.kubeconfig"]);
  });

  it("never holds a key of an authority", () => {
    const all = Object.values({ ...masterSecrets, ...workerSecrets }).join("\n");
    for (const authority of [authorities.kubernetes, authorities.etcd, authorities.frontProxy]) {
      expect(all).not.toContain(authority.privateKey.split("\n")[1]);
    }
    expect(Object.values(workerSecrets).join("\n")).not.toContain(authorities.adminToken);
  });

  it("follows its processes when they are more than its type's", () => {
    const names = secretNamesOf({ nodeType: "master", processTypes: ["etcd", "kubelet", "kubeproxy"] });
    expect(names).toContain("kubelet.kubeconfig");
    expect(names).toContain("kube-proxy.kubeconfig");
    expect(secretNamesOf({ nodeType: "master" })).not.toContain("kubelet.key");
  });
});

describe("kubeconfigs and tokens", () => {
  it("embeds what a client needs and points at the server of the request", async () => {
    for (const [text, server, subject] of [
      [request(workerSecrets["kubelet.kubeconfig"]), "https://192.168.0.80:6443", "CN=system:node:node0"],
      [request(masterSecrets["kube-scheduler.kubeconfig"]), "https://127.0.0.1:6443", "CN=system:kube-scheduler"],
      [
        clusterKubeconfig(authorities, { server: "https://127.0.0.1:16443" }),
        "https://127.0.0.1:16443",
        "CN=cke-admin",
      ],
    ] as const) {
      const document = parse(text);
      expect(document.clusters[0].cluster.server).toBe(server);
      expect(document["current-context"]).toBe(document.contexts[0].name);
      const decode = (data: string) => Buffer.from(data, "base64").toString("utf8");
      expect(decode(document.clusters[0].cluster["certificate-authority-data"])).toBe(
        authorities.kubernetes.certificate,
      );
      const certificate = new X509Certificate(decode(document.users[0].user["client-certificate-data"]));
      expect(certificate.subject).toContain(subject);
      expect(certificate.checkPrivateKey(createPrivateKey(decode(document.users[0].user["client-key-data"])))).toBe(
        true,
      );
    }
  });

  it("gives the admin token cluster-admin and makes another for every cluster", async () => {
    expect(masterSecrets["tokens.csv"]).toBe(`${adminToken(authorities)},cke-admin,cke-admin,"system:masters"\n`);
    expect(adminToken(authorities)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(adminToken(await createClusterAuthorities("other"))).not.toBe(adminToken(authorities));
  });
});

describe("firstServiceAddress", () => {
  it.each([
    ["10.96.0.0/12", "10.96.0.1"],
    ["10.96.5.7/12", "10.96.0.1"],
    ["172.30.255.0/24", "172.30.255.1"],
    ["192.168.128.0/17", "192.168.128.1"],
  ])("%s → %s", (cidr, address) => expect(firstServiceAddress(cidr)).toBe(address));

  it.each(["10.96.0.0", "10.96.0.0/33", "10.96.0.0/31", "fd00::/108", "x/12", "10.96.0.0/1a"])("refuses %s", (cidr) => {
    expect(() => firstServiceAddress(cidr)).toThrow(/no IPv4 service range/);
  });
});
