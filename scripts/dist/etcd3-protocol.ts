// etcd3 reads its .proto files when it is loaded; a stand-alone executable has none beside it. In the bundle they are a
// JSON value that is made here, at build time.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";
import protobuf from "protobufjs";

const loading = /loadSync\)\(`\$\{__dirname\}\/\.\.\/proto\/rpc\.proto`, /;

/** Puts etcd's protocol into etcd3's module. Throws when that module is not as it is known. */
export const etcd3Protocol: Plugin = {
  name: "etcd3-protocol",
  setup(setup) {
    setup.onLoad({ filter: /etcd3\/lib\/connection-pool\.js$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (!loading.test(source))
        throw new Error(`${path} loads its protocol in another way: mend ${import.meta.filename}`);
      return { contents: source.replace(loading, () => `fromJSON)(${protocolJson(dirname(path))}, `), loader: "js" };
    });
  },
};

function protocolJson(directory: string): string {
  const root = new protobuf.Root();
  const proto = join(directory, "../proto");
  root.resolvePath = (_origin, target) => (target.startsWith("/") ? target : join(proto, target));
  root.loadSync(join(proto, "rpc.proto"), { keepCase: true });
  return JSON.stringify(root.toJSON());
}
