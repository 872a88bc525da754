// Issues another certificate for the API server of a running master, for the key that it has.
import { X509Certificate } from "node:crypto";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { LateMaster } from "../load-balancer/api-vip.ts";
import { instanceOf } from "../pki/cluster-instance.ts";
import type { PkiVault } from "../pki/pki-vault.ts";
import type { Renderings } from "../rendering/renderings.ts";
import { secretsRequest } from "./secrets-request.ts";
import type { CertificateIssuer, IssuedCertificate } from "./serving-certificates.ts";

export interface ServingIssuerParts {
  readonly pki: Pick<PkiVault, "servingCertificate">;
  readonly renderings: () => Pick<Renderings, "node">;
  /** The addresses that the load balancer has named. */
  readonly vip: (cluster: ClusterRecord) => readonly string[];
}

const secret = "apiserver.crt";

export class ServingIssuer implements CertificateIssuer {
  readonly #parts: ServingIssuerParts;

  constructor(parts: ServingIssuerParts) {
    this.#parts = parts;
  }

  async issue(cluster: ClusterRecord, { unit, hostname }: LateMaster): Promise<IssuedCertificate | undefined> {
    const { pki, renderings, vip } = this.#parts;
    const rendered = renderings().node(cluster.spec, unit);
    const path = rendered?.kubeNode.secrets.find(({ name }) => name === secret)?.path;
    const request = rendered && secretsRequest(cluster, unit, rendered, hostname, vip(cluster));
    if (path === undefined || request === undefined) return undefined;
    const pem = await pki.servingCertificate(instanceOf(cluster), request);
    return pem === undefined ? undefined : { certificate: new X509Certificate(pem), pem, path };
  }
}
